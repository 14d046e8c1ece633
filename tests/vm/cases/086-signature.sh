#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A kernel booted with module.sig_enforce=1 refuses the module, which nobody has signed; the reader says why,
# and what to do. module: self boot: enforced
# shellcheck source=tests/vm/lib.sh
. /lib.sh

updates=/lib/modules/$KVER/updates
dep=/lib/modules/$KVER/modules.dep
key='Key was rejected by service'
cause='this kernel takes signed'
manual='see SECURE BOOT in listenq(8)'

check "module.sig_enforce is set" grep -q Y /sys/module/module/parameters/sig_enforce
check "insmod is refused" refused 'insmod /listenq.ko' "$key"
check "the reader says why" not_there \
	"sign the module, then load it: $cause ones only (module.sig_enforce): $manual"
cp "$dep" /tmp/modules.dep
mkdir -p "$updates"
cp /listenq.ko "$updates/"
echo updates/listenq.ko: >>"$dep"
check "modprobe is refused" refused 'modprobe listenq' "$key"
check "and the reader says which file is to be signed" not_there \
	"sign $updates/listenq.ko, then load it: $cause modules only (module.sig_enforce): $manual"
mv /tmp/modules.dep "$dep"
rm -r "$updates"
finish
