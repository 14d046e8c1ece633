# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Debian packages without installing them: an apt of our own, with its own lists and an empty
# status file, so that the machine's apt is neither changed nor asked what is installed. The
# mirrors are the machine's own; one that lags behind is better than none. Sourced after common.sh.

# mirror_of SUITE: the address that serves it, from the machine's own apt configuration.
mirror_of()
{
	# Known also where package lists were never fetched. Others than Debian have suites named
	# bookworm too, but none named bookworm-updates.
	case $1 in
	*-security) kinds='-security$' ;;
	*) kinds='-updates$ ^[^-]*$' ;;
	esac
	sources=$(apt-get update --print-uris 2>/dev/null |
		sed -n "s#^'\(.*\)/dists/\([^/]*\)/InRelease'.*#\1 \2#p")
	for kind in $kinds; do
		echo "$sources" | awk -v kind="$kind" '$2 ~ kind { print $1 }'
	done | head -n 1
}

# apt_open ARCH SUITES: makes the private apt ready and its lists fresh; SUITES with commas between.
# Others may use it too: hold the lock of the cache.
apt_open()
{
	APT_DIR=$CACHE/apt/$1-$2
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -f "$keyring" ] || die "$keyring is missing: apt-get install debian-archive-keyring"
	mkdir -p "$APT_DIR/lists/partial" "$APT_DIR/cache/archives/partial"
	: >"$APT_DIR/status"
	: >"$APT_DIR/sources.list"
	for suite in $(echo "$2" | tr , ' '); do
		mirror=$(mirror_of "$suite")
		[ -n "$mirror" ] ||
			unavailable "apt on this machine knows no mirror for $suite: run apt-get update, or see /etc/apt"
		echo "deb [signed-by=$keyring] $mirror $suite main" >>"$APT_DIR/sources.list"
	done
	default=
	case $2 in
	# apt prefers any other suite otherwise.
	*-backports) default="APT::Default-Release \"${2##*,}\";" ;;
	esac
	cat >"$APT_DIR/apt.conf" <<-EOT
		APT::Architecture "$1";
		APT::Architectures { "$1"; };
		APT::Install-Recommends "false";
		APT::Sandbox::User "";
		Acquire::Languages "none";
		Acquire::Retries "3";
		Acquire::Check-Valid-Until "false";
		APT::Update::Error-Mode "any";
		$default
		Dir::State "$APT_DIR";
		Dir::State::status "$APT_DIR/status";
		Dir::State::lists "$APT_DIR/lists";
		Dir::Cache "$APT_DIR/cache";
		Dir::Etc::SourceList "$APT_DIR/sources.list";
		Dir::Etc::SourceParts "/dev/null";
		Dir::Etc::Preferences "/dev/null";
		Dir::Etc::PreferencesParts "/dev/null";
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
	EOT
	apt_run -q update || unavailable "the package lists of $2 cannot be fetched: see above"
}

# apt_run ARGS...: apt-get in the private apt; silent unless it fails.
apt_run()
{
	if ! APT_CONFIG=$APT_DIR/apt.conf apt-get "$@" >"$APT_DIR/log" 2>&1 </dev/null; then
		tail -n 10 "$APT_DIR/log" >&2
		return 1
	fi
}

# apt_closure PACKAGE...: prints name=version of all that these packages need, themselves included.
apt_closure()
{
	apt_run -s install "$@" || return 1
	awk '/^Inst / { sub(/^\(/, "", $3); print $2 "=" $3 }' "$APT_DIR/log"
}

# apt_names PREFIX: prints the names of all packages that begin so.
apt_names()
{
	APT_CONFIG=$APT_DIR/apt.conf apt-cache pkgnames "$1"
}

# apt_merged_usr DIR: begins a tree in which /bin, /lib and their like are links, as Debian has it now.
apt_merged_usr()
{
	for dir in bin sbin lib lib64; do
		mkdir -p "$1/usr/$dir"
		ln -s "usr/$dir" "$1/$dir"
	done
}

# apt_unpack DIR NAME=VERSION...: downloads these packages and unpacks them, without their scripts.
apt_unpack()
{
	into=$1
	shift
	debs=$into.debs
	mkdir -p "$into" "$debs"
	(cd "$debs" && apt_run -q download "$@") || return 1
	for deb in "$debs"/*.deb; do
		# Old packages bring a directory /lib where newer ones have a link: keep the link.
		{ dpkg-deb --fsys-tarfile "$deb" || echo unpack >"$debs/failed"; } |
			tar -x --keep-directory-symlink --no-same-owner -C "$into" || return 1
		[ ! -e "$debs/failed" ] || return 1
	done
	rm -rf "$debs"
}

# apt_program TREE PATH ROOT: copies a program of an unpacked TREE, of any architecture, and the libraries
# that it needs from there, to the same places below ROOT.
apt_program()
{
	mkdir -p "$3${2%/*}"
	cp -L "$1$2" "$3$2"
	apt_libraries "$1" "$1$2" "$3"
}

# apt_libraries TREE FILE ROOT: copies what a program or a library needs from TREE, with all that this needs,
# into ROOT/lib, where the loader looks last.
apt_libraries()
{
	loader=$(readelf -l "$2" 2>/dev/null | sed -n 's/.*program interpreter: \(.*\)\]/\1/p')
	for needed in $loader $(readelf -d "$2" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
		into=$3/lib
		[ "$needed" = "${needed#/}" ] || into=$3${needed%/*}
		name=${needed##*/}
		[ ! -e "$into/$name" ] || continue
		library=$(find "$1/lib" "$1/usr/lib" -path "*-linux-gnu/$name" | head -n 1)
		[ -n "$library" ] || die "$2 needs $name, which is not in $1"
		mkdir -p "$into"
		cp -L "$library" "$into/$name"
		apt_libraries "$1" "$library" "$3"
	done
}
