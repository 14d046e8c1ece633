#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Which data races of a kernel log are the module's (tests/vm/other-races.awk). Prints TAP.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/host/lint/lib.sh
. "$TOP/tests/host/lint/lib.sh"

bar='=================================================================='

# report FRAME... - FRAME...: a race between two stacks, as the kernel logs it.
report()
{
	printf '%s\n' "[    1.000000] $bar" '[    1.000001] BUG: KCSAN: data-race in a / b' '[    1.000002] ' \
		'[    1.000003] read-write (marked) to 0xffff8881 of 8 bytes by interrupt on cpu 0:'
	for frame in "$@"; do
		if [ "$frame" = - ]; then
			printf '%s\n' '[    1.000004] ' '[    1.000005] read to 0xffff8881 of 8 bytes by task 1 on cpu 1:'
		else
			echo "[    1.000006]  $frame"
		fi
	done
	printf '%s\n' '[    1.000007] Reported by Kernel Concurrency Sanitizer on:' "[    1.000008] $bar"
}

# ours FRAME...: whether it is said to be the module's.
ours()
{
	report "$@" | awk -f "$TOP/tests/vm/other-races.awk" | grep -q KCSAN
}

others()
{
	! ours "$@"
}

check 'a race of the kernel with itself is left out' others tick - tcp_rcv
check 'a race of the module is kept' ours tick - 'lq_books_count [listenq]'
check 'so is one in what the module was called from' ours 'raise [listenq]' tcp_v4_rcv - tick
check 'so is one in an interrupt' ours 'settle [listenq]' net_rx_action asm_sysvec_apic_timer_interrupt idle - tick
check 'not one in an interrupt that came while the module ran' \
	others tick asm_sysvec_apic_timer_interrupt 'lq_hook_add [listenq]' - tcp_rcv
check 'nor on arrival of a device' others e1000 asm_common_interrupt 'lq_hook_add [listenq]' - tcp_rcv
check 'but the other stack counts all the same' \
	ours tick asm_sysvec_apic_timer_interrupt 'lq_hook_add [listenq]' - 'settle [listenq]'
check 'what is no race is passed on' [ "$(echo 'BUG: KASAN: bad' | awk -f "$TOP/tests/vm/other-races.awk")" = 'BUG: KASAN: bad' ]
finish
