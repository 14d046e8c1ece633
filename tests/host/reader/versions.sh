# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154 # what reader.sh sets
# Checks of reader.sh: the reader with the tables of a module that is newer, of the same abi.

# on_dir COMMAND DIR: what a command says of the tables in a directory.
on_dir() {
	words=
	case $1 in
	check) words=--drops ;;
	top) words='-b 0.1 1' ;;
	esac
	# shellcheck disable=SC2086 # several words
	run "$reader" "$1" $words -d "$2"
	echo "exit status $rc" | cat "$work/out" "$work/err" -
}

# A table has a column more, info a line more and its probes a word more than this reader knows.
newer_module() (
	cp -r "$tests/dirs/live" "$work/newer"
	for table in listeners counters latency closed requests; do
		sed -i '1s/$/ later/; 2,$s/$/ x/' "$work/newer/$table"
	done
	sed -i 's/^probe .*/& later=7/; $a later 7' "$work/newer/info"
	commands >"$work/commands"
	grep -qx show "$work/commands" || exit 1
	while read -r command; do
		on_dir "$command" "$tests/dirs/live" >"$work/expected"
		on_dir "$command" "$work/newer" >"$work/seen"
		# audit finds what it does not know in a saved copy.
		grep -qE '^exit status [01]$' "$work/expected" &&
			same "$work/expected" "$work/seen" "listenq $command" || exit 1
	done <"$work/commands"
	run "$reader" --raw -d "$work/newer"
	[ "$(tr '\t' ' ' <"$work/out")" = "$(cat "$work/newer/listeners")" ]
)

# replaced DIR AGE ACCEPTED: a directory of a module that was loaded so many milliseconds before it is read.
replaced() {
	cp -r "$tests/dirs/books" "$work/$1"
	sed -i "s/^load_age_ms .*/load_age_ms $2/" "$work/$1/info"
	awk -v accepted="$3" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "accepted") column = i }
		NR > 1 { $column = accepted }
		{ print }' "$tests/dirs/books/counters" >"$work/$1/counters"
}

# After the first table the module is another one: loaded later, it is older already than the first was then, and
# has counted more.
replaced_module() (
	replaced first 10 1
	replaced second 200 1001
	mkdir -p "$work/replaced/net"
	ln -s "$work/first" "$work/replaced/net/listenq"
	: >"$work/out"
	env PROC_ROOT="$work/replaced" "$reader" top -b 2 2 >"$work/out" 2>"$work/err" &
	within grep -q SYN/S "$work/out" || exit 1
	ln -s "$work/second" "$work/replaced/new"
	mv -T "$work/replaced/new" "$work/replaced/net/listenq"
	wait $! || { cat "$work/err"; exit 1; }
	awk '/SYN\/S/ { tables++; next } NF && $(NF - 2) != "-" { print; bad = 1 } END { exit bad || tables != 2 }' "$work/out"
)
