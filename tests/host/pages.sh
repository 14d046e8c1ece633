#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The pages show what virtual machines have shown: README.md and docs/tour.md are as tests/vm/demo and
# tests/vm/tour wrote them, see tests/vm/pages.sh. Prints TAP.
# shellcheck disable=SC2317 # functions are called by name
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/host/lint/lib.sh
. "$TOP/tests/host/lint/lib.sh"
# shellcheck source=tests/vm/pages.sh
. "$TOP/tests/vm/pages.sh"
mkdir -p "$BUILD"

# as_made PAGE: nobody has written in it by hand.
as_made()
{
	page_made "$1" | diff "$TOP/$1" - || echo "$1: write it anew: tests/vm/demo --write, tests/vm/tour --write"
}

# hand_made PAGE WORDS: it is noticed if somebody has, where the page shows these words.
hand_made()
{
	grep -qF -e "$2" "$TOP/$1" || echo "$1 does not show '$2'"
	mkdir -p "$WORK/tree/docs" "$WORK/tree/tests/vm"
	cp "$TOP"/tests/vm/*.shown "$WORK/tree/tests/vm/"
	sed "s|$2|$2 more|" "$TOP/$1" >"$WORK/tree/$1"
	! (TOP=$WORK/tree && page_made "$1") | cmp -s "$WORK/tree/$1" - || echo "$1: not noticed"
}

clean "README.md shows what the demo and the tour have shown" as_made README.md
clean "docs/tour.md shows what the tour has shown" as_made docs/tour.md
clean "a hand in the demo of README.md is noticed" hand_made README.md demo-server
clean "a hand in the tour of README.md is noticed" hand_made README.md haproxy
clean "a hand in docs/tour.md is noticed" hand_made docs/tour.md 'DROP/S'
finish
