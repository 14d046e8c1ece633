# SPDX-License-Identifier: GPL-2.0
# Draws a timeline, as SVG on stdout.
# Usage: gnuplot -c timeline.gp DATA TITLE
# DATA has a line for each event: seconds, listener, event, accept queue, its limit, SYN queue, its limit; and
# behind those of a note its text, in quotes.
data = ARG1

# Which events are marked: in which queue, by which point of which size and color, and in what words.
$marks << END
syn_drop_acceptq  1  2 1.0 0xc00000 "SYN dropped, queue full"
ack_overflow      1  8 1.0 0x7030a0 "final ACK ignored, queue full"
ack_reset         1 10 1.0 0x7030a0 "final ACK answered by RST"
synack_retrans    2  7 0.5 0x707070 "SYN-ACK sent again"
syn_drop_synq     2  2 1.0 0xc00000 "SYN dropped, queue full"
syn_drop_unproven 2  1 1.0 0xc00000 "SYN dropped, last quarter"
syn_drop_other    2  3 1.0 0xc00000 "SYN dropped, other cause"
syn_cookie        2 12 1.0 0xc07000 "SYN answered by a cookie"
req_pruned        2 10 1.0 0x7030a0 "request pruned"
req_timeout       2  8 1.0 0x7030a0 "request timed out"
END
array Name = ["accept queue", "SYN queue"]
array Unit = ["connections", "requests"]
array Color = [0x0060b0, 0x007a50]
array Area = [0xcfe3f3, 0xd5ecdf]
array Drawn[|$marks|]
array Top = [0.83, 0.45]
depth(queue) = 2 + 2 * queue
limit(queue) = depth(queue) + 1
event(mark) = word($marks[mark], 1)
point(mark) = int(word($marks[mark], 3))
size(mark) = real(word($marks[mark], 4))
color(mark) = int(word($marks[mark], 5))
what(mark) = sprintf("%s: %d", word($marks[mark], 6), count(event(mark)))

# What awk prints for the lines of an event.
lines(event, print) = system(sprintf("awk '$3 == \"%s\" { print %s }' '%s'", event, print, data))
count(event) = words(lines(event, "1"))
notes = system(sprintf("awk -F '\"' 'NF > 1 { print $2 }' '%s'", data))
# The corners of the area under the depth: one shape, not one for each event.
area(queue) = sprintf("< awk 'NR > 1 { print $1, last } { last = $%d; print $1, last }' '%s'", depth(queue), data)
# Above the picture; so that one does not run into the next.
row(n) = 1.04 + 0.09 * (n % 3)
line(text, n) = system(sprintf("echo '%s' | sed -n %dp", text, n))

set terminal svg noenhanced size 960,540 name "timeline" font "sans-serif,13" background "#ffffff"
set multiplot
set label 1 ARG2 at screen 0.08, 0.96 font ",16"
set lmargin at screen 0.08
set rmargin at screen 0.68
set key Left reverse left top
set border 3
set tics nomirror
set grid ytics dt 1 lc rgb 0xe8e8e8
times = lines("note", "$1")
stats data using 1 name "Time" nooutput
set xrange [0 : Time_max]
set format x ""

do for [q = 1 : 2] {
	if (q == 2) {
		unset label
		set xlabel "seconds"
		set format x "%g"
	}
	do for [n = 1 : words(times)] {
		t = word(times, n) + 0
		set arrow n from t, graph 0 to t, graph (q == 1 ? row(n) + 0.03 : 1) nohead dt 3 lc rgb 0x606060
		if (q == 1 && t < 0.7 * Time_max) {
			set label n + 1 line(notes, n) at t, graph row(n) left offset 0.3, 0 font ",12"
		}
		if (q == 1 && t >= 0.7 * Time_max) {
			set label n + 1 line(notes, n) at t, graph row(n) right offset -0.3, 0 font ",12"
		}
	}
	# What is out of range is not looked at.
	set yrange [* : *]
	stats data using depth(q) name "Depth" nooutput
	stats data using limit(q) name "Limit" nooutput
	highest = Depth_max > 0 ? Depth_max : 1
	far = Limit_max > 20 * highest
	highest = far || Limit_max < highest ? highest : Limit_max
	set yrange [0 : highest * 1.2]
	step = highest > 5 ? int(highest / 5) : 1
	set ytics step
	set ylabel Unit[q]
	set tmargin at screen Top[q]
	set bmargin at screen Top[q] - 0.34
	set key at screen 0.70, screen Top[q] + 0.01
	# What is not drawn is looked at all the same.
	Drawn[1] = 1
	ndrawn = 0
	do for [m = 1 : |$marks|] {
		if (int(word($marks[m], 2)) == q && count(event(m)) > 0) {
			ndrawn = ndrawn + 1
			Drawn[ndrawn] = m
		}
	}
	plot area(q) using 1:2 with filledcurves y1=0 fs solid noborder lc rgb Area[q] notitle, \
		data using 1:depth(q) with steps lw 2 lc rgb Color[q] title Name[q], \
		data using 1:limit(q) with lines dt 2 lw 1.5 lc rgb 0xc00000 \
			title sprintf("its limit: %d%s", Limit_max, far ? ", far above" : ""), \
		for [i = 1 : ndrawn] data using 1:(strcol(3) eq event(Drawn[i]) ? column(depth(q)) : NaN) with points \
			pt point(Drawn[i]) ps size(Drawn[i]) lc rgb color(Drawn[i]) title what(Drawn[i])
}
