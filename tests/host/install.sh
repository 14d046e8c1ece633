#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# make install, make uninstall, make dkms-install and make dkms-uninstall, in a copy of the tree,
# while all but that copy and the destination is read-only: which files they put where, and that
# nothing of them stays. What they say where they cannot do it. Prints TAP.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/host/lint/lib.sh
. "$TOP/tests/host/lint/lib.sh"

COPY=$WORK/copy
DEST=$WORK/dest
VERSION=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' "$TOP/dkms.conf")
PATH=$PATH:/usr/sbin:/sbin

# confined COMMAND...: in a mount namespace in which only WORK can be written to.
confined()
{
	as=
	[ "$(id -u)" = 0 ] || as=--map-root-user
	# shellcheck disable=SC2016,SC2086 # for the other shell; an option or none
	unshare $as --mount sh -ec '
		mount --bind "$1" "$1"
		mount -o remount,bind,ro /
		while read -r _ place _; do
			case $place in
			/ | /dev* | /proc* | /sys* | "$1") ;;
			*) mount -o remount,bind,ro "$place" 2>/dev/null || true ;;
			esac
		done </proc/self/mounts
		export TMPDIR="$1/tmp"
		shift
		exec "$@"' confined "$WORK" "$@"
}

# tree_make WORDS...: make in the copy, for the headers of the selected kernel, confined.
tree_make()
{
	confined make -s -C "$COPY" KDIR="$KIT/headers" CONFIG_DEBUG_INFO_BTF_MODULES= "$@" \
		>"$WORK/log" 2>&1 || cat "$WORK/log"
}

# files DIR: what is there, with modes; a compressed module by its plain name.
files()
{
	(cd "$1" && find . ! -type d -printf '%m %P\n') | sed 's/\(\.ko\)\.[a-z]*$/\1/' | sort -k 2
}

# same_files DIR FILE: says so if the files in DIR are not those listed.
same_files()
{
	files "$1" | diff "$2" - | sed 's/^</missing/; s/^>/too much/'
}

# reader_files PREFIX: what make install puts there besides the module.
reader_files()
{
	printf '%s\n' "755 $1/bin/listenq" "644 $1/share/bash-completion/completions/listenq" \
		"644 $1/share/man/man5/listenq.5" "644 $1/share/man/man8/listenq.8" \
		"644 $1/share/zsh/site-functions/_listenq"
}

# It is not said where: into the machine's own folders, which are read-only here.
confinement_holds()
{
	! confined touch "$TOP/build/.written" 2>/dev/null || echo "the tree can be written to"
	! confined make -s -C "$COPY/userspace" O="$COPY/build/userspace" PREFIX="$TOP/build" install \
		>/dev/null 2>&1 || echo "make install has written outside"
}

installs()
{
	tree_make install DESTDIR="$DEST/plain"
	{ echo "644 lib/modules/$KVER/updates/listenq.ko"; reader_files usr/local; } >"$WORK/wanted"
	same_files "$DEST/plain" "$WORK/wanted"
	said=$("$DEST/plain/usr/local/bin/listenq" --version)
	[ "$said" = "listenq $VERSION" ] || echo "--version says $said"
}

uninstalls()
{
	mkdir -p "$DEST/plain/usr/local/bin" "$DEST/plain/usr/local/empty"
	echo other >"$DEST/plain/usr/local/bin/other"
	tree_make uninstall DESTDIR="$DEST/plain"
	echo "644 usr/local/bin/other" >"$WORK/wanted"
	same_files "$DEST/plain" "$WORK/wanted"
	[ -d "$DEST/plain/usr/local/empty" ] || echo "a directory of somebody else is gone"
	[ ! -e "$DEST/plain/lib/modules/$KVER/updates" ] || echo "updates/ is still there"
}

# A relative DESTDIR, a PREFIX with what is special elsewhere, a place of its own for the module.
installs_oddly()
{
	set -- DESTDIR=../dest/odd PREFIX="/opt/l+q@1,0=x" INSTALL_MOD_PATH="$DEST/modules"
	tree_make install "$@"
	reader_files "opt/l+q@1,0=x" >"$WORK/wanted"
	same_files "$DEST/odd" "$WORK/wanted"
	echo "644 lib/modules/$KVER/updates/listenq.ko" >"$WORK/wanted"
	same_files "$DEST/modules" "$WORK/wanted"
	tree_make uninstall "$@"
	find "$DEST/odd" "$DEST/modules" ! -type d
}

# sums DIR: all files with their contents.
sums()
{
	(cd "$1" && find . -type f | sort | xargs sha256sum)
}

# Where a kernel is installed, modprobe finds the module, and after make uninstall all is as it was.
finds_kernel()
{
	lib=$DEST/system/lib/modules/$KVER
	mkdir -p "$lib/kernel"
	from=$KIT/root/lib/modules/$KVER
	cp "$from"/modules.order "$from"/modules.builtin* "$lib"
	find "$from/" -name 'dummy.ko*' -exec cp {} "$lib/kernel" \;
	depmod -b "$DEST/system" "$KVER"
	sums "$DEST/system" >"$WORK/before"
	tree_make install DESTDIR="$DEST/system"
	modprobe -d "$DEST/system" -S "$KVER" --show-depends listenq |
		grep -q "^insmod .*/updates/listenq.ko" || echo "modprobe does not find it"
	said=$(modinfo -b "$DEST/system" -k "$KVER" -F version listenq)
	[ "$said" = "$VERSION" ] || echo "modinfo says version $said"
	tree_make uninstall DESTDIR="$DEST/system"
	sums "$DEST/system" | diff "$WORK/before" -
}

dkms_installs()
{
	tree_make dkms-install DESTDIR="$DEST/dkms"
	(cd "$TOP" && find Kbuild dkms.conf module -type f) |
		sed "s|^|644 usr/src/listenq-$VERSION/|" | sort -k 2 >"$WORK/wanted"
	same_files "$DEST/dkms" "$WORK/wanted"
	tree_make dkms-uninstall DESTDIR="$DEST/dkms"
	find "$DEST/dkms" -name '*listenq*'
}

# refuses WORDS WANTED: make with these words says one line like this, ends with an error, and does
# nothing.
refuses()
{
	# shellcheck disable=SC2086 # several words
	! confined make -s -C "$COPY" --no-print-directory $1 >"$WORK/log" 2>&1 || echo "it succeeds"
	grep -v '^make.*Error [0-9]*$' "$WORK/log" >"$WORK/lines"
	{ [ "$(wc -l <"$WORK/lines")" = 1 ] && grep -q -e "$2" "$WORK/lines"; } || cat "$WORK/log"
	[ ! -e "$DEST/refused" ] || echo "it has made $DEST/refused"
}

blanks()
{
	for name in DESTDIR PREFIX INSTALL_MOD_PATH KDIR; do
		confined make -s -C "$COPY" "$name=$DEST/refused by blank" install >"$WORK/log" 2>&1 &&
			echo "$name: it succeeds"
		grep -q "$name is .*: no path may have a blank in it" "$WORK/log" || cat "$WORK/log"
	done
	[ ! -e "$DEST/refused" ] || echo "it has made $DEST/refused"
}

# No program but those that make itself needs.
no_dkms()
{
	mkdir -p "$WORK/bin"
	for program in sh make uname sed; do
		ln -sf "$(command -v "$program")" "$WORK/bin/$program"
	done
	(PATH=$WORK/bin "$WORK/bin/make" -s -C "$COPY" "$1") >"$WORK/log" 2>&1 && echo "it succeeds"
	grep -q "^make $1: no .*: apt-get install " "$WORK/log" || cat "$WORK/log"
}

# lacking OPTION...: the headers of the selected kernel, as if it had been built without these
# options.
lacking()
{
	rm -rf "$WORK/root"
	mkdir -p "$WORK/root/usr/src"
	ln -s "$KIT/root/usr/lib" "$WORK/root/usr/lib"
	for dir in "$KIT"/root/usr/src/*; do
		[ "${dir##*/}" = "linux-headers-$KVER" ] || ln -s "$dir" "$WORK/root/usr/src/"
	done
	cp -a "$(readlink -f "$KIT/headers")" "$WORK/root/usr/src/"
	KDIR=$WORK/root/usr/src/linux-headers-$KVER
	for option in "$@"; do
		sed -i "/^$option=/d" "$KDIR/include/config/auto.conf"
		sed -i "/^#define $option /d" "$KDIR/include/generated/autoconf.h"
	done
}

# Each option of dkms.conf, and both ways of ftrace to hand arguments over.
refuses_kernels()
{
	options=$(sed -n 's/^BUILD_EXCLUSIVE_CONFIG="\(.*\)"$/\1/p' "$TOP/dkms.conf")
	[ "$(echo "$options" | wc -w)" -ge 3 ] || echo "dkms.conf names no options: '$options'"
	for option in $options; do
		grep -q "^$option=[ym]" "$KIT/headers/.config" || echo "the kernel of this test has no $option"
	done
	# shellcheck disable=SC2086 # one word an option
	lacking $options
	confined make -s -C "$COPY" KDIR="$KDIR" modules >"$WORK/log" 2>&1 && echo "it succeeds"
	grep -q "cannot be built for this kernel: its configuration lacks $options\." "$WORK/log" ||
		cat "$WORK/log"
	lacking CONFIG_DYNAMIC_FTRACE_WITH_ARGS CONFIG_DYNAMIC_FTRACE_WITH_REGS
	# What has been built with them would do.
	rm -rf "$COPY/build/module"
	confined make -s -C "$COPY" KDIR="$KDIR" modules >"$WORK/log" 2>&1 && echo "it succeeds"
	grep -q '#error "listenq needs a kernel with DYNAMIC_FTRACE_WITH_REGS or _ARGS"' "$WORK/log" ||
		cat "$WORK/log"
}

# 6.1's headers know another release than uname -r says.
installs_elsewhere()
{
	tree_make install DESTDIR="$DEST/61"
	{ echo "644 lib/modules/$KVER/updates/listenq.ko"; reader_files usr/local; } >"$WORK/wanted"
	same_files "$DEST/61" "$WORK/wanted"
}

kits()
{
	# shellcheck disable=SC2086 # one word a kernel
	"$TOP/tests/vm/fetch" $kernels >"$WORK/fetched"
}

tree_copy "$COPY"
mkdir -p "$DEST" "$WORK/tmp" "$TOP/build"
kernels=$(kernel_names default native)
clean "kernel headers are in the cache" kits
[ "$tap_failed" = 0 ] || finish
kernel_select "${kernels##* }"
kit_read
if ! confined true 2>"$WORK/log"; then
	skip "make install" "no mount namespace can be made: run as root, or allow user namespaces"
	finish
fi
clean "nothing outside can be written to here" confinement_holds
clean "make install DESTDIR= puts these files there and no others" installs
clean "make uninstall removes them and nothing else" uninstalls
clean "an odd PREFIX, a relative DESTDIR, INSTALL_MOD_PATH" installs_oddly
clean "beside a kernel, modprobe finds the module; after uninstall all is as before" finds_kernel
clean "make dkms-install DESTDIR= and make dkms-uninstall: the source" dkms_installs
clean "a path with a blank in it is refused in one line" blanks
clean "kernel headers that are missing are one line" \
	refuses "install KDIR=/nowhere DESTDIR=$DEST/refused" \
	'no kernel headers in /nowhere: apt-get install'
clean "make dkms-install without DKMS says what to install" no_dkms dkms-install
clean "make deb without its tools says what to install" no_dkms deb
clean "a kernel without what the module needs is refused by name" refuses_kernels
kernel_select 6.1
kit_read
clean "the module for 6.1 goes where uname -r of that kernel says" installs_elsewhere
finish
