# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034
# Chroots of Debian releases for tests/host/packages.sh: installed ones, with apt, as root. Sourced
# after tests/vm/apt.sh. What is downloaded and what takes long is kept in the cache.

# release_select NAME: sets RELEASE, SUITES, what its kernel is upgraded to (UPGRADE, options and
# packages), and its folders: KEPT in the cache, ARCHIVES of .deb files in there, OUT in build.
release_select()
{
	RELEASE=$1
	SUITES=$1,$1-security
	case $1 in
	bookworm) UPGRADE='linux-image-6.12-cloud-amd64 linux-headers-6.12-cloud-amd64' ;;
	trixie)
		SUITES=$SUITES,$1-backports
		UPGRADE='-t trixie-backports linux-image-cloud-amd64 linux-headers-cloud-amd64'
		;;
	*) die "no release '$1'" ;;
	esac
	KEPT=$CACHE/packages/$1
	ARCHIVES=$KEPT/archives
	OUT=$BUILD/packages/$1
	mkdir -p "$ARCHIVES/partial" "$OUT"
}

# in_root ROOT COMMAND...: in a chroot, with processes of its own, so that no script of a package
# reaches ours.
in_root()
{
	# shellcheck disable=SC2016 # for the other shell
	unshare --mount --pid --fork --kill-child sh -ec '
		root=$2
		mount -t proc proc "$root/proc"
		mount --rbind /dev "$root/dev"
		mount --bind "$1" "$root/var/cache/apt/archives"
		shift 2
		exec chroot "$root" env -i HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
			PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"' \
		in_root "$ARCHIVES" "$@"
}

# release_sources: the suites, each from this machine's own mirror.
release_sources()
{
	for suite in $(echo "$SUITES" | tr , ' '); do
		mirror=$(mirror_of "$suite")
		[ -n "$mirror" ] || return 1
		echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main"
	done
}

# base_make: $KEPT/base, the least of the release that has apt; no daemon starts in it, and an
# initramfs, which takes long, is not made.
base_make()
{
	rm -rf "$KEPT/build" "$KEPT/.new"
	release_sources >"$KEPT/sources" || return 1
	mmdebstrap --mode=root --variant=apt --architectures=amd64 --skip=cleanup/apt \
		--aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Languages "none"' \
		--aptopt='APT::Install-Recommends "false"' \
		--aptopt='APT::Sandbox::User "root"' --dpkgopt=force-unsafe-io --dpkgopt=force-confold \
		"$RELEASE" "$KEPT/.new" "$KEPT/sources" || return 1
	apt-config dump | sed -n '/^Acquire::.*proxy/Ip' >"$KEPT/.new/etc/apt/apt.conf.d/90proxy"
	cp /etc/resolv.conf "$KEPT/.new/etc/resolv.conf"
	printf '#!/bin/sh\nexit 101\n' >"$KEPT/.new/usr/sbin/policy-rc.d"
	chmod 755 "$KEPT/.new/usr/sbin/policy-rc.d"
	mkdir -p "$KEPT/.new/etc/initramfs-tools"
	echo update_initramfs=no >"$KEPT/.new/etc/initramfs-tools/update-initramfs.conf"
	in_root "$KEPT/.new" apt-get -q update || return 1
	mv "$KEPT/.new" "$KEPT/base"
}

# build_make: $KEPT/build, the same with what builds and judges packages.
build_make()
{
	rm -rf "$KEPT/.new"
	cp -a "$KEPT/base" "$KEPT/.new"
	mkdir -p "$KEPT/.new/src/listenq"
	cp -R "$TOP/debian" "$KEPT/.new/src/listenq/"
	in_root "$KEPT/.new" sh -ec 'cd /src/listenq && apt-get -q -y build-dep ./' || return 1
	in_root "$KEPT/.new" apt-get -q -y install build-essential lintian || return 1
	rm -rf "$KEPT/build"
	mv "$KEPT/.new" "$KEPT/build"
}

# base_ready: $KEPT/base is there, and all that is kept is as new as what the mirrors have if UPDATE
# is set. Fails if they do not give it.
base_ready()
{
	if [ ! -d "$KEPT/base" ]; then
		base_make || return 1
	elif [ -n "$UPDATE" ]; then
		for kept in "$KEPT/base" "$KEPT/build"; do
			[ ! -d "$kept" ] || in_root "$kept" sh -ec 'apt-get -q update
				apt-get -q -y dist-upgrade
				apt-get -q -y autoclean' || return 1
		done
	fi
}

# build_ready: $KEPT/build is there, with what debian/control asks for now.
build_ready()
{
	cmp "$TOP/debian/control" "$KEPT/build/src/listenq/debian/control" || build_make
}
