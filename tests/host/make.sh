#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The targets of the Makefile, in a copy of the tree: `make` and `make clean` for real; for those
# that run a virtual machine or all tests, what they call and with which words. Prints TAP.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/host/lint/lib.sh
. "$TOP/tests/host/lint/lib.sh"

COPY=$WORK/copy
tree_copy "$COPY"
TREE=$COPY
tree_files >"$WORK/before"
# stand_in FILE: FILE in the copy only says how it was called from now on.
stand_in()
{
	# shellcheck disable=SC2016 # for the other shell
	printf '#!/bin/sh\necho "${SCALE_NATIVE:+SCALE_NATIVE=$SCALE_NATIVE }%s$(printf " [%%s]" "$@")"\n' \
		"$1" >"$COPY/$1"
}

# target WORDS...: what make calls, without tests/setup.
target()
{
	env -u SCALE_NATIVE make -s -C "$COPY" "$@" 2>&1 | grep -v 'tests/setup '
}

# same GOT WANTED: says so if they differ.
same()
{
	[ "$1" = "$2" ] || printf 'got:\n%s\nwanted:\n%s\n' "$1" "$2"
}

builds()
{
	kernels=$(kernel_names default native)
	kernel_select "${kernels##* }"
	"$TOP/tests/vm/fetch" "$KERNEL" >"$WORK/fetched" || return
	make -s -C "$COPY" KDIR="$KIT/headers" CONFIG_DEBUG_INFO_BTF_MODULES= >"$WORK/log" 2>&1 ||
		cat "$WORK/log"
	[ -s "$COPY/build/listenq.ko" ] || echo "no build/listenq.ko"
	version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' "$COPY/dkms.conf")
	same "$(cd "$COPY" && ./build/userspace/listenq --version)" "listenq $version"
	tree_files | grep -vxF -f "$WORK/before"
	make -s -C "$COPY" clean
	[ ! -e "$COPY/build" ] || echo "make clean leaves build/ there"
}

no_headers()
{
	target modules KDIR=/nowhere >"$WORK/log"
	same "$(grep -c 'no kernel headers in /nowhere: apt-get install' "$WORK/log")" 1
}

helps()
{
	target help >"$WORK/log"
	sed -n 's/^\.PHONY: *//p' "$COPY/Makefile" | tr ' ' '\n' | while read -r name; do
		grep -q "^  make $name " "$WORK/log" || echo "make help does not name $name"
	done
}

# The words after --cases are beginnings of names: each must be one of tests/host.
lints()
{
	target lint >"$WORK/log"
	words=$(sed -n 's/^tests\/run \[--host-only\] \[--cases\] \[\(.*\)\]$/\1/p' "$WORK/log")
	[ -n "$words" ] || cat "$WORK/log"
	for word in $words; do
		[ -n "$(find "$TOP/tests/host" -maxdepth 1 -name "$word*.sh")" ] || echo "no tests/host/$word*.sh"
	done
}

clean "make builds module and reader, and nothing outside build/; make clean removes it" builds
clean "make modules without kernel headers says what to install" no_headers
for file in tests/dist tests/setup tests/run tests/fuzz/run tests/bench/run tests/vm/demo tests/vm/lab tests/vm/shell; do
	stand_in "$file"
done
clean "make help names every target" helps
clean "make check" same "$(target check)" "tests/run []"
clean "make check, some of it" same "$(target check KERNELS=6.12 CASES=010)" \
	"tests/run [--kernels] [6.12] [--cases] [010]"
clean "make check CASES=install" same "$(target check CASES=install)" "tests/run [--cases] [install]"
clean "make check CASES=packages" same "$(target check CASES=packages)" "tests/run [--cases] [packages]"
clean "make check-all" same "$(target check-all)" \
	"SCALE_NATIVE=1000000 tests/run [--update] [--kernels] [all]"
clean "make check-all with fewer connections" same "$(target check-all SCALE_NATIVE=5)" \
	"SCALE_NATIVE=5 tests/run [--update] [--kernels] [all]"
clean "make bench" same "$(target bench)" "tests/bench/run []"
clean "make bench KERNELS=" same "$(target bench KERNELS=6.12)" "tests/bench/run [--kernels] [6.12]"
clean "make demo" same "$(target demo)" "tests/vm/demo []"
clean "make demo KERNEL=" same "$(target demo KERNEL=6.1)" "tests/vm/demo [6.1]"
clean "make lab" same "$(target lab)" "tests/vm/lab []"
clean "make lab-03" same "$(target lab-03)" "tests/vm/lab [03]"
clean "make lab-03 KERNEL=" same "$(target lab-03 KERNEL=5.10)" "tests/vm/lab [03] [5.10]"
clean "make vm" same "$(target vm)" "tests/vm/shell []"
clean "make fuzz" same "$(target fuzz)" "tests/fuzz/run []"
clean "make fuzz TARGETS= RUNS=" same "$(target fuzz TARGETS=table RUNS=10000000)" \
	"tests/fuzz/run [--runs] [10000000] [table]"
clean "make dist" same "$(target dist)" "tests/dist []"
clean "make lint runs tests that exist" lints
finish
