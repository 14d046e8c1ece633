# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# TAP for the cases that are shell scripts. Source it, then end with `finish`.

tap_count=0
tap_failed=0

# ok TEXT / not_ok TEXT / skip TEXT WHY: one result.
ok()
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $*"
}

not_ok()
{
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $*"
}

skip()
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

# check TEXT COMMAND...: ok if the command succeeds.
check()
{
	tap_text=$1
	shift
	if "$@"; then
		ok "$tap_text"
	else
		not_ok "$tap_text"
		echo "# failed: $*"
	fi
}

# await SECONDS COMMAND...: runs it every 10 ms until it succeeds; fails at the deadline.
await()
{
	await_end=$(($(uptime_ms) + $1 * 1000))
	shift
	until "$@"; do
		[ "$(uptime_ms)" -lt "$await_end" ] || return 1
		usleep 10000
	done
}

# uptime_ms: milliseconds since boot, in steps of 10.
uptime_ms()
{
	read -r uptime_now _ </proc/uptime
	uptime_frac=${uptime_now#*.}
	echo "${uptime_now%.*}${uptime_frac}0"
}

# refused COMMAND WORDS: loading the module by this command fails with these words.
refused()
{
	refused_says=$($1 2>&1) && return 1
	echo "$refused_says" | grep -qF "$2" && ! grep -q '^listenq ' /proc/modules
}

# not_there WORDS: the reader says that the module is not there, and these words.
not_there()
{
	reader_says=$(listenq 2>&1)
	[ $? = 3 ] && [ "$reader_says" = "listenq: /proc/net/listenq/listeners: not there: $1" ]
}

# plan: 1..N for all results so far.
plan()
{
	echo "1..$tap_count"
}

# finish: the plan, and the exit status that a case must have.
finish()
{
	plan
	[ "$tap_failed" = 0 ]
	exit
}
