#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The tour: nginx, redis-server, haproxy and a server in Python, each under load, one under more than it
# can bear, and what the commands of listenq say of them. Lines "# : TEXT" and "# | TEXT" are for the
# pages that tests/vm/tour writes, each claim in them is checked here; "# = METRIC" is a file for
# Prometheus. Debian's haproxy for amd64 has an instruction that the emulator gets wrong, see tests/vm/boot.
# shellcheck disable=SC2317 # functions are called by name
# boot: tour timeout: 600

# shellcheck source=tests/vm/lib.sh
. /lib.sh

# run COMMAND: runs it; what it says is in /tmp/shown, its exit status in $status.
run()
{
	status=0
	sh -c "$*" >/tmp/shown 2>&1 || status=$?
}

# print_shown COMMAND: what run has seen of it, after saying so.
print_shown()
{
	echo "# | \$ $*"
	sed 's/^/# | /; s/ *$//' /tmp/shown
}

show()
{
	run "$@"
	print_shown "$@"
}

# says STATUS COMMAND: it ends so.
says()
{
	wanted=$1
	shift
	run "$@"
	[ "$status" = "$wanted" ]
}

say()
{
	echo "# : $*"
}

explains()
{
	says 0 "listenq explain 8000" && grep -q '^Verdict: the program accepts more slowly than' /tmp/shown
}

# balances: nothing moved while audit looked.
balances()
{
	says 0 "listenq audit" && grep -q ' balanced, 0 off, 0 unknown, 0 moving$' /tmp/shown
}

# cell TABLE PORT COLUMN: that column of the IPv4 listener of that port.
cell()
{
	awk -v port="$2" -v column="$3" '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["local"] ~ ("^[0-9.]*:" port "$") { print $at[column]; exit }' "/proc/net/listenq/$1"
}

listens()
{
	[ -n "$(cell listeners "$1" local)" ]
}

# has_load PORT: connections come, and are accepted.
has_load()
{
	[ "$(cell counters "$1" accepted)" -gt 30 ]
}

has_lost()
{
	[ "$(cell counters 8000 syn_drop_acceptq)" -gt 20 ] &&
		[ "$(cell listeners 8000 acceptq)" = "$(cell listeners 8000 acceptq_limit)" ]
}

is()
{
	[ "$1" = "$2" ] || { echo "# '$1' is not '$2'"; false; }
}

serve()
{
	nginx >&2
	haproxy -D -f /etc/haproxy.cfg >&2
	redis-server --bind 127.0.0.1 --save '' >&2 &
	python3.11 /tour-server.py >&2 &
	for port in 80 8080 6379 8000; do
		check "a server listens on port $port" await 120 listens $port
	done
}

load()
{
	wrk -t 1 -c 40 -d 900 http://127.0.0.1:80/ >&2 &
	wrk -t 1 -c 20 -d 900 -H 'Connection: close' http://127.0.0.1:8080/ >&2 &
	wrk -t 1 -c 64 -d 900 http://127.0.0.1:8000/ >&2 &
	redis-benchmark -c 20 -k 0 -l -q -t get >/dev/null 2>&1 &
	for port in 80 8080 6379 8000; do
		check "port $port is under load" await 240 has_load $port
	done
	check "the server in Python cannot bear it" await 240 has_lost
}

serve
load
say "Four servers. wrk sends requests to nginx, to haproxy, which hands them on to nginx, and to the server
# : in Python; redis-benchmark to redis-server. haproxy asked \`listen()\` for 10000 and got 4096."
check "haproxy asked for 10000" is "$(cell listeners 8080 backlog)" 10000
check "and got 4096" is "$(cell listeners 8080 max_ack_backlog)" 4096
show listenq
check "listenq ends well" is "$status" 0
show "listenq top -b 1 6 | tail -n 6"
check "top has a row of it" grep -q '^0\.0\.0\.0:8000 .*/python3\.11$' /tmp/shown
show listenq --dropping
say "So it is the server in Python that loses connections, and no other. Why?"
check "no other loses connections" says 0 \
	"[ \"\$(listenq --dropping --raw -H --output local)\" = 0.0.0.0:8000 ]"
check "explain sees that it is slow" await 60 explains
print_shown "listenq explain 8000"
show listenq latency -p 8000
check "latency has waits of it" grep -q '^0\.0\.0\.0:8000 acceptq *[1-9]' /tmp/shown
command="listenq check --acceptq 80% -p 8000"
check "check finds it" await 60 says 1 "$command"
print_shown "$command"
check "the books balance" await 120 balances
print_shown "listenq audit"
listenq metrics | sed 's/^/# = /'
finish
