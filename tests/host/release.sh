#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The tarball of `make dist`: the same bytes from everywhere; unpacked, without git, it builds and passes
# its own checks of style and documents. The manual has the parameters of the module, and how to sign it.
# Prints TAP.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/host/lint/lib.sh
. "$TOP/tests/host/lint/lib.sh"

# Where modinfo is, which a user who is not root does not have there.
PATH=$PATH:/usr/sbin:/sbin
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' "$TOP/dkms.conf")
tarball=listenq-$version.tar.gz
A=$WORK/a/listenq-$version
tree_copy "$WORK/tree"

# packs DIR: prints the digest of the tarball that is made in DIR.
packs()
{
	make -s -C "$1" dist >"$WORK/packed" 2>&1 || cat "$WORK/packed" >&2
	sha256sum <"$1/build/$tarball" | cut -d ' ' -f 1
}

# As a stranger would have it: later, with other rights, elsewhere.
strangers()
(
	umask 077
	cp -R "$WORK/tree" "$WORK/other"
	find "$WORK/other" -exec touch -d '2001-02-03' {} +
	export TZ=Asia/Tokyo LC_ALL=C.UTF-8
	packs "$WORK/other"
)

# from_git: the same, of a git tree in which more lies than is committed.
from_git()
{
	cp -R "$WORK/tree" "$WORK/git"
	rm -rf "$WORK/git/build"
	for words in 'init -q' 'add -A' 'commit -q -m all'; do
		# shellcheck disable=SC2086 # several words
		git -C "$WORK/git" -c user.name=test -c user.email=test@localhost $words || return
	done
	packs "$WORK/git"
}

not_committed()
{
	echo >>"$WORK/git/README.md"
	make -s -C "$WORK/git" dist >"$WORK/log" 2>&1 && echo "it packs what is not committed"
	grep -q '^tests/dist: not all is committed' "$WORK/log" || cat "$WORK/log"
}

not_dated()
{
	sed -i 's/^\(## [0-9.]*\), [0-9-]*$/\1/' "$WORK/other/CHANGES.md"
	make -s -C "$WORK/other" dist >"$WORK/log" 2>&1 && echo "it packs what has no date"
	grep -q "^tests/dist: CHANGES.md has no heading '## $version, YEAR-MONTH-DAY'" "$WORK/log" || cat "$WORK/log"
}

unpacks()
{
	mkdir "$WORK/a"
	tar -x -C "$WORK/a" -f "$WORK/tree/build/$tarball"
	find "$WORK/a" -mindepth 1 -maxdepth 1 ! -name "listenq-$version"
	tree_files >"$WORK/files"
	TREE=$A tree_files | diff "$WORK/files" -
}

# checks NAME...: its own tests of the host.
checks()
{
	for name in "$@"; do
		if ! "$A/tests/host/$name.sh" >"$WORK/$name.tap" 2>&1 || ! grep -q '^ok ' "$WORK/$name.tap"; then
			cat "$WORK/$name.tap"
		fi
	done
}

builds()
{
	kernels=$(kernel_names default native)
	kernel_select "${kernels##* }"
	"$TOP/tests/vm/fetch" "$KERNEL" >"$WORK/fetched" || return
	make -s -C "$A" KDIR="$KIT/headers" CONFIG_DEBUG_INFO_BTF_MODULES= >"$WORK/log" 2>&1 || cat "$WORK/log"
	[ "$("$A/build/userspace/listenq" --version)" = "listenq $version" ] || echo "not the reader of $version"
}

# The parameters that the manual explains are those of the module.
parameters()
{
	modinfo -F parm "$A/build/listenq.ko" | sed 's/:.*//' | sort >"$WORK/parms"
	awk '/^\.Sh / { on = /MODULE PARAMETERS/ } on && /^\.It Va / { print $3 }' "$TOP/userspace/listenq.8" |
		sort >"$WORK/manual"
	diff "$WORK/parms" "$WORK/manual"
	awk '/^\.Sh / { on = /MODULE PARAMETERS/ } on && !/^\.Sh / && NF' "$TOP/userspace/listenq.8" >"$WORK/section"
	[ -s "$WORK/section" ] || echo "the manual has no section MODULE PARAMETERS"
	[ -s "$WORK/parms" ] || grep -qx 'None.' "$WORK/section" || echo "the manual does not say that there are none"
}

# The commands of the manual sign the module, for the kernel that it is of.
signs()
{
	mkdir "$WORK/signing"
	cp "$A/build/listenq.ko" "$WORK/signing/"
	# shellcheck disable=SC2016 # for the shell that runs them
	sed -n '/^openssl req/,/^\.Ed/p' "$TOP/userspace/listenq.8" |
		sed "/^\.Ed/d; s/\\\\e\$/\\\\/; s|/lib/modules/\$(uname -r)/build|$KIT/headers|" >"$WORK/signing/commands"
	(cd "$WORK/signing" && sh -eu commands 2>log) || cat "$WORK/signing/commands" "$WORK/signing/log"
	[ "$(modinfo -F signer "$WORK/signing/listenq.ko")" = "listenq module signing" ] || echo "no such signer"
	[ "$(modinfo -F sig_hashalgo "$WORK/signing/listenq.ko")" = sha256 ] || echo "no such digest"
}

digest=$(packs "$WORK/tree")
check "make dist packs" [ -s "$WORK/tree/build/$tarball" ]
check "and the same bytes again" [ "$(packs "$WORK/tree")" = "$digest" ]
check "and the same for somebody else, elsewhere, at another time" [ "$(strangers)" = "$digest" ]
if command -v git >/dev/null; then
	check "and the same from git" [ "$(from_git)" = "$digest" ]
	clean "make dist refuses what is not committed" not_committed
else
	skip "from git" "there is no git here"
fi
clean "make dist refuses a version without a date" not_dated
clean "it unpacks into a folder of its own, with every file" unpacks
check "and packs itself to the same bytes" [ "$(packs "$A")" = "$digest" ]
clean "unpacked, module and reader build" builds
clean "the manual has the module's parameters" parameters
clean "the commands of the manual sign it" signs
clean "unpacked, its own checks pass" checks doc-commands layering shell
finish
