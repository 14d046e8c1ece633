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

# picture FILE WORDS...: FILE is SVG with these words as they are.
picture()
(
	xmllint --noout "$1" || exit
	file=$1
	shift
	for words in "$@"; do
		grep -qF -e ">$words<" "$file" || echo "$file: has no '$words'"
	done
)

# pictured FOLDER: a lab that prints a timeline has its picture, and shows it.
pictured()
{
	if ! grep -q lab_timeline_begins "$1/lab.c"; then
		[ ! -e "$1/timeline.svg" ] || echo "$1/timeline.svg: lab.c has no timeline"
		return
	fi
	grep -q '^!\[.*\](timeline\.svg)$' "$1/README.md" || echo "$1/README.md: no line is ![...](timeline.svg)"
	picture "$1/timeline.svg" "$(sed -n 's/^# //p' "$1/README.md")" 'accept queue' 'SYN queue' seconds
}

# drawn: what tests/vm/timeline makes of a timeline with one of each mark, and two of the first.
drawn()
{
	"$TOP/tests/vm/timeline" "$TOP/tests/host/timeline.tap" 'a_title <b>' "$WORK/drawn.svg" || return
	picture "$WORK/drawn.svg" 'a_title &lt;b>' 'accept queue' 'its limit: 3' 'SYN queue' 'its limit: 4' \
		'the first note' 'a second' 'SYN dropped, queue full: 2' 'SYN dropped, queue full: 1'
	sed -n '/^.marks/,/^END/p' "$TOP/tests/vm/timeline.gp" | sed '1d; $d' >"$WORK/marks"
	while read -r event _; do
		grep -q " $event " "$TOP/tests/host/timeline.tap" || echo "tests/host/timeline.tap has no $event"
	done <"$WORK/marks"
	# A mark in the legend, and one for each.
	drawn_marks=$(grep -o "<use xlink:href='#gpPt[0-9]*' transform" "$WORK/drawn.svg" | wc -l)
	[ "$drawn_marks" = $((2 * $(wc -l <"$WORK/marks") + 1)) ] || echo "$drawn_marks marks are drawn"
	"$TOP/tests/vm/timeline" "$TOP/tests/host/timeline.tap" 'a_title <b>' "$WORK/again.svg"
	cmp "$WORK/drawn.svg" "$WORK/again.svg"
}

# quiet: the same without the marks, also in its legend.
quiet()
{
	while read -r event _; do
		echo " $event "
	done <"$WORK/marks" | grep -vFf - "$TOP/tests/host/timeline.tap" >"$WORK/quiet.tap"
	"$TOP/tests/vm/timeline" "$WORK/quiet.tap" 'A title' "$WORK/quiet.svg" || return
	picture "$WORK/quiet.svg" 'accept queue' 'its limit: 3' 'SYN queue' 'its limit: 4'
	grep -E '>(SYN|final|request) .*: [0-9]+<' "$WORK/quiet.svg"
	true
}

# not_drawn WORDS COMMAND...: fails with one line that has these words, and leaves the old picture.
not_drawn()
{
	words=$1
	shift
	echo old >"$WORK/old.svg"
	"$@" 'A title' "$WORK/old.svg" 2>"$WORK/err" && echo "it does not fail"
	[ "$(grep -cF -e "$words" "$WORK/err")$(wc -l <"$WORK/err")" = 11 ] || cat "$WORK/err"
	[ "$(cat "$WORK/old.svg")" = old ] || echo "the old picture is gone"
}

# faults: what can keep tests/vm/timeline from drawing.
faults()
{
	mkdir -p "$WORK/none" "$WORK/bad"
	ln -sf "$(command -v dirname)" "$WORK/none/dirname"
	# shellcheck disable=SC2016 # for the other shell
	printf '#!/bin/sh\necho planted >&2\nexit "$STATUS"\n' >"$WORK/bad/gnuplot"
	chmod +x "$WORK/bad/gnuplot"
	printf '#= 0.0 127.0.0.1:80 begin\n' >"$WORK/short.tap"
	not_drawn 'apt-get install gnuplot-nox' env PATH="$WORK/none" "$TOP/tests/vm/timeline" "$TOP/tests/host/timeline.tap"
	for status in 0 1; do
		not_drawn 'gnuplot: planted' env PATH="$WORK/bad:$PATH" STATUS="$status" \
			"$TOP/tests/vm/timeline" "$TOP/tests/host/timeline.tap"
	done
	not_drawn 'gnuplot: ' "$TOP/tests/vm/timeline" "$WORK/short.tap"
	not_drawn 'no timeline' "$TOP/tests/vm/timeline" /dev/null
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
	clean "the page of lab $name shows its timeline, if there is one" pictured "$lab"
done
for patch in "$TOP"/labs/[0-9]*/solution.patch; do
	name=$(basename "$(dirname "$patch")")
	clean "the solution of lab $name applies to this tree, without fuzz" "$TOP/tests/vm/solution" "$name"
	for test in doc-commands layering ${ALL:+reader}; do
		clean "the solution of lab $name passes host/$test" passes "$BUILD/solved/$name/tests/host/$test.sh"
	done
done
clean "a timeline is drawn, each time the same" drawn
clean "one in which nothing was lost is drawn" quiet
clean "what keeps it from being drawn is told" faults
clean "the course has every lab" course
clean "make lab lists them, and knows no others" listed
finish
