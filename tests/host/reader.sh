#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Tests of the reader without root or kernel, with the address and undefined-behaviour sanitizers.
# BUILD is the output directory (build/host). Prints TAP; exit 0 when all passed.
# Cases: reader/NNN-name/ holds args (one a line), out, err, rc and, if wanted, env, stdin, table.
set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
tests=$top/tests/host/reader
mkdir -p "${BUILD:=$top/build/host}" || exit 1
BUILD=$(cd "$BUILD" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/listenq-reader.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
chmod 755 "$work"
unset NO_COLOR PROC_ROOT LISTENQ_TABLE
export LC_ALL=C TERM=xterm ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=print_stacktrace=1

# shellcheck source=tests/host/reader/commands.sh
. "$tests/commands.sh"
# shellcheck source=tests/host/reader/stream.sh
. "$tests/stream.sh"
# shellcheck source=tests/host/reader/manuals.sh
. "$tests/manuals.sh"
# shellcheck source=tests/host/reader/places.sh
. "$tests/places.sh"
# shellcheck source=tests/host/reader/missing.sh
. "$tests/missing.sh"
# shellcheck source=tests/host/reader/versions.sh
. "$tests/versions.sh"

count=0
failed=0

# check NAME COMMAND...: one TAP line; what the command said is shown when it fails.
check() {
	name=$1
	shift
	count=$((count + 1))
	if "$@" >"$work/said" 2>&1; then
		echo "ok $count - reader: $name"
	else
		failed=$((failed + 1))
		echo "not ok $count - reader: $name"
		sed 's/^/# /' "$work/said"
	fi
}

build() {
	make -s -C "$top/userspace" O="$BUILD/reader" all sanitize &&
		for program in jsoncheck mutate; do
			${CC:-cc} -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE -o "$BUILD/$program" \
				"$tests/$program.c" "$tests/json.c" || return 1
		done &&
		cp "$BUILD/reader/sanitize/listenq" "$work/listenq" && reader=$work/listenq
}

# Runs a command; its exit status, stdout and stderr end up in $rc, $work/out, $work/err.
run() {
	"$@" >"$work/out" 2>"$work/err"
	rc=$?
}

same() {
	diff -a "$1" "$2" && return
	echo "$3 differs: < is expected, > is seen"
	return 1
}

golden() (
	cd "$1" || return 1
	input=/dev/null
	[ ! -e stdin ] || input=stdin
	set --
	while IFS= read -r word; do
		set -- "$@" "$word"
	done <args
	set -- "$reader" "$@"
	if [ -e env ]; then
		while IFS= read -r word; do
			set -- "$word" "$@"
		done <./env
	fi
	run env "$@" <"$input"
	echo "$rc" >"$work/rc"
	same err "$work/err" stderr && same rc "$work/rc" "exit status" &&
		same out "$work/out" stdout || return 1
	# The judge knows nothing of what is expected, so a wrong golden file does not pass either.
	if grep -qx events args && grep -qx -e --json args; then
		while read -r line; do
			echo "$line" | "$BUILD/jsoncheck" || return 1
		done <"$work/out"
	elif [ "$rc" -le 1 ] && grep -qx -e --json args; then
		"$BUILD/jsoncheck" <"$work/out"
	fi
)

fails() {
	! "$@"
}

# one_error CODE: the run before ended so, with one line of listenq's on stderr.
one_error() {
	[ "$rc" = "$1" ] && [ "$(wc -l <"$work/err")" = 1 ] && grep -q '^listenq: ' "$work/err" &&
		return
	echo "exit status $rc, stderr:"
	cat "$work/err"
	return 1
}

judge_judges() {
	for good in '{"a": [1, -2, 3.5e+1, null, true, "\u00e4\n"]}' '[]' ' 0 ' '{}'; do
		printf '%s' "$good" | "$BUILD/jsoncheck" || return 1
	done
	for bad in '' '{' '[1,]' '{"a" 1}' '{a: 1}' '[01]' '[1] x' '"\x"' '[-]' '["]'; do
		printf '%s' "$bad" | "$BUILD/jsoncheck" 2>/dev/null && echo "took: $bad" && return 1
	done
	printf '"a\tb"' | fails "$BUILD/jsoncheck" && printf '"\377"' | fails "$BUILD/jsoncheck"
}

version() {
	wanted=$(sed -n "s/^PACKAGE_VERSION=\"\(.*\)\"$/\1/p" "$top/dkms.conf")
	run "$reader" --version
	[ "$rc" = 0 ] && [ "$(cat "$work/out")" = "listenq $wanted" ] && [ ! -s "$work/err" ]
}

# A table of so many rows; with 10,000 a write fails in the middle, not only at the end.
large_table() {
	awk -v rows="$1" 'NR == 1 { print; next }
		{ rest[n++] = substr($0, index($0, " ")) }
		END { for (i = 0; i < rows; i++) printf "%x%s\n", i + 1, rest[i % n] }' "$tests/tables/good"
}

# What each command prints of dirs/live when it is well, as "WORDS"; events are a stream of their own.
say_anything='show latency requests closed counters audit check,--drops explain metrics top,-b,0.1,2
show,--raw show,--json check,--drops,--json explain,--json audit,--json top,--json,0.1,2'

# said_to FILE WORDS...: the reader's exit status in $rc, with its output in a place like /dev/full.
said_to() {
	place=$1
	shift
	rc=0
	"$reader" "$@" -d "$tests/dirs/live" >"$place" 2>"$work/err" || rc=$?
}

full_disk() {
	for words in $say_anything; do
		# shellcheck disable=SC2046 # several words
		said_to /dev/full $(echo "$words" | tr , ' ')
		if ! one_error 3 || ! grep -q 'No space left' "$work/err"; then
			echo "$words"
			return 1
		fi
	done
	for table in "$tests/tables/good" "$work/large"; do
		for option in -n --json; do
			"$reader" $option -f "$table" >/dev/full 2>"$work/err"
			rc=$?
			one_error 3 || return 1
		done
	done
	"$reader" --help >/dev/full 2>"$work/err"
	rc=$?
	one_error 3 && grep -q 'No space left' "$work/err"
}

closed_output() {
	for words in $say_anything; do
		rc=0
		# shellcheck disable=SC2046 # several words
		"$reader" $(echo "$words" | tr , ' ') -d "$tests/dirs/live" >&- 2>"$work/err" || rc=$?
		one_error 3 || { echo "$words"; return 1; }
	done
}

# Each command that says that it has JSON has it, and a strict parser takes it.
json_of_all() {
	for command in $(commands); do
		options_of "$command" | grep -qx -e --json || continue
		echo "$command"
		case $command in
		events) continue ;;
		check) set -- check --drops --acceptq 80% ;;
		top) set -- top 0.1 1 ;;
		*) set -- "$command" ;;
		esac
		run "$reader" "$@" --json -d "$tests/dirs/live"
		if [ "$rc" -gt 1 ] || ! "$BUILD/jsoncheck" <"$work/out"; then
			echo "not JSON"
			return 1
		fi
	done >"$work/with-json"
	echo show latency requests closed counters events audit check explain top | tr ' ' '\n' |
		diff - "$work/with-json"
}

# Quiet, also below a parent that ignores SIGPIPE.
closed_pipe() {
	for ignored in '' 'trap "" PIPE;'; do
		sh -c "$ignored"' "$1" -f "$2" 2>"$3" | head -n 1 >"$4"' sh \
			"$reader" "$work/large" "$work/err" "$work/out"
		[ ! -s "$work/err" ] && [ "$(wc -l <"$work/out")" = 1 ] || return 1
	done
}

unreadable() {
	(umask 777 && : >"$work/secret")
	if [ "$(id -u)" = 0 ]; then
		run setpriv --reuid 65534 --regid 65534 --clear-groups "$reader" -f "$work/secret"
	else
		run "$reader" -f "$work/secret"
	fi
	one_error 3 && grep -q 'Permission denied' "$work/err"
}

in_pieces() {
	dd bs=1 if="$tests/tables/good" 2>/dev/null | run_pieces "$reader" -f -
}

run_pieces() {
	run "$@"
	[ "$rc" = 0 ] && same "$tests/001-people/out" "$work/out" stdout
}

# script(1) gives the reader a narrow terminal; the terminal turns newline into CR LF.
on_terminal() {
	script -qec "stty cols 30; $1 '$reader' -f '$tests/tables/good'" /dev/null </dev/null |
		tr -d '\r' >"$work/out"
}

colour() {
	escape=$(printf '\033')
	on_terminal '' || return 1
	[ "$(grep -c "$escape" "$work/out")" = 4 ] || { cat "$work/out"; return 1; }
	sed "s/$escape\\[[0-9]*m//g" "$work/out" >"$work/plain"
	same "$tests/001-people/out" "$work/plain" 'stdout without colours' || return 1
	for plain in 'NO_COLOR=1' 'TERM=dumb'; do
		on_terminal "env $plain"
		same "$tests/001-people/out" "$work/out" "stdout with $plain" || return 1
	done
	on_terminal 'env NO_COLOR=' && grep -q "$escape" "$work/out"
}

damaged_dirs() {
	cp -r "$tests/dirs/live" "$work/damaged"
	for file in "$work/damaged"/*; do
		cp "$file" "$file.whole"
	done
	"$BUILD/mutate" "$reader" 1500 "${SEED:-1}" "$work/damaged"
}

# Quadratic work would take far more than 5 s of processor time, linear work takes less than 1.
# As shipped, without sanitizers.
hundred_thousand() {
	shipped=$BUILD/reader/listenq
	large_table 100000 >"$work/huge"
	for option in -n --json; do
		run prlimit --cpu=5 "$shipped" $option -f "$work/huge"
		[ "$rc" = 0 ] || return 1
	done
	"$BUILD/jsoncheck" <"$work/out" || return 1
	# Each row once and in order: the cookies count up.
	run prlimit --cpu=5 "$shipped" -H --output sk -f "$work/huge"
	awk '{ print $1 }' "$work/out" >"$work/seen"
	tail -n +2 "$work/huge" | cut -d ' ' -f 1 | cmp - "$work/seen"
}

echo "TAP version 13"
reader=
check "builds, also with the sanitizers" build
if [ -z "$reader" ]; then
	echo "1..$count"
	exit 1
fi
large_table 10000 >"$work/large"
check "the judge of JSON takes and refuses what it should" judge_judges
for case in "$tests"/[0-9][0-9][0-9]-*; do
	check "${case##*/}" golden "$case"
done
check "JSON of each command but metrics" json_of_all
check "--version is the version of dkms.conf" version
check "a full disk is noticed" full_disk
check "a closed standard output is noticed" closed_output
check "a closed pipe is quiet" closed_pipe
check "an unreadable file" unreadable
check "a table that arrives byte by byte" in_pieces
check "audit reads again while something moves, and complains only of what stays off" audit_awaits
check "explain looks again where a program seems not to accept" explain_looks_again
check "without the module, it says why and what to do" missing_why
check "every command reads the tables of a newer module of the same abi" newer_module
check "top shows no rates where the module was replaced" replaced_module
check "-A shows each network namespace once" all_places
check "-A finds what is wrong in any of them" all_places_found
check "--cgroup takes a path" cgroup_of_path
check "-A shows a namespace whose process ends meanwhile" place_gone
check "-N takes a pid" place_of_pid
if in_namespaces true 2>/dev/null; then
	check "-N enters a network namespace by its name, and -A names those it has" named_places
else
	count=$((count + 1))
	echo "ok $count - reader: -N by name # SKIP unshare -mn is not permitted here"
fi
check "Prometheus reads the metrics, and finds no fault" metrics_judged
check "metrics of several network namespaces are different series" metrics_of_places
check "the alerts go off when they should" alerts_judged
check "metrics replace a file at once" metrics_file
check "events: each line is seen at once" events_at_once
check "events: a signal ends it, also when it has no time to wait" events_signal
check "events: what had come before the signal is printed" events_signal_late
check "events: a second signal ends it while nobody takes its output" events_full_pipe
check "events: a closed socket ends it, also when nothing happens" events_closed_socket
check "events: a closed pipe ends it, also when nothing happens" events_closed_pipe
check "events: when the module goes, it says so" events_gone
check "events: a full disk is noticed" events_full_disk
check "colour on a terminal only, and not against NO_COLOR; no width cuts a cell" colour
check "--help fits a screen" help_fits
check "the manual has the options of --help" manual_agrees
check "the columns are those of the contract and of the manual" columns_agree
check "the files are those of their manual" files_agree
check "the manuals are clean" manual_clean
check "bash and zsh complete commands, options and columns" completes
check "100,000 rows" hundred_thousand
check "damaged tables, 2500 of them" \
	"$BUILD/mutate" "$reader" 2500 "${SEED:-1}" "$tests"/tables/*
check "damaged copies of all tables, 1500 of them" damaged_dirs
echo "1..$count"
[ "$failed" = 0 ]
