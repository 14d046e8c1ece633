# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What a debug kernel found, asked at the end of all cases; silent where a kernel has no such check.
# Sourced in the guest by run-cases, after lib.sh; the module must be out.

KMEMLEAK=/sys/kernel/debug/kmemleak
KCSAN=/sys/kernel/debug/kcsan
# An object younger than this is never reported, see mm/kmemleak.c; a bit more than its 5 s.
KMEMLEAK_AGE_MS=6000

# debug_begin: what was lost before the first case is not the module's.
debug_begin()
{
	if [ -e "$KMEMLEAK" ]; then
		kmemleak_scan
		echo clear >"$KMEMLEAK"
	fi
}

# kmemleak_scan: what is reported are objects that two scans saw unchanged, and that were old enough
# when the second one began; each takes seconds.
kmemleak_scan()
{
	kmemleak_begun=$(uptime_ms)
	echo scan >"$KMEMLEAK"
	await 10 kmemleak_aged
	echo scan >"$KMEMLEAK"
}

kmemleak_aged()
{
	[ "$(uptime_ms)" -ge $((kmemleak_begun + KMEMLEAK_AGE_MS)) ]
}

# debug_end PLANTED: one result for each check that this kernel has, and the plan. Where bugs were
# planted (1), their reports have turned lockdep off and left a taint; kmemleak's were cleared.
debug_end()
{
	if [ -e "$KMEMLEAK" ]; then
		kmemleak_scan
		cat "$KMEMLEAK" >/run/kmemleak
		check "kmemleak: nothing was lost" [ ! -s /run/kmemleak ]
		sed 's/^/# /' /run/kmemleak
	fi
	# The first report of many a checker turns lockdep off: no word of it means nothing then.
	if [ "$1" = 0 ] && [ -e /proc/lockdep_stats ]; then
		check "lockdep: was on to the end" grep -q '^ *debug_locks: *1$' /proc/lockdep_stats
	fi
	if [ -e "$KCSAN" ]; then
		check "KCSAN: was on to the end" grep -q '^enabled: 1$' "$KCSAN"
		check "KCSAN: watched the kernel" grep -q '^setup_watchpoints: [1-9]' "$KCSAN"
		sed -n 's/^\(data_races\|assert_failures\|setup_watchpoints\): /# &/p' "$KCSAN"
	fi
	# Out of tree (4096) and unsigned (8192) is what the module is.
	[ "$1" = 1 ] || check "taint: no report but the module's own" \
		[ $(($(cat /proc/sys/kernel/tainted) & ~12288)) = 0 ]
	plan
}
