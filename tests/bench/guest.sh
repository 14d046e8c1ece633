#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What `make bench` runs in the guest: the same traffic with nothing loaded, with the module, and with
# bpftrace, then the readers. Prints "figure PHASE NAME COST" lines, and "# done" at the end.
# The sleeps here cost nothing: the machine's time counts instructions, and jumps when it is idle.

# shellcheck source=tests/vm/lib.sh
. /lib.sh

peers=/peers
bench=/bench-bin
functions=/sys/kernel/tracing/enabled_functions

fail()
{
	echo "# bench: $*"
	exit 1
}

# traffic PHASE PROGRAM...
traffic()
{
	phase=$1
	shift
	for program in "$@"; do
		"$bench/$program" "$phase" || fail "$program failed with $phase"
	done
}

load()
{
	insmod "$LISTENQ_KO" || fail "the module does not load"
	sleep 1
}

# unload: with what it says of itself first.
unload()
{
	grep -E '^(books|probe) ' /proc/net/listenq/info | sed 's/^/# info: /'
	rmmod listenq || fail "the module does not unload"
	sleep 1
}

# settled FUNCTION...: there is a probe on each, or bpftrace is dead.
settled()
{
	kill -0 "$tracer" 2>/dev/null || return 0
	for function in "$@"; do
		grep -q "^$function " $functions || return 1
	done
}

# bpftrace_start SCRIPT: returns when its probes are on.
bpftrace_start()
{
	names=$(sed -n 's/^\(kprobe\|fentry\|fexit\):\([a-z0-9_]*\).*/\2/p' "$peers/$1")
	chroot "$peers" /usr/bin/bpftrace "/$1" >/tmp/bpftrace.out 2>&1 &
	tracer=$!
	# shellcheck disable=SC2086 # one word a function
	await 100 settled $names || bpftrace_failed "$1 does not start"
	kill -0 "$tracer" || bpftrace_failed "$1 has ended"
	sleep 1
}

bpftrace_failed()
{
	sed 's/^/# /' /tmp/bpftrace.out
	fail "bpftrace: $*"
}

# bpftrace_stop MAP...: it must have counted something in each.
bpftrace_stop()
{
	kill -INT "$tracer"
	wait "$tracer"
	for map in "$@"; do
		grep -q "^@$map\[" /tmp/bpftrace.out || bpftrace_failed "nothing counted in $map"
	done
	sleep 1
}

# has_events PID: it has the file of events open.
has_events()
{
	# shellcheck disable=SC2010 # where the links lead to
	ls -l "/proc/$1/fd" | grep -q listenq/events
}

# events_read: connections while somebody reads events, and when he has gone again.
events_read()
{
	chroot "$peers" /usr/bin/cat /proc/net/listenq/events >/dev/null &
	reader=$!
	await 10 has_events $reader || fail "nobody reads events"
	sleep 1
	traffic read conn
	has_events $reader || fail "who reads events has ended"
	kill $reader
	wait $reader
	sleep 1
	traffic gone conn
}

for dir in proc sys dev; do
	mount --rbind "/$dir" "$peers/$dir" || fail "cannot bind /$dir"
done
# bpftrace asks a shell.
mkdir -p $peers/bin
cp /bin/busybox $peers/bin/sh
"$bench/clock" || fail "this machine's time does not count instructions"
# What is left to do after the boot.
sleep 5
traffic none conn syn
load
traffic listenq conn syn
events_read
unload
traffic again conn syn
bpftrace_start tcpsynbl.bt
traffic tcpsynbl conn
bpftrace_stop backlog
bpftrace_start same-counts.bt
traffic script conn syn
bpftrace_stop syn accepted syn_drop_acceptq syn_drop_synq syn_cookie synack_retrans req_timeout
load
for listeners in 10 1000 10000 100000; do
	"$bench/read" $listeners $peers || fail "the readers of $listeners listeners failed"
done
unload
echo "# done"
