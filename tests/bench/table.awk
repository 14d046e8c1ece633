# SPDX-License-Identifier: GPL-2.0
# The tables of a kernel, from what its boots printed (one file each):
# awk -v kernel=TEXT -f table.awk FILE...

function sort(list, n,    i, j, value) {
	for (i = 2; i <= n; i++) {
		value = list[i]
		for (j = i - 1; j >= 1 && list[j] > value; j--)
			list[j + 1] = list[j]
		list[j + 1] = value
	}
}

# Sets median and spread of what all boots measured in these phases; false if one did not.
function gather(phases, name,    list, n, i, j, words, p) {
	p = split(phases, words, " ")
	for (i = 1; i <= p; i++)
		for (j = 1; j <= boots; j++) {
			if (!((j, words[i], name) in figure))
				return 0
			list[++n] = figure[j, words[i], name]
		}
	sort(list, n)
	median = n % 2 ? list[(n + 1) / 2] : int((list[n / 2] + list[n / 2 + 1]) / 2)
	spread = list[n] - list[1]
	return 1
}

function cell(phases, name) { return gather(phases, name) ? median : -1 }

function more(base, value) { return value < 0 ? "-" : sprintf("%+.1f %%", 100 * (value / base - 1)) }

function number(value) { return value < 0 ? "-" : value "" }

function reach(good, text) { printf "reach: %-86s %s\n", text, good ? "PASS" : "over" }

function missing(what) {
	print "table.awk: no figure of " what > "/dev/stderr"
	failed = 1
	exit 1
}

function traffic_row(name, text,    base, width, ours, script, peer) {
	if (!gather("none again", name))
		missing(name)
	base = median
	width = spread
	ours = cell("listenq", name)
	script = cell("script", name)
	peer = cell("tcpsynbl", name)
	printf "%-34s %8d %6d %8d %8s %8d %8s %8s %8s\n", text, base, width, ours, more(base, ours),
		script, more(base, script), number(peer), more(base, peer)
	over[name] = 100 * (ours / base - 1)
	cheaper[name] = ours < script
}

function traffic(    i, part, limit) {
	printf "%-34s %8s %6s %8s %8s %8s %8s %8s %8s\n", "instructions for one", "nothing", "spread",
		"listenq", "more", "script", "more", "tcpsynbl", "more"
	for (i = 1; i <= cases; i++)
		traffic_row(name_of[i], text_of[i])
	print ""
	for (i = 1; i <= cases; i++) {
		if (text_of[i] ~ /^ /)
			continue
		if (name_of[i] ~ /^conn/)
			reach(over[name_of[i]] <= 3, text_of[i] ": at most 3 % more")
		else {
			reach(over[name_of[i]] <= 10, text_of[i] ": at most 10 % more")
			reach(cheaper[name_of[i]], text_of[i] ": less than the bpftrace script")
		}
	}
}

# The mean has the work of who reads in it; the median tells small things apart.
function events_row(name, text,    base, ours, gone, read, mean) {
	mean = name
	sub(/conn/, "mean", mean)
	base = cell("none again", mean)
	read = cell("read", mean)
	ours = cell("listenq", name)
	gone = cell("gone", name)
	if (base < 0 || read < 0 || ours < 0 || gone < 0)
		missing(name " with events")
	idle[name] = 100 * (gone / ours - 1)
	busy[name] = 100 * (read / base - 1)
	printf "%-34s %8d %8d %8s %8d %9d %9s\n", text, base, read, more(base, read), ours, gone,
		sprintf("%+.2f %%", idle[name])
}

function events(    i) {
	printf "\n%-34s %8s %8s %8s %8s %9s %9s\n", "events: mean of one; median", "nothing", "read", "more",
		"before", "afterwards", "apart"
	for (i = 1; i <= 2; i++)
		events_row(name_of[i], text_of[i])
	print ""
	for (i = 1; i <= 2; i++) {
		reach(idle[name_of[i]] <= 0.5 && idle[name_of[i]] >= -0.5,
			text_of[i] ": once events were read, within 0.5 % of before")
		reach(busy[name_of[i]] <= 15, text_of[i] ": while events are read, at most 15 % more")
	}
}

# What one listener more costs, from some to ten times as many.
function slope(name, few) { return (cell(10 * few, name) - cell(few, name)) / (9 * few) }

function reader_row(name, text) {
	if (cell(10, name) < 0)
		return
	printf "%-34s %9d %10d %11d %12d %9.0f %9.0f\n", text, cell(10, name), cell(1000, name),
		cell(10000, name), cell(100000, name), slope(name, 1000), slope(name, 10000)
}

function reader_reach(name,    n) {
	if (cell(10, name) < 0) {
		printf "skipped: %s: this module has no such file\n", name
		return
	}
	printf "%-34s", "ss -ltn / " name
	for (n = 10; n <= 100000; n *= 10)
		if (n != 100)
			printf " %*.1f", n == 10 ? 9 : 8 + length(n) - 2, cell(n, "ss") / cell(n, name)
	print ""
}

function readers(    n, i, names) {
	printf "\n%-34s %9s %10s %11s %12s %9s %9s\n", "instructions for reading all of", "10", "1000", "10000",
		"100000 listeners", "each", "each"
	reader_row("listeners", "cat /proc/net/listenq/listeners")
	reader_row("counters", "cat /proc/net/listenq/counters")
	reader_row("proc", "cat /proc/net/tcp")
	reader_row("ss", "ss -ltn")
	split("listeners counters", names, " ")
	for (i = 1; i <= 2; i++)
		reader_reach(names[i])
	print ""
	for (i = 1; i <= 2; i++) {
		if (cell(10, names[i]) < 0)
			continue
		reach(slope(names[i], 10000) <= 1.25 * slope(names[i], 1000), names[i] ": linear")
		for (n = 1000; n <= 100000; n *= 10)
			reach(cell(n, "ss") >= 3 * cell(n, names[i]),
				names[i] ": " n " listeners, at least 3 times fewer than ss -ltn")
	}
}

function row(name, text) { name_of[++cases] = name; text_of[cases] = text }

FNR == 1 { boots++ }

$1 == "figure" {
	figure[boots, $2, $3] = $4
	if ($3 ~ /^(queued|resent|expired)$/)
		figure[boots, $2, "life"] += $4
}

/^# info: books/ && $4 != "exact" { inexact = 1 }

END {
	row("conn4", "1. connection, IPv4")
	row("conn6", "1. connection, IPv6")
	row("acceptq", "2. SYN dropped, accept queue full")
	row("synq", "2. SYN dropped, SYN queue full")
	row("cookie", "3. SYN answered by a cookie")
	row("life", "4. SYN queued, resent, expired")
	row("queued", "   of that: SYN queued")
	row("resent", "   of that: SYN-ACK sent again")
	row("expired", "   of that: request expired")
	printf "Kernel %s, medians of %d boots\n\n", kernel, boots
	traffic()
	events()
	readers()
	if (inexact)
		print "\nThe books were not exact in one of the boots: see build/KERNEL/log/bench-N.tap"
	print ""
}
