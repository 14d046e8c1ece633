#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The Debian packages from end to end, on Debian 12 and Debian 13 (set: all). For each: built, and
# judged by lintian, in one chroot; in another one installed beside a kernel, for which DKMS builds
# the module; that kernel booted with that module in a virtual machine; the same after an upgrade of
# the kernel; purged. Then make dkms-install, there too. Needs root. Prints TAP, and how long each
# stage took; what the stages said is in build/packages.
# Usage: tests/host/packages.sh [bookworm|trixie]...
#   UPDATE=1 in the environment asks the mirrors for newer packages than those in the cache
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/host/lint/lib.sh
. "$TOP/tests/host/lint/lib.sh"
# shellcheck source=tests/vm/apt.sh
. "$TOP/tests/vm/apt.sh"
# shellcheck source=tests/packages/lib.sh
. "$TOP/tests/packages/lib.sh"

VERSION=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' "$TOP/dkms.conf")
UPDATE=${UPDATE:-}
# What else tests/vm/boot wants to know of a kernel, it takes from this line of tests/kernels.
KERNEL_LIKE=6.12

# stage TEXT COMMAND...: one result, and how long it took. What the command says is shown if it
# fails.
stage()
{
	stage_text=$1
	shift
	stage_log=$OUT/$(printf %s "$stage_text" | tr -c 'A-Za-z0-9.' -).log
	stage_begun=$(date +%s)
	stage_status=0
	"$@" >"$stage_log" 2>&1 </dev/null || stage_status=$?
	if [ "$stage_status" = 0 ]; then
		ok "$RELEASE: $stage_text"
	else
		not_ok "$RELEASE: $stage_text"
		tail -n 40 "$stage_log" | sed 's/^/#   /'
	fi
	echo "# $RELEASE: $stage_text: $(($(date +%s) - stage_begun)) s"
	return "$stage_status"
}

# fresh NAME FROM: a copy of a kept chroot in OUT.
fresh()
{
	rm -rf "${OUT:?}/$1"
	cp -a "$2" "$OUT/$1"
}

# tree_into ROOT: a copy of the tree, as /src/listenq.
tree_into()
{
	rm -rf "$1/src/listenq"
	tree_copy "$1/src/listenq"
}

packages_build()
{
	fresh build "$KEPT/build" && tree_into "$OUT/build" &&
		in_root "$OUT/build" make -C /src/listenq deb || return
	rm -rf "$OUT/deb"
	cp -R "$OUT/build/src/listenq/build/deb" "$OUT/deb"
}

# lintian does not like to be root. It also says what it is not sure of (I, P); what counts are
# errors and warnings.
packages_judge()
{
	in_root "$OUT/build" setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/tmp sh -ec '
		cd /src/listenq/build/deb
		lintian --display-info --pedantic --fail-on error,warning *.changes' >"$OUT/lintian" 2>&1
	status=$?
	cat "$OUT/lintian"
	[ "$status" = 0 ]
}

kernel_install()
{
	fresh root "$KEPT/base" &&
		in_root "$OUT/root" apt-get -q -y install linux-image-cloud-amd64 linux-headers-cloud-amd64
}

packages_install()
{
	tree_into "$OUT/root"
	mkdir -p "$OUT/root/src/listenq/build"
	cp -R "$OUT/deb" "$OUT/root/src/listenq/build/deb"
	in_root "$OUT/root" sh -ec 'cd /src/listenq
		apt-get -q -y install ./build/deb/listenq_*.deb ./build/deb/listenq-dkms_*.deb'
}

# owned PACKAGE: the files that it has brought; what is compressed, by its plain name.
owned()
{
	in_root "$OUT/root" dpkg -L "$1" | while read -r path; do
		[ -d "$OUT/root$path" ] || echo "${path%.gz}"
	done | sort
}

# What make install puts there, the documents and the examples; and the source of the module.
packages_files()
{
	printf '/usr/%s\n' bin/listenq share/bash-completion/completions/listenq \
		share/doc/listenq/changelog share/doc/listenq/copyright share/doc/listenq/examples/alerts.yml \
		share/doc/listenq/examples/grafana.json share/doc/listenq/examples/modules-load.conf \
		share/man/man5/listenq.5 share/man/man8/listenq.8 \
		share/zsh/vendor-completions/_listenq >"$WORK/reader"
	{
		printf '/usr/share/doc/listenq-dkms/%s\n' changelog copyright
		(cd "$TOP" && find Kbuild dkms.conf module -type f) | sed "s|^|/usr/src/listenq-$VERSION/|"
	} | sort >"$WORK/module"
	owned listenq | diff "$WORK/reader" - && owned listenq-dkms | diff "$WORK/module" -
}

# releases: the kernels that are installed in the chroot, oldest first.
releases()
{
	find "$OUT/root/usr/lib/modules/" -mindepth 1 -maxdepth 1 | sed 's|.*/||' | sort -V
}

# dkms_has COUNT: DKMS has installed the module for each kernel there is, and there are so many.
dkms_has()
{
	releases | sed "s|.*|listenq/$VERSION, &, x86_64: installed|" >"$WORK/wanted"
	in_root "$OUT/root" dkms status | sort -V | diff "$WORK/wanted" - &&
		[ "$(wc -l <"$WORK/wanted")" = "$1" ]
}

# machine_make KVER: packs $OUT/initrd: busybox, and of the chroot kmod, the reader and what DKMS
# has installed.
machine_make()
{
	vm=$OUT/vm
	lib=usr/lib/modules/$1
	rm -rf "$vm"
	mkdir -p "$vm/bin" "$vm/kmod" "$vm/$lib"
	ln -s bin "$vm/sbin"
	apt_program "$OUT/root" /usr/bin/kmod "$vm"
	apt_program "$OUT/root" /usr/bin/listenq "$vm"
	ln -s ../usr/lib/modules "$vm/lib/modules"
	cp -R "$OUT/root/$lib/updates" "$OUT/root/$lib"/modules.* "$vm/$lib"
	for program in modprobe modinfo; do
		ln -s /usr/bin/kmod "$vm/kmod/$program"
	done
	cp "$(command -v busybox)" "$TOP/build/guest/bin/qexit" "$vm/bin/"
	ln -s busybox "$vm/bin/sh"
	cp "$TOP/tests/vm/init" "$TOP/tests/vm/lib.sh" "$vm/"
	cp "$TOP/tests/packages/guest.sh" "$vm/packages"
	cp "$OUT/root/usr/share/doc/listenq/examples/modules-load.conf" "$vm/"
	echo "VERSION=$VERSION" >"$vm/wanted"
	(cd "$vm" && find . | cpio --quiet -o -H newc -R 0:0) >"$OUT/initrd"
}

# machine_use KVER: boots that kernel of the chroot, and has guest.sh use what is installed there.
machine_use()
{
	machine_make "$1" || return
	for VMLINUZ in "$OUT/root/boot/vmlinuz-$1" "$OUT/root/usr/lib/modules/$1/vmlinuz"; do
		[ ! -f "$VMLINUZ" ] || break
	done
	export VMLINUZ
	verdict=0
	TIMEOUT=300 "$TOP/tests/vm/boot" "$KERNEL_LIKE" "$OUT/initrd" packages || verdict=$?
	for file in console tap; do
		mv "$TOP/build/$KERNEL_LIKE/log/packages.$file" "$OUT/$1.$file"
	done
	if [ "$verdict" != 0 ] || grep -Ef "$TOP/tests/vm/complaints" "$OUT/$1.console"; then
		cat "$OUT/$1.console"
		verdict=1
	fi
	cat "$OUT/$1.tap"
	return "$verdict"
}

kernel_upgrade()
{
	# shellcheck disable=SC2086 # options and packages
	in_root "$OUT/root" apt-get -q -y install $UPGRADE
}

# gone: DKMS and the file system know nothing of it any more.
gone()
{
	rm -rf "$OUT/root/src"
	in_root "$OUT/root" dkms status | grep . && return 1
	find "$OUT/root" -xdev -name '*listenq*' ! -path "$OUT/root/var/log/*" | grep . && return 1
	find "$OUT"/root/usr/lib/modules/*/updates -type f 2>/dev/null | grep . && return 1
	grep -r listenq "$OUT/root/etc" "$OUT"/root/usr/lib/modules/*/modules.dep && return 1
	true
}

packages_purge()
{
	in_root "$OUT/root" apt-get -q -y purge listenq listenq-dkms && gone
}

# By hand, from the tree: DKMS has it for one kernel, and then has nothing.
dkms_by_hand()
{
	tree_into "$OUT/root"
	kver=$(releases | head -n 1)
	in_root "$OUT/root" make -C /src/listenq dkms-install KVER="$kver" &&
		[ "$(in_root "$OUT/root" dkms status)" = "listenq/$VERSION, $kver, x86_64: installed" ] &&
		in_root "$OUT/root" make -C /src/listenq dkms-install KVER="$kver" &&
		in_root "$OUT/root" make -C /src/listenq dkms-uninstall && gone
}

# No kernel like this is in Debian, so one option is taken out of what the headers say of theirs.
dkms_refuses()
{
	tree_into "$OUT/root"
	kver=$(releases | head -n 1)
	find "$OUT/root/usr/src/linux-headers-$kver/" \( -name .config -o -name auto.conf \) \
		-exec sed -i '/^CONFIG_KPROBES=/d' {} +
	in_root "$OUT/root" make -C /src/listenq dkms-install KVER="$kver" >"$OUT/refused" 2>&1 && return 1
	cat "$OUT/refused"
	grep -q 'BUILD_EXCLUSIVE directive' "$OUT/refused"
}

# The stages, in order; without one of the first ones there is nothing for those after it.
release_test()
{
	release_select "$1"
	begun=$(date +%s)
	if ! base_ready >"$OUT/base.log" 2>&1 </dev/null; then
		skip "$RELEASE" "the mirrors do not give it: $(tail -n 1 "$OUT/base.log")"
		return
	fi
	echo "# $RELEASE: a chroot of it: $(($(date +%s) - begun)) s"
	stage "what debian/control wants for building" build_ready || return
	stage "make deb" packages_build || return
	stage "lintian finds no error and nothing to warn of" packages_judge
	stage "a kernel and its headers" kernel_install || return
	stage "the packages install" packages_install || return
	stage "they bring these files and no others" packages_files
	stage "DKMS has built the module" dkms_has 1 &&
		stage "it works on the kernel that it was built for" machine_use "$(releases | tail -n 1)"
	stage "a newer kernel and its headers" kernel_upgrade
	stage "DKMS has built the module for that one, too" dkms_has 2 &&
		stage "it works on the newer kernel" machine_use "$(releases | tail -n 1)"
	stage "purged, nothing of it is left" packages_purge
	stage "make dkms-install and make dkms-uninstall" dkms_by_hand
	stage "DKMS refuses a kernel without kprobes" dkms_refuses
	rm -rf "$OUT/build" "$OUT/root" "$OUT/vm"
}

if [ "$(id -u)" != 0 ]; then
	skip "packages" "only root can install packages in a chroot"
	finish
fi
if ! command -v mmdebstrap >/dev/null; then
	not_ok "packages: mmdebstrap is missing: run tests/setup packages"
	finish
fi
[ $# -gt 0 ] || set -- bookworm trixie
clean "the reader and the guest's programs are built" "$TOP/tests/vm/programs"
for release in "$@"; do
	release_test "$release"
done
finish
