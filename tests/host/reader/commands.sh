# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154 # what reader.sh sets
# Checks of reader.sh: what audit and metrics do that no golden case can show.

# overflows FORMULA: writes into the pipe netstat, each time somebody opens it, that the kernel's count
# of overflows is what the formula says; it may use n, how often that has been.
overflows() {
	trap '' PIPE
	n=0
	while [ -p "$work/proc/net/netstat" ]; do
		n=$((n + 1))
		printf 'TcpExt: SyncookiesSent ListenOverflows TCPReqQFullDrop\nTcpExt: 13 %d 2\n' \
			$(($1)) >"$work/proc/net/netstat"
	done 2>/dev/null
}

# audit_says WORD CODE FORMULA: the audit of dirs/books, beside such a kernel.
audit_says() {
	rm -rf "$work/proc"
	mkdir -p "$work/proc/net"
	cp -r "$tests/dirs/books" "$work/proc/net/listenq"
	mkfifo "$work/proc/net/netstat"
	overflows "$3" &
	rc=3
	# Opened in the moment between two texts, the pipe is empty.
	for _ in 1 2 3 4 5 6 7 8 9; do
		[ "$rc" != 3 ] || run env PROC_ROOT="$work/proc" "$reader" audit --raw -H
	done
	kill $!
	wait $! 2>/dev/null
	[ "$rc" = "$2" ] && grep -q "ListenOverflows.*$1\$" "$work/out" && return
	echo "exit status $rc, expected is $2, and $1 with $3:"
	cat "$work/err" "$work/out"
	return 1
}

audit_awaits() {
	audit_says balanced 0 1575 && audit_says OFF 1 1576 && audit_says moving 0 '1575 + n' &&
		audit_says moving 0 '1576 + n / 3' && audit_says balanced 0 '1576 - (n > 2)'
}

# explained COUNT WORD: explain of a listener whose queue is full, of which nothing was accepted, and a moment
# later COUNT connections. It waits for the counters until there are others.
explained() {
	rm -rf "$work/again"
	mkdir -p "$work/again/net"
	cp -r "$tests/dirs/live" "$work/again/net/listenq"
	counters=$work/again/net/listenq/counters
	awk -v count="$1" 'NR == 1 { while ($++at != "accepted"); } $1 == "3b02" { $at = count } { print }' \
		"$counters" >"$work/later"
	rm "$counters"
	mkfifo "$counters"
	PROC_ROOT="$work/again" timeout 60 "$reader" explain 9000 --json >"$work/out" 2>"$work/err" &
	exec 9>"$counters"
	mv "$work/later" "$counters"
	cat "$tests/dirs/live/counters" >&9
	exec 9>&-
	wait $!
	rc=$?
	[ "$rc" = 0 ] && grep -q "\"verdict\": \"$2\"" "$work/out" && return
	echo "exit status $rc, expected is $2 with $1:"
	cat "$work/err" "$work/out"
	return 1
}

explain_looks_again() {
	explained 0 stuck && explained 1 slow
}

# judge_metrics: no series of $work/metrics is there twice, and Prometheus finds no fault with it.
# node_exporter reads the older text format, in which a counter's family has the name of its samples;
# Prometheus itself reads OpenMetrics, and promtool lets it do so if the samples have a time.
judge_metrics() {
	sed -n 's/^\(listenq_.*\) [^ ]*$/\1/p' "$work/metrics" | sort | uniq -d >"$work/twice"
	[ ! -s "$work/twice" ] || { echo "there twice:"; cat "$work/twice"; return 1; }
	awk '/^# TYPE .* counter$/ { counter[$3] = 1 }
		/^# [TH]/ && counter[$3] { $3 = $3 "_total" }
		{ print }' "$work/metrics" | promtool check metrics || return 1
	awk '!/^#/ { $0 = $0 " 1700000000" } { print }' "$work/metrics" >"$work/timed"
	promtool tsdb create-blocks-from openmetrics "$work/timed" "$work/blocks"
}

metrics_judged() {
	for dir in live none group; do
		"$reader" metrics -d "$tests/dirs/$dir" >"$work/metrics" && judge_metrics || return 1
	done
}

# Listeners of the same address in two namespaces are not the same series; nor are they in the files
# that -N makes of each, beside the one of the namespace that this runs in.
metrics_of_places() (
	PROC_ROOT=$work/two
	export PROC_ROOT
	mkdir -p "$PROC_ROOT/net"
	cp -r "$tests/dirs/live" "$PROC_ROOT/net/listenq"
	for pid in 1 30; do
		mkdir -p "$PROC_ROOT/$pid/net"
		cp -r "$tests/dirs/live" "$PROC_ROOT/$pid/net/listenq"
		sed -i "s/^netns .*/netns 10$pid/" "$PROC_ROOT/$pid/net/listenq/info"
		: >"$PROC_ROOT/$pid/net/netstat"
	done
	sed -i 's/ 512 512 512 / 17 512 512 /' "$PROC_ROOT/30/net/listenq/listeners"
	sed -i 's/^books exact/books inexact/' "$PROC_ROOT/30/net/listenq/info"
	run "$reader" metrics -A
	mv "$work/out" "$work/metrics"
	[ "$rc" = 0 ] && judge_metrics || exit 1
	grep 'accept_queue_length{.*port="80"\|books_exact{\|module_info{' "$work/metrics" >"$work/seen"
	cat >"$work/expected" <<-'EOT'
		listenq_module_info{version="0.2.0",kernel="6.12.117+deb12-cloud-amd64",netns="1"} 1
		listenq_module_info{version="0.2.0",kernel="6.12.117+deb12-cloud-amd64",netns="30"} 1
		listenq_books_exact{netns="1"} 1
		listenq_books_exact{netns="30"} 0
		listenq_accept_queue_length{address="0.0.0.0",port="80",netns="1"} 512
		listenq_accept_queue_length{address="::",port="80",netns="1"} 0
		listenq_accept_queue_length{address="0.0.0.0",port="80",netns="30"} 17
		listenq_accept_queue_length{address="::",port="80",netns="30"} 0
	EOT
	same "$work/expected" "$work/seen" 'series of -A' || exit 1
	[ "$(grep -c '^listenq_' "$work/metrics")" = $((2 * $(grep -c '^listenq_' "$tests/360-metrics/out"))) ] ||
		{ echo "not twice as many series"; exit 1; }
	{ "$reader" metrics && "$reader" metrics -N 1 && "$reader" metrics -N 30; } | grep -v '^#' >"$work/files"
	sed -n 's/^\(listenq_.*\) [^ ]*$/\1/p' "$work/files" | sort | uniq -d >"$work/twice"
	if [ "$(wc -l <"$work/files")" -le 300 ] || [ -s "$work/twice" ]; then
		cat "$work/twice"
		exit 1
	fi
	# What -N gives is what -A has of that namespace.
	"$reader" metrics -N 30 | grep '^listenq_' | sort >"$work/seen"
	grep 'netns="30"' "$work/metrics" | sort | diff - "$work/seen"
)

# The alerts are about series that there are, and go off when they should.
alerts_judged() {
	grep -o 'listenq_[a-z_]*' "$top/docs/alerts.yml" | sort -u >"$work/series"
	while read -r series; do
		grep -q "^$series{" "$tests/360-metrics/out" || { echo "no $series"; return 1; }
	done <"$work/series"
	[ -s "$work/series" ] && promtool test rules "$tests/alerts.yml"
}

# A file is replaced as a whole or not at all, and nothing is left beside it.
metrics_file() {
	mkdir "$work/textfile"
	echo old >"$work/textfile/listenq.prom"
	umask 022
	run "$reader" metrics -d "$tests/dirs/older" --output "$work/textfile/listenq.prom"
	one_error 3 && [ "$(cat "$work/textfile/listenq.prom")" = old ] || return 1
	run "$reader" metrics -d "$tests/dirs/live" --output "$work/textfile/listenq.prom"
	[ "$rc" = 0 ] && [ ! -s "$work/out" ] &&
		same "$tests/360-metrics/out" "$work/textfile/listenq.prom" 'the file' || return 1
	stat -c '%a %n' "$work/textfile"/*
	[ "$(stat -c %a "$work/textfile"/*)" = 644 ] || return 1
	mkdir "$work/textfile/directory"
	for place in /dev/full "$work/textfile/directory"; do
		run "$reader" metrics -d "$tests/dirs/live" --output "$place"
		one_error 2 || return 1
	done
	[ -c /dev/full ] && [ "$(ls "$work/textfile")" = "directory
listenq.prom" ]
}
