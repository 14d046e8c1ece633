#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Which room may know which (docs/architecture.md), by words and includes; and what holds for every
# source: size, licence, documentation, nothing of one machine in it, one version. Prints TAP.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
LINT=$TOP/tests/host/lint
# shellcheck source=tests/host/lint/lib.sh
. "$LINT/lib.sh"

CODE=$WORK/code
cd "$TOP" || exit 1
tree_files >"$WORK/files"
c_files >"$WORK/c"
shell_files >"$WORK/sh"
cat "$WORK/c" "$WORK/sh" >"$WORK/functions"
tree_files | grep -E '(\.(awk|gp|mk)|(^|/)(Makefile|Kbuild|kernels|dkms\.conf))$' >"$WORK/other"
sed 's|[^/]*$||' "$WORK/c" | sort -u | (mkdir -p "$CODE" && cd "$CODE" && xargs mkdir -p)
xargs awk -v out="$CODE" -f "$LINT/strip.awk" <"$WORK/c"

# never RULE REGEX FILE...: the code of these files, without comments, has no such word.
never()
{
	never_rule=$1
	never_words=$2
	shift 2
	clean "$never_rule" words "$never_words" "$@"
}

words()
(
	words_regex=$1
	shift
	cd "$CODE" || exit 1
	grep -nHE "$words_regex" "$@"
	[ $? = 1 ]
)

# code PATTERN...: the C files whose path matches one of these extended regular expressions.
code()
{
	for pattern in "$@"; do
		grep -E "^($pattern)\$" "$WORK/c" || echo "no-file-is-called/$pattern"
	done
}

main_words()
{
	(cd "$CODE" && grep -noE '\blq_[a-z_0-9]+' module/main.c) |
		grep -vE ':(lq_[a-z]+_(init|exit)|lq_fault_rung)$'
	sed -n 's/^#include "\(.*\)"/\1/p' "$CODE/module/main.c" | while read -r header; do
		[ "$header" = fault.h ] || grep -qE '\blq_[a-z]+_init\(' "$CODE/module/$header" ||
			echo "module/main.c includes $header, which has no lq_..._init()"
	done
}

compat_names()
{
	(cd "$CODE" && grep -nowE 'lq_[a-z_0-9]+' module/compat.h) | grep -v ':lq_compat_'
	[ $? = 1 ]
}

foreign_includes()
{
	sed 's|/.*||' "$WORK/c" | sort -u | grep -v '^module$' | while read -r room; do
		(cd "$CODE" && grep -rnE '# *include.*(module/|compat\.h|listener\.h|probe\.h)' "$room")
	done
	grep -nHE -- '-I.*module' userspace/Makefile tests/vm/cases.mk
	[ $? = 1 ]
}

probed_symbols()
{
	sed -n -e 's/.*\.symbol = "\(.*\)".*/\1/p' -e 's/.*LQ_HOOK_ROW("\([^"]*\)".*/\1/p' \
		"$CODE"/module/probe_*.c | sort -u >"$WORK/symbols"
	[ -s "$WORK/symbols" ] || echo "no probe row found"
	while read -r symbol; do
		grep -qE "__same_type\($symbol,|^[a-z].*[ *]$symbol\(" "$CODE/module/compat.h" ||
			echo "$symbol: no static_assert(__same_type(...)) and no declaration in module/compat.h"
	done <"$WORK/symbols"
}

too_long()
{
	cat "$WORK/c" "$WORK/sh" "$WORK/other" | xargs wc -l | awk -v limit="$1" \
		'$2 != "total" && ($1 > limit || ($2 == "module/main.c" && $1 >= 100)) { print $2 ": " $1 " lines" }'
}

no_licence()
{
	# shellcheck disable=SC2016 # for awk
	cat "$WORK/c" "$WORK/sh" "$WORK/other" | xargs awk '
		FNR == 1 { want = 1 }
		FNR == 1 && /^#!/ { next }
		want {
			want = 0
			line = "SPDX-License-Identifier: GPL-2.0"
			line = FILENAME ~ /\.c$/ ? "// " line : FILENAME ~ /\.h$/ ? "/* " line " */" : "# " line
			if ($0 != line)
				print FILENAME ": does not begin with: " line
		}'
}

# text_grep OPTIONS...: grep in all text files of the tree.
text_grep()
{
	xargs -d '\n' grep -nHI "$@" <"$WORK/files" || true
}

# The mirrors of this machine must not get into the tree, nor the names of the public ones.
mirror_names()
{
	# shellcheck disable=SC2016 # for apt to expand
	apt-get indextargets --format '$(REPO_URI)' 2>/dev/null |
		sed -n 's|^[a-z+]*://\([^/]*@\)\{0,1\}\([^/:]*\.[^/:]*\).*|\2|p' | grep -v '^[0-9.]*$' |
		sort -u >"$WORK/mirrors"
	text_grep -F -f "$WORK/mirrors"
	text_grep -E '\b(deb|security|snapshot|cdn[a-z-]*|ftp[a-z0-9.]*)\.debian\.org\b'
}

# The first heading of CHANGES.md with a version in it is the newest.
versions()
{
	version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' dkms.conf)
	echo "$version" | grep -qE '^[0-9]+\.[0-9]+\.[0-9]+$' || echo "dkms.conf: PACKAGE_VERSION '$version'"
	newest=$(sed -n 's/^#.*[^0-9.]\([0-9][0-9]*\.[0-9][0-9]*\.[0-9][0-9]*\).*/\1/p' CHANGES.md | head -n 1)
	[ "$newest" = "$version" ] || echo "CHANGES.md begins with '$newest', dkms.conf has '$version'"
	sed 1q debian/changelog | grep -q "^listenq ($version) " ||
		echo "debian/changelog begins with '$(sed 1q debian/changelog)', dkms.conf has '$version'"
	for file in Kbuild Makefile userspace/Makefile; do
		grep -q 'PACKAGE_VERSION=.*dkms\.conf' "$file" || echo "$file does not take the version from dkms.conf"
	done
	for manual in userspace/*.[58]; do
		grep -qx "\.Os listenq $version" "$manual" || echo "$manual: no '.Os listenq $version'"
	done
	for doc in docs/architecture.md:'as of' docs/proc-format.md:'as version'; do
		grep -qF "${doc#*:} $version" "${doc%%:*}" || echo "${doc%%:*} does not say '${doc#*:} $version'"
	done
	grep -nHF "$version" Kbuild Makefile userspace/Makefile "$CODE"/module/* "$CODE"/userspace/*
	[ $? = 1 ]
}

never "main.c knows only the pairs of init and exit" \
	'struct sock|seq_|kprobe|proc_' module/main.c
clean "main.c names nothing of the other rooms but their init and exit" main_words
# shellcheck disable=SC2046 # one word a file, here and below
never "probes know no file of /proc" \
	'seq_|proc_fs|proc_create|"view' $(code 'module/probe.*')
never "the engine of the probes knows no socket and no listener" \
	'struct (sock|socket|inet_[a-z_]+)\b|listener\.h|lq_listener' module/probe.c
# shellcheck disable=SC2046
never "listeners know no probe and no file of /proc" \
	'kprobe|probe\.h|seq_|proc_fs|"view' $(code 'module/listener\.[ch]')
# shellcheck disable=SC2046
never "the walk and the queues know no probe and no file of /proc" \
	'kprobe|probe\.h|seq_|proc_fs|"view' $(code 'module/(walk|queue)\.[ch]')
# shellcheck disable=SC2046
never "views register no probe" \
	'kprobes\.h|register_k|struct k(ret)?probe' $(code 'module/view.*')
# shellcheck disable=SC2046
never "the module prints no kernel address" \
	'%[0-9+# -]*p([^I]|$)|%[0-9+# -]*pI[^46]' $(code 'module/.*')
# shellcheck disable=SC2046
never "only compat.h knows kernel versions" \
	'LINUX_VERSION_CODE|KERNEL_VERSION|linux/version\.h' $(code '.*' | grep -v '^module/compat\.h$')
clean "compat.h names nothing of the other rooms" compat_names
clean "reader and tests include nothing of the module" foreign_includes
never "read.c prints nothing on stdout" \
	'(^|[^a-z_])(printf|vprintf|puts|putchar|putc|fputs|fputc|fwrite|write) *\(|stdout' userspace/read.c
never "print.c opens no file" \
	'(^|[^a-z_])(open|openat|fopen|fdopen|freopen|opendir|popen|read|fread) *\(|/proc' userspace/print.c
clean "every probed symbol is held to its prototype by compat.h" probed_symbols
clean "no file has more than 400 lines, main.c less than 100" too_long 400
clean "no function has 60 lines or more" \
	xargs -a "$WORK/functions" awk -v limit=60 -f "$LINT/long.awk"
clean "every function that is not static has kernel-doc" \
	xargs -a "$WORK/c" awk -f "$LINT/undocumented.awk"
clean "every source begins with its licence" no_licence
clean "no leftover tags" text_grep -wE 'T[O]DO|F[I]XME|X[X]X|H[A]CK'
clean "no name of a package mirror" mirror_names
clean "no absolute path of somebody's home" \
	text_grep -E '(^|[^A-Za-z0-9_})"./*$-])/(home|root|Users|work)/'
clean "one version: dkms.conf, CHANGES.md, debian/changelog, the module, the reader, manuals and documents" versions
finish
