#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The reader and the test programs under gcc's static analyser. Prints TAP.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/host/lint/lib.sh
. "$TOP/tests/host/lint/lib.sh"

# What the analyser of gcc 12 gets wrong: it does not know that read() and getline() fill memory.
WRONG=-Wno-analyzer-use-of-uninitialized-value
# A test that runs out of memory, or whose file lost the newline it had, may crash: it fails then.
TESTS="-Wno-analyzer-possible-null-dereference -Wno-analyzer-null-dereference \
	-Wno-analyzer-possible-null-argument -Wno-analyzer-null-argument"

# analyse REGEX FLAGS...: compiles the C files of the tree whose path begins like this.
analyse()
(
	regex=$1
	shift
	cd "$TOP" || exit 1
	c_files | grep -E "^$regex.*\.c\$" >"$WORK/c" || echo "no file is called $regex"
	while read -r file; do
		gcc -O1 -Wall -Wextra -Werror -fanalyzer -fanalyzer-verbosity=1 "$WRONG" "$@" \
			-c -o "$WORK/object" "$file"
	done <"$WORK/c"
)

# shellcheck disable=SC2046,SC2086 # one word a flag
clean "reader: gcc -fanalyzer" analyse userspace/ -std=gnu11 -D_GNU_SOURCE '-DVERSION="-"' \
	$(pkg-config --cflags smartcols)
# shellcheck disable=SC2086
clean "test programs: gcc -fanalyzer" analyse '(tests/(helpers|vm|bench)|labs)/' -pthread -Itests/helpers $TESTS
finish
