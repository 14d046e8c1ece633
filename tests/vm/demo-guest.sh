#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What `make demo` runs in the guest: starts the servers, waits until they are where they should be,
# shows them, and says in three sentences what is to be seen, each checked against the numbers.

# shellcheck source=tests/vm/lib.sh
. /lib.sh

table=/proc/net/listenq/listeners
clients=6
backlog=2
lowered=128

fail()
{
	echo "demo: $*; the table was:"
	cat "$table"
	exit 1
}

# cell COMM COLUMN: that column of the first row of that program; columns are found by their names.
cell()
{
	awk -v comm="$1" -v column="$2" '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["comm"] == comm { print $at[column]; exit }' "$table"
}

# rows COMM: how many listeners that program has.
rows()
{
	awk -v comm="$1" '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["comm"] == comm { n++ }
		END { print n + 0 }' "$table"
}

has_rows()
{
	[ "$(rows "$1")" = "$2" ]
}

# in_state HEX: how many clients of port 9000 are in that TCP state (01 connected, 02 SYN sent).
in_state()
{
	awk -v state="$1" '$3 ~ /:2328$/ && $4 == state { n++ } END { print n + 0 }' /proc/net/tcp
}

clients_settled()
{
	[ $(($(in_state 01) + $(in_state 02))) = "$clients" ] && [ "$(cell demo-server acceptq)" = "$(in_state 01)" ]
}

# same WHAT VALUE WANTED: a sentence below is only true if it holds.
same()
{
	[ "$2" = "$3" ] || fail "$1 should be $3, is $2"
}

insmod /listenq.ko || exit 1
nginx >&2 || fail "nginx did not start"
await 20 has_rows nginx 2 || fail "nginx does not listen on 80 twice"
nginx_max=$(cat /proc/sys/net/core/somaxconn)
sysctl -q net.core.somaxconn=$lowered
redis-server --bind 127.0.0.1 -::1 --save '' >&2 &
await 20 has_rows redis-server 2 || fail "redis-server does not listen twice"
demo-server listen 9000 $backlog &
await 20 has_rows demo-server 1 || fail "demo-server does not listen"
demo-server connect 9000 $clients &
await 20 clients_settled || fail "the $clients clients do not settle"

echo
echo "# uname -sr; listenq"
uname -sr
listenq || fail "the reader failed with $?"
echo
echo "# cat $table"
cat "$table"

full=$((backlog + 1))
same "nginx's backlog" "$(cell nginx backlog)" 511
same "nginx's limit" "$(cell nginx max_ack_backlog)" 511
same "nginx's somaxconn" "$(cell nginx somaxconn)" "$nginx_max"
same "redis-server's backlog" "$(cell redis-server backlog)" 511
same "redis-server's somaxconn" "$(cell redis-server somaxconn)" $lowered
same "redis-server's limit" "$(cell redis-server max_ack_backlog)" $lowered
same "demo-server's backlog" "$(cell demo-server backlog)" $backlog
same "demo-server's accept queue" "$(cell demo-server acceptq)" $full
same "demo-server's accept queue limit" "$(cell demo-server acceptq_limit)" $full
same "connected clients" "$(in_state 01)" $full
same "clients that still try" "$(in_state 02)" $((clients - full))
cat <<EOT

What is to be seen:
1. nginx and redis-server both asked listen() for 511: nginx got it (net.core.somaxconn was $nginx_max then), redis-server
   came after net.core.somaxconn had been lowered to $lowered, and was cut down to $lowered without a word.
2. demo-server said listen(fd, $backlog) and never accepts: its accept queue is full at $full of $full, for Linux refuses only
   when there is more than the backlog in it.
3. Of its $clients clients $full are connected and wait in that queue for an accept() that never comes; the SYNs of the other
   $((clients - full)) are dropped, and they still sit in SYN_SENT, trying again and again.

EOT
