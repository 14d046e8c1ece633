#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# listenq top: rates from readings that this gives out one by one, and a terminal that tmux plays,
# with keys, another size, signals, and tables that go away. With the sanitizers on. Prints TAP.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/host/lint/lib.sh
. "$TOP/tests/host/lint/lib.sh"

READER=$BUILD/host/reader/sanitize/listenq
LIVE=$TOP/tests/host/reader/dirs/live
export TERM=xterm ASAN_OPTIONS=exitcode=99
unset NO_COLOR PROC_ROOT TMUX

usleep()
{
	busybox usleep "$1"
}

SOCKET=0
tm()
{
	tmux -S "$WORK/tmux$SOCKET" -f /dev/null "$@"
}

# reading N: the tables of the Nth reading: so many seconds later, so many more SYNs and accepts.
reading()
{
	sed "s/^load_age_ms .*/load_age_ms $((500000 + 2000 * $1))/" "$LIVE/info" >"$WORK/info"
	mv "$WORK/info" "$WORK/dir/info"
	awk -v n="$1" '$1 == "2a1f" { $12 = 128 * n } { print }' "$LIVE/listeners" >"$WORK/listeners"
	mv "$WORK/listeners" "$WORK/dir/listeners"
}

counters()
{
	awk -v n="$1" '$1 == "2a1f" { $3 += 5000 * n; $7 += n; $30 += 7 * n }
		$1 == "3b40" && n == 3 { $3 = 1 }
		{ print }' "$LIVE/counters"
}

blocks()
{
	[ "$(grep -c '^LOCAL' "$WORK/batch")" -ge "$1" ]
}

# The pipe counters is read last, so the other tables of the next reading can be laid out while
# somebody waits for it; its end is seen when the block is there.
rates()
{
	mkdir "$WORK/dir"
	mkfifo "$WORK/dir/counters"
	reading 1
	"$READER" top -b 0.1 4 -d "$WORK/dir" >"$WORK/batch" &
	for turn in 1 2 3 4; do
		exec 3>"$WORK/dir/counters"
		reading $((turn + 1))
		counters "$turn" >&3
		exec 3>&-
		[ "$turn" = 4 ] || await 20 blocks "$turn" || echo "no block $turn"
	done
	wait $! || echo "exit status $?"
	# 10,000 SYNs, 2 drops and 14 accepts more in 4 s would be other figures: it is 2 s.
	grep '^0.0.0.0:80 ' "$WORK/batch" >"$WORK/seen"
	cat >"$WORK/wanted" <<-'EOT'
		0.0.0.0:80      128/512      : 14/511      .     -        -      - 733/nginx
		0.0.0.0:80     256/512     :=  14/511     ..  2500      3.5   0.5! 733/nginx
		0.0.0.0:80     384/512    :=*  14/511    ...  2500      3.5   0.5! 733/nginx
		0.0.0.0:80     512/512!   :=*# 14/511   ....  2500      3.5   0.5! 733/nginx
	EOT
	for file in seen wanted; do
		awk '{ gsub(/ +/, " "); print }' "$WORK/$file" >"$WORK/$file.words"
	done
	diff "$WORK/wanted.words" "$WORK/seen.words"
	# A counter that fell says nothing, and begins anew.
	awk '$1 == "0.0.0.0:8080" { printf "%s ", $6 }' "$WORK/batch" >"$WORK/seen"
	[ "$(cat "$WORK/seen")" = "- 0 - 51 " ] || cat "$WORK/seen"
}

# on_screen REGEX, first_row REGEX: whether such a line, or first row, is there now.
on_screen()
{
	tm capture-pane -p | grep -qE -e "$1"
}

off_screen()
{
	! on_screen "$1"
}

first_row()
{
	tm capture-pane -p | sed -n 3p | grep -qE -e "$1"
}

last_row()
{
	[ "$(tm capture-pane -p | sed -n "$1p")" = "$2" ]
}

# corner TEXT: the first line is this; nothing has pushed it out.
corner()
{
	[ "$(tm capture-pane -p | sed -n 1p)" = "$1" ]
}

has_colour()
{
	tm capture-pane -ep | grep -q "$(printf '\033\[3*1m')"
}

no_colour()
{
	! has_colour
}

# soon COMMAND...: it becomes true, or the screen is printed.
soon()
{
	await 8 "$@" || { echo "not: $*; the screen is:"; tm capture-pane -p; }
}

shows()
{
	soon on_screen "$1"
}

shows_not()
{
	soon off_screen "$1"
}

first()
{
	soon first_row "$1"
}

keys()
{
	tm send-keys "$@"
}

# terminal LOCALE WIDTH HEIGHT: a shell in one, whose terminal is as it should be again later.
terminal()
{
	tm kill-server 2>/dev/null
	SOCKET=$((SOCKET + 1))
	rm -rf "$WORK/dir" "$WORK/before"
	cp -r "$LIVE" "$WORK/dir"
	env LC_ALL="$1" ENV= tmux -u -S "$WORK/tmux$SOCKET" -f /dev/null new-session -d -x "$2" -y "$3" sh
	keys "PS1='PROMPT '; stty -g >'$WORK/before'; clear" Enter
	await 8 test -s "$WORK/before" || echo "no shell"
	shows '^PROMPT'
}

top()
{
	keys "sh -c 'echo \$\$ >$WORK/pid; exec $READER top -d $WORK/dir $1'; echo status \$?" Enter
	shows '^listenq: '
}

# left STATUS: the shell is back, with its own screen, and its terminal as before.
left()
{
	shows "status $1\$"
	keys "stty -g >'$WORK/after'; echo done" Enter
	shows '^done$'
	cmp "$WORK/before" "$WORK/after"
	[ "$(tm display-message -p '#{alternate_on}#{cursor_flag}')" = 01 ] || echo "not its own screen"
}

presses()
{
	terminal C.UTF-8 80 24
	top 0.1
	first '^0.0.0.0:80 .*█'
	keys l; first '^0.0.0.0:2[02]'
	keys s; first '^0.0.0.0:9000'
	keys y; shows 'by SYN/S'
	keys e; shows 'by ACCEPT/S'
	keys d; shows 'by DROP/S'
	keys a; first '^0.0.0.0:80 '
	keys /; keys red; shows '^/red_$'; shows_not nginx; shows redis
	keys Enter; shows '^/red \(Esc'
	keys Escape; shows nginx; shows_not '^/'
	keys f; shows 'listenq: 2 of 9 listeners'; shows 'full ones'
	keys f; shows 'listenq: 9 of 9'
	keys h; shows '^sort a ACCEPTQ.*pause$'
	sed 's/ deaf / mute /' "$LIVE/listeners" >"$WORK/listeners"
	mv "$WORK/listeners" "$WORK/dir/listeners"
	shows '901/mute'
	on_screen '^sort a ACCEPTQ.*pause$' || echo "the help does not stay"
	keys Space; shows ', paused'
	rm "$WORK/dir/listeners"
	keys l; first '^0.0.0.0:2[02]'
	keys q
	left 0
}

# Each line is cut at the edge, none is longer than the screen, and rows that do not fit are below.
fits()
{
	terminal C 80 24
	top 0.1
	first '^0.0.0.0:80 .*#'
	keys a
	tm resize-window -x 40 -y 7
	soon last_row 7 'q quit  h help  / filter'
	[ "$(tm capture-pane -p | grep -c .)" = 7 ] || tm capture-pane -p
	keys l; first '^0.0.0.0:2[02]'
	keys Down; first '^0.0.0.0:22'
	keys PageDown; first '^0.0.0.0:(80|9000)'
	keys Home; first '^0.0.0.0:20'
	for size in 10:3 4:2 1:1; do
		tm resize-window -x "${size%:*}" -y "${size#*:}"
		soon corner "$(echo 'listenq: 9 of 9' | cut -c "-${size%:*}")"
	done
	tm resize-window -x 200 -y 24
	shows '^0.0.0.0:80 .* 733/nginx'
	keys q
	left 0
}

stops()
{
	terminal C 80 24
	top 0.1
	keys C-z
	shows 'Stopped'
	keys "stty -g >'$WORK/after'; echo done" Enter
	shows '^done$'
	cmp "$WORK/before" "$WORK/after"
	keys clear Enter fg Enter
	shows '^listenq: '
	keys s; first '^0.0.0.0:9000'
	keys C-c
	shows PROMPT
	# shellcheck disable=SC2016 # for the other shell
	keys 'echo status $?' Enter
	left 130
	keys clear Enter
	top 0.1
	kill -TERM "$(cat "$WORK/pid")"
	left 143
}

goes_away()
{
	terminal C 80 24
	top 0.1
	mv "$WORK/dir" "$WORK/gone"
	shows '^listenq: .*cannot open: No such file'
	left 3
	mv "$WORK/gone" "$WORK/dir"
	keys clear Enter
	keys "$READER top -d $WORK/dir 0.1 2; echo status \$?" Enter
	left 0
}

colours()
{
	terminal C.UTF-8 80 24
	top 0.1
	soon has_colour
	keys q
	left 0
	keys 'export NO_COLOR=1; clear' Enter
	top 0.1
	first '^0.0.0.0:80 .*!'
	soon no_colour
	keys q
	left 0
	keys 'export TERM=dumb; clear' Enter
	keys "$READER top -d $WORK/dir; echo status \$?" Enter
	shows 'listenq: no terminal here, or a dumb one'
	shows '^status 2'
}

clean "the reader builds with the sanitizers" make -s -C "$TOP/userspace" O="$BUILD/host/reader" sanitize
clean "top: rates are of the time between two readings, by the module's clock" rates
clean "top: keys sort, filter and quit" presses
clean "top: any size of a terminal" fits
clean "top: colours, but not against NO_COLOR; a dumb terminal is told so" colours
clean "top: stops, goes on and ends by signals, and gives the terminal back" stops
clean "top: one line when the tables go away, and an end after COUNT readings" goes_away
tm kill-server 2>/dev/null
finish
