#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Every shell script of the tree: parsed by its own shell and by the guest's, read by shellcheck.
# Prints TAP.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/host/lint/lib.sh
. "$TOP/tests/host/lint/lib.sh"

cd "$TOP" || exit 1
shell_files >"$WORK/sh"

# parse SHELL...: what SHELL has to say of each file; bash for those that name it.
parse()
{
	while read -r file; do
		if [ "$*" = sh ] && head -n 1 "$file" | grep -q '^#!.*bash'; then
			bash -n "$file"
		else
			"$@" -n "$file"
		fi
	done <"$WORK/sh"
	true
}

# SC2317: what the tests' functions check() and clean() run by its name is not unreachable.
lint()
{
	grep -q . "$WORK/sh" && xargs -a "$WORK/sh" shellcheck -x -f gcc -e SC2317
}

# Only a script with an interpreter line is run by its name.
modes()
{
	while read -r file; do
		mode=
		[ ! -x "$file" ] || mode=x
		case $mode$(head -c 2 "$file") in
		'x#!') ;;
		'#!') echo "$file: has an interpreter but is not executable" ;;
		x*) echo "$file: is executable but names no interpreter" ;;
		esac
	done <"$WORK/sh"
}

clean "every script parses" parse sh
clean "every script parses in the guest's shell" parse busybox ash
clean "shellcheck" lint
clean "executable are those that name an interpreter" modes
finish
