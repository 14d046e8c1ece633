#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# 10,000 listeners are printed with fewer instructions than `ss -ltnp` needs for as many: with --raw.
# The table for people costs about twice that; most of it is libsmartcols, which measures each cell.
# Both are counted by valgrind, without what the kernel does for them. Prints TAP.
# shellcheck disable=SC2317,SC2086 # functions are called by name; $valgrind and $NETNS are several words
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/host/lint/lib.sh
. "$TOP/tests/host/lint/lib.sh"

READER=$BUILD/host/reader/listenq
ROWS=10000

# counted NAME COMMAND...: sets counted to how many instructions the command executes.
counted()
{
	name=$1
	shift
	"$@" >"$WORK/$name" 2>"$WORK/valgrind" || cat "$WORK/valgrind"
	counted=$(sed -n 's/,//g; s/^.*Collected : //p' "$WORK/valgrind")
	echo "# $name: $counted instructions" >&3
}

faster_than_ss()
{
	make -s -C "$TOP/userspace" O="$BUILD/host/reader" || return
	gcc -O2 -o "$WORK/listen" "$TOP/tests/host/reader/listen.c" || return
	awk -v rows=$ROWS 'NR == 1 { print; next }
		{ rest[n++] = substr($0, index($0, " ")) }
		END { for (i = 0; i < rows; i++) printf "%x%s\n", i + 1, rest[i % n] }' \
		"$TOP/tests/host/reader/tables/good" >"$WORK/table"
	valgrind="valgrind --tool=callgrind --callgrind-out-file=/dev/null"
	counted ss $NETNS "$WORK/listen" 10 $((ROWS / 10)) $valgrind ss -ltnp
	of_ss=$counted
	counted listenq $valgrind "$READER" --raw -f "$WORK/table"
	[ "$(grep -c 'users:(("listen",' "$WORK/ss")" = $ROWS ] || echo "ss did not show all"
	[ "$(wc -l <"$WORK/listenq")" = $((ROWS + 1)) ] || echo "listenq did not show all"
	[ "$counted" -lt "$of_ss" ] || echo "listenq needs $counted instructions, ss $of_ss"
}

exec 3>&1
what="10,000 listeners, --raw, with fewer instructions than ss -ltnp"
NETNS="unshare -n"
$NETNS true 2>/dev/null || NETNS="unshare -rn"
if $NETNS true 2>/dev/null; then
	clean "$what" faster_than_ss
else
	skip "$what" "unshare -n is not permitted here, so that ss cannot be shown as many"
fi
finish
