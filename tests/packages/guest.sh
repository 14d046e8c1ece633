#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What a Debian package has installed, used in a virtual machine of the kernel that it was built for
# there: kmod, the module and the reader of the chroot. Run by tests/vm/init; prints TAP.

# shellcheck source=tests/vm/lib.sh
. /lib.sh
# shellcheck source=/dev/null
. /wanted

PATH=/kmod:$PATH

loaded()
{
	grep -q '^listenq ' /proc/modules
}

# The names that the example for /etc/modules-load.d has.
loads()
{
	grep -v '^#' /modules-load.conf | xargs modprobe && loaded
}

shows()
{
	listenq --raw 2>/dev/null | grep -q ':4242'
}

check "modprobe loads the module, by the example for modules-load.d" loads
check "it has the version of the package" [ "$(cat /sys/module/listenq/version)" = "$VERSION" ]
installed=$(modinfo -F srcversion "/lib/modules/$KVER/updates/dkms"/*)
check "it is the one that DKMS has installed" \
	[ "$(cat /sys/module/listenq/srcversion)" = "$installed" ]
nc -l -p 4242 &
check "the reader shows a listener" await 10 shows
listenq | sed 's/^/# /'
kill $!
check "modprobe -r takes it out" modprobe -r listenq
check "nothing of it is left" [ ! -e /proc/net/listenq ]
finish
