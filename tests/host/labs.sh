#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The labs as folders: each has what it must have, its page shows what the kernel shows, and the course
# leads to it. Prints TAP.
# shellcheck disable=SC2317 # functions are called by name
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/host/lint/lib.sh
. "$TOP/tests/host/lint/lib.sh"

# has_all FOLDER: the files, and the sections of the page, in order.
has_all()
{
	for file in lab.c README.md expected; do
		[ -s "$1/$file" ] || echo "$1/$file: not there, or empty"
	done
	[ "$(grep '^## ' "$1/README.md" | tr '\n' ' ')" = '## Read ## Run ## Why ## Exercise ' ] ||
		echo "$1/README.md: its sections are not Read, Run, Why, Exercise"
	grep -q "make lab-$(basename "$1" | cut -d - -f 1)" "$1/README.md" || echo "$1/README.md: does not say how to run it"
}

# shown_in PAGE: what is between its marks, without the fence.
shown_in()
{
	sed -n '/^<!-- shown: begin/,/^<!-- shown: end/p' "$1" | sed '1,3d' | head -n -3
}

shows_expected()
{
	shown_in "$1/README.md" | diff - "$1/expected"
}

course()
{
	for lab in "$TOP"/labs/[0-9]*; do
		grep -q "]($(basename "$lab")/README.md)" "$TOP/labs/README.md" || echo "$lab: not in labs/README.md"
	done
	grep -o '([0-9][^)]*)' "$TOP/labs/README.md" | tr -d '()' | while read -r page; do
		[ -f "$TOP/labs/$page" ] || echo "labs/README.md: $page is not there"
	done
}

listed()
{
	"$TOP/tests/vm/lab" >"$WORK/list"
	for lab in "$TOP"/labs/[0-9]*; do
		grep -q "^make lab-$(basename "$lab" | cut -d - -f 1) " "$WORK/list" || echo "make lab does not list $lab"
	done
	for wrong in 99 'no such'; do
		"$TOP/tests/vm/lab" "$wrong" >"$WORK/out" 2>"$WORK/err" && echo "lab '$wrong' is accepted"
		[ "$(wc -l <"$WORK/err")" = 1 ] || cat "$WORK/err"
	done
}

# passes TEST: of another tree, says nothing but what failed.
passes()
{
	"$1" >"$WORK/tap" 2>&1 </dev/null || { grep -A 9 '^not ok' "$WORK/tap" || cat "$WORK/tap"; }
}

for lab in "$TOP"/labs/[0-9]*; do
	name=$(basename "$lab")
	clean "lab $name has all its parts" has_all "$lab"
	clean "the page of lab $name shows what is expected" shows_expected "$lab"
done
for patch in "$TOP"/labs/[0-9]*/solution.patch; do
	name=$(basename "$(dirname "$patch")")
	clean "the solution of lab $name applies to this tree, without fuzz" "$TOP/tests/vm/solution" "$name"
	for test in doc-commands layering reader; do
		clean "the solution of lab $name passes host/$test" passes "$BUILD/solved/$name/tests/host/$test.sh"
	done
done
clean "the course has every lab" course
clean "make lab lists them, and knows no others" listed
finish
