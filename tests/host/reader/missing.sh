# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154 # what reader.sh sets
# Checks of reader.sh: why the module is not there, in a system whose files say so.

# system LOCKDOWN ENFORCE NAME CONTENT: a system, below $work/system, without listenq in its kernel. The
# first line of /sys/kernel/security/lockdown; module.sig_enforce; the module's file as in modules.dep,
# and what is in it. "-" for each that is not there.
system() {
	root=$work/system
	modules=$root/lib/modules/6.0-x
	rm -rf "$root"
	mkdir -p "$root/proc/self" "$root/proc/sys/kernel" "$root/sys/kernel/security" \
		"$root/sys/module/module/parameters" "$modules/updates/dkms"
	ln -s ../.. "$root/proc/self/root"
	echo 6.0-x >"$root/proc/sys/kernel/osrelease"
	[ "$1" = - ] || echo "$1" >"$root/sys/kernel/security/lockdown"
	[ "$2" = - ] || echo "$2" >"$root/sys/module/module/parameters/sig_enforce"
	echo 'kernel/net/other.ko: kernel/net/listenq.o.ko' >"$modules/modules.dep"
	[ "$3" = - ] || echo "$3: kernel/net/other.ko" >>"$modules/modules.dep"
	[ "$4" = - ] || printf '%s\n' "$4" >"$modules/$3"
}

# tells STEP: the reader says that the module is not there, and this.
tells() {
	run env PROC_ROOT="$root/proc" "$reader"
	echo "listenq: $root/proc/net/listenq/listeners: not there: $1" >"$work/expected"
	one_error 3 && same "$work/expected" "$work/err" 'the message'
}

missing_why() (
	file=updates/dkms/listenq.ko
	signed='~Module signature appended~'
	off='[none] integrity confidentiality'
	module='a module that is longer than a signature'
	manual='see SECURE BOOT in listenq(8)'
	only='sign the module, then load it: this kernel takes signed ones only'
	rejected='load the module: modprobe listenq; if the kernel rejects its key'

	system - - - -
	tells 'load the module: insmod its listenq.ko: none is installed for kernel 6.0-x' || exit 1
	system "$off" N $file "$module"
	tells 'load the module: modprobe listenq' || exit 1
	system "$off" Y - -
	tells "$only (module.sig_enforce): $manual" || exit 1
	system 'none [integrity] confidentiality' N - -
	tells "$only (lockdown): $manual" || exit 1
	system 'none integrity [confidentiality]' Y $file "$module"
	tells "sign /lib/modules/6.0-x/$file, then load it: this kernel takes signed modules only (lockdown): $manual" ||
		exit 1
	system - Y $file "$module$signed"
	tells "$rejected (module.sig_enforce): $manual" || exit 1
	# Too short for a signature, and so damaged that nothing is certain of it.
	system - Y $file x
	tells "$rejected (module.sig_enforce): $manual" || exit 1
	for packed in xz gz zst; do
		system 'none [integrity] confidentiality' N $file.$packed "$module"
		tells "$rejected (lockdown): $manual" || exit 1
	done
	rm "$modules/modules.dep"
	tells "$only (lockdown): $manual" || exit 1
	# Where neither is to be read, nothing is claimed.
	rm "$root/proc/self/root"
	tells 'load the module: modprobe listenq, or insmod its listenq.ko'
)
