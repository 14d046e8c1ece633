#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Which tests of tests/host tests/run takes: those that take long only with all kernels, or by their whole
# name. Prints TAP.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/host/lint/lib.sh
. "$TOP/tests/host/lint/lib.sh"

COPY=$WORK/copy
mkdir -p "$COPY/tests/host" "$COPY/tests/vm"
cp "$TOP/tests/run" "$TOP/tests/kernels" "$COPY/tests/"
cp "$TOP/tests/vm/common.sh" "$TOP/tests/vm/tap.awk" "$COPY/tests/vm/"
printf '#!/bin/sh\n' >"$COPY/tests/vm/programs"
# shellcheck disable=SC2016 # for the other shell
printf '#!/bin/sh\necho ok 1 "update=$UPDATE"\necho 1..1\n' >"$COPY/tests/host/quick.sh"
sed '1a# set: all' "$COPY/tests/host/quick.sh" >"$COPY/tests/host/long.sh"
chmod 755 "$COPY/tests/vm/programs" "$COPY"/tests/host/*.sh

# taken WANTED OPTIONS...: with these, tests/run takes these tests, and gives them this word.
taken()
{
	wanted=$1
	shift
	said=$(env -u UPDATE "$COPY/tests/run" --host-only "$@" 2>&1)
	got=$(sed -n 's/^ok [0-9]* - host\///p' "$COPY/build/check.tap" | tr '\n' ';')
	[ "$got" = "$wanted" ] || printf 'got %s, wanted %s:\n%s\n' "$got" "$wanted" "$said"
}

clean "by default, all but those that take long" taken "quick: update=;"
clean "all, with all kernels" taken "long: update=1;quick: update=1;" --kernels all --update
clean "one that takes long, by its whole name" taken "long: update=;" --cases "none long"
clean "not by the beginning of it" taken "quick: update=;" --cases "quick lo"
finish
