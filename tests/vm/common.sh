# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034
# What every host script of tests shares: where things are, and a kernel's line of tests/kernels.
# Sourced with TOP, the root of the tree, already set.

CACHE=${LISTENQ_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/listenq}
BUILD=$TOP/build
FIRMWARE=$CACHE/firmware/usr/share
TREE=$TOP
# What a calling make was told is not for the makes called here.
unset MAKEFLAGS MFLAGS MAKELEVEL

die()
{
	echo "${0#"$TOP"/}: $*" >&2
	exit 1
}

# unavailable TEXT: as die, for what the mirrors do not give; tests/run knows it by the exit status.
unavailable()
{
	echo "${0#"$TOP"/}: $*" >&2
	exit 3
}

# kernel_names all|default [BUILDER]: the names in tests/kernels, oldest first, on one line.
kernel_names()
{
	awk -v set="$1" -v builder="${2:-}" '
		!/^#/ && NF && (set == "all" || $2 == set) && (builder == "" || $4 == builder) {
			printf "%s%s", sep, $1; sep = " "
		}' "$TOP/tests/kernels"
}

# kernel_select NAME: sets KERNEL, its line of tests/kernels (SET, ARCH, BUILDER, SUITES, FLAVOUR), KIT,
# its folder in the cache, GUEST, the folder of its programs, and CROSS, the prefix of its compiler.
kernel_select()
{
	KERNEL=$1
	read -r SET ARCH BUILDER SUITES FLAVOUR <<-EOT
		$(awk -v name="$1" '!/^#/ && $1 == name { print $2, $3, $4, $5, $6 }' "$TOP/tests/kernels")
	EOT
	[ -n "$FLAVOUR" ] ||
		die "no kernel '$1': tests/kernels has $(kernel_names all)"
	KIT=$CACHE/kernels/$KERNEL
	GUEST=$BUILD/guest
	CROSS=
	if [ "$ARCH" = arm64 ]; then
		GUEST=$BUILD/guest-arm64
		TOOLS=$CACHE/programs-arm64
		CROSS=aarch64-linux-gnu-
	fi
}

# boot_fits BOOT: whether the selected kernel has what the boot of this name is about: "enforced", the
# signatures of modules; "secure", Secure Boot besides, which takes long: one kernel shows it, if not all are
# tested (ALL); "tour", the servers of arm64, see tests/vm/servers.sh.
boot_fits()
{
	natives=$(kernel_names all native)
	case $1 in
	enforced) [ "$BUILDER" != debug ] ;;
	secure) [ "$BUILDER" != debug ] && [ "$ARCH" = amd64 ] &&
		{ [ -n "${ALL:-}" ] || [ "$KERNEL" = "${natives##* }" ]; } ;;
	tour) [ "$ARCH" = arm64 ] ;;
	esac
}

# kit_read: sets KVER, the release of the selected kernel; fetch must have run.
kit_read()
{
	[ -f "$KIT/release" ] || die "kernel $KERNEL is not in the cache: run tests/vm/fetch $KERNEL"
	KVER=$(cat "$KIT/release")
}

# random: prints a number of 32 bits.
random()
{
	od -An -N4 -tu4 /dev/urandom | tr -d ' '
}

# case_sources: prints the source of each case and each lab.
case_sources()
{
	for source in "$TOP"/tests/vm/cases/[0-9]*.[cs]* "$TOP"/labs/[0-9]*/lab.c; do
		[ ! -f "$source" ] || echo "$source"
	done
}

# case_name SOURCE: prints what the case is called; a lab has the name of its folder.
case_name()
{
	case $1 in
	*/lab.c) basename "$(dirname "$1")" | sed 's/^/lab-/' ;;
	*) basename "$1" | sed 's/\.[^.]*$//' ;;
	esac
}

# tree_files: every file of TREE, without what .gitignore names: what is built.
tree_files()
{
	(cd "$TREE" && find . \( -path ./.git -o -path ./build \) -prune -o -type f -print) |
		sed 's|^\./||' | LC_ALL=C sort |
		grep -Ev '\.(ko|mod|mod\.c|o|cmd)$|(^|/)(modules\.order|Module\.symvers|compile_commands\.json|\.checkpatch-camelcase\..*)$'
}

# tree_copy DIR: copies these files there.
tree_copy()
{
	mkdir -p "$1"
	tree_files | (cd "$TREE" && tar -c -T -) | tar -x -C "$1"
}

# chosen NAME GLOBS: whether NAME begins like one of the words of GLOBS.
chosen()
(
	set -f
	for glob in $2; do
		# shellcheck disable=SC2254 # a pattern
		case $1 in
		$glob*) return 0 ;;
		esac
	done
	return 1
)
