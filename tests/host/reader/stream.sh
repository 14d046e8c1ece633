# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154 # what reader.sh sets
# Checks of reader.sh: events, a stream that ends in other ways than a table.

# stream_open: a place for events that comes from a pipe, whose other end is descriptor 7.
stream_open() {
	rm -rf "$work/stream"
	mkdir -p "$work/stream/net"
	cp -r "$tests/dirs/live" "$work/stream/net/listenq"
	rm "$work/stream/net/listenq/events"
	mkfifo "$work/stream/net/listenq/events" "$work/stream/out"
	# What was seen before is not taken for what the next one has printed.
	: >"$work/out"
	exec 7<>"$work/stream/net/listenq/events"
}

# follow COMMAND...: the reader of that place, in the background, run by the command or by nothing.
follow() {
	# The pipe's other end would keep it open.
	env PROC_ROOT="$work/stream" "$@" "$reader" events -H >"$work/out" 2>"$work/err" 7>&- &
	follower=$!
}

# tell N: so many events.
tell() {
	awk -v n="$1" 'BEGIN { for (i = 1; i <= n; i++) print i "000 1f 127.0.0.1:80 syn_queued 127.0.0.1:" i " synq=1" }' >&7
}

# within COMMAND...: it becomes true, in a minute at most.
within() {
	for _ in $(seq 600); do
		! "$@" || return 0
		sleep 0.1
	done
	echo "not within a minute: $*"
	return 1
}

seen() {
	[ "$(wc -l <"$work/out")" = "$1" ]
}

gone() {
	! kill -0 "$1" 2>/dev/null
}

# ended CODE: the follower ends, and so.
ended() {
	within gone "$follower" || kill -9 "$follower"
	wait "$follower"
	rc=$?
	exec 7>&-
	[ "$rc" = "$1" ] || { echo "exit status $rc instead of $1"; cat "$work/err"; return 1; }
}

events_at_once() {
	stream_open
	follow
	tell 1
	within seen 1 && tell 2 && within seen 3 || return 1
	kill -TERM "$follower"
	ended 0 && [ ! -s "$work/err" ]
}

# flood: events without a pause, for a process of its own: whoever kills that one ends them.
flood() {
	exec yes '1000 1f 127.0.0.1:80 syn_queued 127.0.0.1:1 synq=1' >"$work/stream/net/listenq/events" 2>/dev/null
}

has_much() {
	[ "$(wc -l <"$work/out")" -gt 20000 ]
}

events_signal() {
	for signal in INT TERM; do
		stream_open
		# What the shell starts in the background ignores SIGINT otherwise.
		follow env --default-signal=INT
		flood &
		flood=$!
		within has_much || return 1
		kill -$signal "$follower"
		ended 0 || return 1
		kill $flood 2>/dev/null
		wait $flood 2>/dev/null
		[ ! -s "$work/err" ] && ! grep -qv 'syn_queued' "$work/out" || return 1
	done
}

# What had come before the signal is printed.
events_signal_late() {
	stream_open
	follow
	tell 1
	within seen 1 || return 1
	kill -STOP "$follower"
	tell 3
	kill -TERM "$follower"
	kill -CONT "$follower"
	ended 0 && seen 4
}

# asleep: the follower waits for something.
asleep() {
	[ "$(sed 's/.*) //; s/ .*//' "/proc/$follower/stat")" = S ]
}

# Nobody takes what is written: the first signal waits for that, the second one ends it.
events_full_pipe() {
	stream_open
	exec 8<>"$work/stream/out"
	env PROC_ROOT="$work/stream" "$reader" events -H >&8 2>"$work/err" 7>&- &
	follower=$!
	tell 2000
	within asleep && kill -TERM "$follower" && within asleep && kill -TERM "$follower"
	ended 143
	failed_with=$?
	exec 8>&-
	[ "$failed_with" = 0 ]
}

# A socket is the output, and its peer closes it when it has seen the heading.
events_closed_socket() {
	stream_open
	# shellcheck disable=SC2016 # for perl
	PROC_ROOT="$work/stream" perl -MSocket -e 'socketpair(my $a, my $b, AF_UNIX, SOCK_STREAM, 0) or die;
		my $pid = fork();
		if (!$pid) { close $b; open(STDOUT, ">&", $a) or die; close $a; exec @ARGV or die }
		close $a; <$b>; close $b; waitpid($pid, 0); exit($? & 127)' \
		"$reader" events 2>"$work/err" 7>&- &
	follower=$!
	# SIGPIPE
	ended 13 && [ ! -s "$work/err" ]
}

events_closed_pipe() {
	stream_open
	env PROC_ROOT="$work/stream" "$reader" events >"$work/stream/out" 2>"$work/err" 7>&- &
	follower=$!
	head -n 1 "$work/stream/out" >"$work/heading"
	# 128 + SIGPIPE
	ended 141 && grep -q TIME "$work/heading" && [ ! -s "$work/err" ]
}

events_gone() {
	stream_open
	follow
	tell 1
	echo '2000 - - lost - n=5' >&7
	within seen 2 || return 1
	exec 7>&-
	ended 3 && [ "$(cat "$work/err")" = "listenq: 5 events lost: they came faster than they were read
listenq: $work/stream/net/listenq/events: no more events: the module was unloaded, or the namespace has ended" ]
}

events_full_disk() {
	"$reader" events -f "$tests/dirs/live/events" >/dev/full 2>"$work/err"
	rc=$?
	one_error 3 && grep -q 'No space left' "$work/err"
}
