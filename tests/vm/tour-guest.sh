#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What tests/vm/tour runs in the guest: servers, a load that one of them cannot bear, and the commands
# of listenq meanwhile. Lines "#: TEXT" are for docs/tour.md; each claim in them is checked here. Lines
# "#= METRIC" are a file for Prometheus.

# shellcheck source=tests/vm/lib.sh
. /lib.sh

fail()
{
	echo "tour: $*"
	listenq
	exit 1
}

# show COMMAND: runs it, after saying so.
show()
{
	echo "# \$ $*"
	sh -c "$*"
	status=$?
}

say()
{
	echo "#: $*"
}

# row TABLE PORT COLUMN: that column of the IPv4 listener of that port.
row()
{
	awk -v port="$2" -v column="$3" '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["local"] ~ ("^[0-9.]*:" port "$") { print $at[column]; exit }' "/proc/net/listenq/$1"
}

listens()
{
	[ -n "$(row listeners "$1" local)" ]
}

has_lost()
{
	[ "$(row counters 8000 syn_drop_acceptq)" -gt 20 ] && [ "$(row counters 8000 accepted)" -gt 20 ] &&
		[ "$(row counters 80 accepted)" -gt 20 ]
}

is_full()
{
	[ "$(row listeners 8000 acceptq)" = "$(row listeners 8000 acceptq_limit)" ]
}

insmod /listenq.ko || exit 1
nginx >&2 || fail "nginx does not start"
redis-server --bind 127.0.0.1 --save '' >&2 &
python3.11 /tour-server.py >&2 &
for port in 80 6379 8000; do
	await 60 listens $port || fail "nobody listens on port $port"
done
wrk -t 1 -c 40 -d 600 http://127.0.0.1:80/ >&2 &
wrk -t 1 -c 64 -d 600 http://127.0.0.1:8000/ >&2 &
await 120 has_lost || fail "the load does not come"
await 60 is_full || fail "the accept queue of port 8000 does not fill"

say "Three servers; nginx and the one in Python are under load."
show listenq
show listenq --dropping
say "So it is the Python server that loses connections. Why?"
show listenq explain 8000
show listenq latency -p 8000
show "listenq check --acceptq 80% -p 8000"
[ "$status" != 0 ] || fail "check does not notice"
show listenq audit
[ "$status" = 0 ] || fail "the books do not balance"
# For Prometheus.
listenq metrics | sed 's/^/#= /'
