#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The way of the figures, with Debian's programs: listenq metrics --output, node_exporter's textfile
# collector, Prometheus; and what the dashboard of docs/grafana.json asks of it. Prints TAP.
# shellcheck disable=SC2317 # functions are called by name
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/host/lint/lib.sh
. "$TOP/tests/host/lint/lib.sh"

READER=$BUILD/host/reader/listenq
DIRS=$TOP/tests/host/reader/dirs
running=

usleep()
{
	busybox usleep "$1"
}

ends()
{
	for pid in $running; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	rm -rf "$WORK"
}
trap ends EXIT

# free_port: sets port to one that nobody listens on.
free_port()
{
	port=$((20000 + $(random) % 10000))
	while grep -qi ":$(printf %04X "$port") " /proc/net/tcp /proc/net/tcp6; do
		port=$((port + 1))
	done
}

# ask QUERY: what Prometheus answers, one sample a line: labels, value.
ask()
{
	promtool query instant "http://127.0.0.1:$prometheus" "$1" 2>/dev/null
}

answers()
{
	ask "$1" | grep -qE -e "$2"
}

starts()
{
	make -s -C "$TOP/userspace" O="$BUILD/host/reader" || return
	mkdir "$WORK/textfile"
	"$READER" metrics -d "$DIRS/live" --output "$WORK/textfile/listenq.prom" || return
	free_port
	exporter=$port
	prometheus-node-exporter --web.listen-address="127.0.0.1:$exporter" --collector.disable-defaults \
		--collector.textfile --collector.textfile.directory="$WORK/textfile" \
		>"$WORK/exporter.log" 2>&1 &
	running="$running $!"
	free_port
	prometheus=$port
	cat >"$WORK/prometheus.yml" <<-EOT
		global:
		  scrape_interval: 1s
		rule_files: ["$TOP/docs/alerts.yml"]
		scrape_configs:
		  - job_name: node
		    static_configs:
		      - targets: ["127.0.0.1:$exporter"]
	EOT
	prometheus --config.file="$WORK/prometheus.yml" --storage.tsdb.path="$WORK/data" \
		--web.listen-address="127.0.0.1:$prometheus" >"$WORK/prometheus.log" 2>&1 &
	running="$running $!"
	await 60 answers 'up{job="node"}' '=> 1 ' || cat "$WORK/exporter.log" "$WORK/prometheus.log"
}

scraped()
{
	await 60 answers 'listenq_accept_queue_length{address="0.0.0.0",port="80"}' '=> 512 ' ||
		ask '{__name__=~"listenq_.*"}'
	answers 'listenq_drops_total{port="80",cause="syn_accept_queue"}' '=> 1203 ' || ask listenq_drops_total
	answers 'node_textfile_scrape_error' '=> 0 ' || cat "$WORK/exporter.log"
	# Every sample of the file is there.
	count=$(grep -c '^listenq_' "$WORK/textfile/listenq.prom")
	answers 'count({__name__=~"listenq_.*"})' "=> $count " || ask 'count({__name__=~"listenq_.*"})'
}

replaced()
{
	sed -i '/^2a1f /s/ 512 512 512 / 17 512 512 /' "$WORK/live/listeners"
	"$READER" metrics -d "$WORK/live" --output "$WORK/textfile/listenq.prom" || return
	await 60 answers 'listenq_accept_queue_length{address="0.0.0.0",port="80"}' '=> 17 ' ||
		ask listenq_accept_queue_length
}

# several: the files of two network namespaces, and of all of them, beside that of this one.
several()
{
	for pid in 1 30; do
		mkdir -p "$WORK/proc/$pid/net"
		cp -r "$DIRS/live" "$WORK/proc/$pid/net/listenq"
		sed -i "s/^netns .*/netns 10$pid/" "$WORK/proc/$pid/net/listenq/info"
		: >"$WORK/proc/$pid/net/netstat"
	done
	sed -i 's/ 512 512 512 / 16 512 512 /' "$WORK/proc/30/net/listenq/listeners"
	PROC_ROOT=$WORK/proc "$READER" metrics -N 1 --output "$WORK/textfile/one.prom" || return
	PROC_ROOT=$WORK/proc "$READER" metrics -N 30 --output "$WORK/textfile/two.prom" || return
	await 60 answers 'listenq_accept_queue_length{address="0.0.0.0",port="80",netns="30"}' '=> 16 ' ||
		{ ask listenq_accept_queue_length; cat "$WORK/exporter.log"; }
	rm "$WORK/textfile/one.prom" "$WORK/textfile/two.prom"
	PROC_ROOT=$WORK/proc "$READER" metrics -A --output "$WORK/textfile/all.prom" || return
	count=$(cat "$WORK/textfile"/*.prom | grep -c '^listenq_')
	await 60 answers 'count({__name__=~"listenq_.*"})' "=> $count " || ask 'count({__name__=~"listenq_.*"})'
	answers 'listenq_accept_queue_length{address="0.0.0.0",port="80",netns="1"}' '=> 512 ' ||
		ask listenq_accept_queue_length
	answers 'node_textfile_scrape_error' '=> 0 ' || cat "$WORK/exporter.log"
	rm "$WORK/textfile/all.prom"
}

# guest: a file that was written beside real servers under load, see tests/vm/tour.
guest()
{
	file=$TOP/tests/host/reader/tour.prom
	sample=$(grep '^listenq_drops_total{.*port="8000",cause="ack_ignored"}' "$file")
	[ -n "$sample" ] || echo "not the tour's"
	cp "$file" "$WORK/textfile/new" && mv "$WORK/textfile/new" "$WORK/textfile/listenq.prom"
	await 60 answers "${sample% *}" "=> ${sample##* } " || ask "${sample% *}"
	count=$(grep -c '^listenq_' "$file")
	await 60 answers 'count({__name__=~"listenq_.*"})' "=> $count " || ask 'count({__name__=~"listenq_.*"})'
}

# expressions: what the panels ask, with a host, ports and an interval in place of the variables.
expressions()
{
	sed -n 's/^ *"expr": "\(.*\)",*$/\1/p' "$TOP/docs/grafana.json" >"$WORK/exprs"
	# shellcheck disable=SC2016 # Grafana's variables
	sed 's/\\"/"/g; s/\$__rate_interval/5m/g; s/\$\(instance\|port\)/.*/g' "$WORK/exprs"
}

dashboard()
{
	gcc -O2 -D_GNU_SOURCE -o "$WORK/jsoncheck" "$TOP/tests/host/reader/jsoncheck.c" \
		"$TOP/tests/host/reader/json.c" && "$WORK/jsoncheck" <"$TOP/docs/grafana.json"
	"$READER" metrics -d "$DIRS/live" | sed -n 's/^\(listenq_[a-z_]*\)[{ ].*/\1/p' | sort -u >"$WORK/names"
	grep -o 'listenq_[a-z_]*' "$TOP/docs/grafana.json" | sort -u >"$WORK/used"
	[ "$(wc -l <"$WORK/used")" -gt 10 ] || echo "no names in it"
	grep -vxF -f "$WORK/names" "$WORK/used" | sed 's/$/: listenq metrics prints no such series/'
	expressions >"$WORK/expressions"
	[ -s "$WORK/expressions" ] || echo "no expressions in it"
	while read -r expression; do
		promtool query instant "http://127.0.0.1:$prometheus" "$expression" >"$WORK/answer" 2>&1 || {
			echo "$expression:"
			cat "$WORK/answer"
		}
	done <"$WORK/expressions"
}

clean "prometheus and node_exporter run" starts
cp -r "$DIRS/live" "$WORK/live"
clean "Prometheus has every figure of the file that listenq wrote" scraped
clean "Prometheus has the figures of the file that replaced it" replaced
clean "Prometheus has the figures of several network namespaces" several
clean "Prometheus has every figure of a file from a guest" guest
clean "Prometheus understands what the dashboard asks, and listenq prints it" dashboard
finish
