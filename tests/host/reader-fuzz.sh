#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What the fuzzers have found so far, once more, with gcc and its sanitizers: tests/fuzz/corpus. And
# that they would find something. Prints TAP.
# shellcheck disable=SC2317 # functions are called by name
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/host/lint/lib.sh
. "$TOP/tests/host/lint/lib.sh"

OUT=$BUILD/host/fuzz

# replays TARGET: each input of its corpus; what was said about the last one, if it is not the end.
replays()
{
	set -- "$OUT/replay_$1" "$TOP/tests/fuzz/corpus/$1"
	[ "$(find "$2" -type f | wc -l)" -gt 1 ] || echo "$2: no corpus"
	find "$2" -type f -exec "$1" {} + >"$WORK/replayed" 2>&1 || cat "$WORK/replayed"
}

# A parser with a fault planted in it must not get through.
finds_fault()
{
	mkdir "$WORK/tree"
	(cd "$TOP" && tar -c dkms.conf userspace tests/fuzz) | tar -x -C "$WORK/tree"
	sed -i 's/strlen(line) + 1));/strlen(line)));/' "$WORK/tree/userspace/table.c"
	cmp -s "$TOP/userspace/table.c" "$WORK/tree/userspace/table.c" && echo "no fault was planted"
	make -s -C "$WORK/tree/tests/fuzz" O="$WORK/faulty" "$WORK/faulty/replay_table" || return
	find "$TOP/tests/fuzz/corpus/table" -type f -exec "$WORK/faulty/replay_table" {} + >"$WORK/replayed" 2>&1
	grep -q 'heap-buffer-overflow' "$WORK/replayed" || echo "nothing was found"
}

make -s -C "$TOP/tests/fuzz" O="$OUT" >"$WORK/made" 2>&1 || cat "$WORK/made"
for file in "$TOP"/tests/fuzz/fuzz_*.c; do
	target=$(basename "$file" .c)
	clean "corpus of ${target#fuzz_}" replays "${target#fuzz_}"
done
clean "the corpus finds a fault in the parser" finds_fault
finish
