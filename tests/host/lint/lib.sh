# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What the checks of the sources share. Source it with TOP, the root of the tree, already set.

# shellcheck source=tests/vm/common.sh
. "$TOP/tests/vm/common.sh"
# shellcheck source=tests/vm/lib.sh
. "$TOP/tests/vm/lib.sh"

WORK=$(mktemp -d "${TMPDIR:-/tmp}/listenq-lint.XXXXXX")
trap 'rm -rf "$WORK"' EXIT
trap 'exit 1' HUP INT TERM
export LC_ALL=C
# What a make above hands on is not for the makes that are tested or used here.
unset MAKEFLAGS MFLAGS MAKELEVEL KERNEL KERNELS CASES TARGETS RUNS

# clean TEXT COMMAND...: ok if the command succeeds and says nothing; what it said is listed.
clean()
{
	clean_text=$1
	clean_rc=0
	shift
	"$@" >"$WORK/said" 2>&1 </dev/null || clean_rc=$?
	if [ "$clean_rc" = 0 ] && [ ! -s "$WORK/said" ]; then
		ok "$clean_text"
		return
	fi
	not_ok "$clean_text"
	sed 's/^/#   /' "$WORK/said"
	[ -s "$WORK/said" ] || echo "#   exit status $clean_rc: $*"
}

# c_files: all C, on stdout.
c_files()
{
	tree_files | grep '\.[ch]$'
}

# shell_files: all shell scripts, by their first line or their name.
shell_files()
{
	tree_files | while read -r file; do
		first=
		read -r first <"$TOP/$file" || true
		case $first in
		'#!'*[/\ ]sh | '#!'*[/\ ]bash) echo "$file" ;;
		*) case $file in *.sh) echo "$file" ;; esac ;;
		esac
	done
}
