#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Secure Boot: the kernel locks itself down, refuses the module, and takes it with a signature of a key that
# the firmware has; the reader says why. module: self boot: secure
# shellcheck source=tests/vm/lib.sh
. /lib.sh

manual='see SECURE BOOT in listenq(8)'
only='sign the module, then load it: this kernel takes signed ones only (lockdown): '
tainted=$(cat /proc/sys/kernel/tainted)

# taken FILE: it is loaded, works, and taints the kernel as a module that is out of its tree, no more.
taken()
{
	insmod "$1" && listenq >/dev/null && rmmod listenq &&
		[ "$(cat /proc/sys/kernel/tainted)" = $((tainted | 4096)) ]
}

# kept_out FILE: lockdown refuses it; or module.sig_enforce, which some kernels set under Secure Boot.
kept_out()
{
	refused "insmod $1" 'Operation not permitted' || refused "insmod $1" 'Key was rejected by service'
}

mount -t securityfs securityfs /sys/kernel/security
check "the kernel is locked down" grep -qF '[integrity]' /sys/kernel/security/lockdown
check "the module is refused" kept_out /listenq.ko
check "and the reader says why" not_there "$only$manual"
cat /listenq.ko /listenq.sig >/tmp/signed.ko
{ cat /listenq.ko; echo; cat /listenq.sig; } >/tmp/other.ko
# The cloud kernel of Debian 11 has no such keyring.
if grep -q 'keyring *\.platform' /proc/keys; then
	check "so is one with the signature of another" refused 'insmod /tmp/other.ko' 'Key was rejected by service'
	check "signed with a key of the firmware, it is taken" taken /tmp/signed.ko
	echo Y >/sys/module/module/parameters/sig_enforce
	check "also with module.sig_enforce" taken /tmp/signed.ko
else
	check "a key of the firmware is not this kernel's" kept_out /tmp/signed.ko
fi
umount /sys/kernel/security
finish
