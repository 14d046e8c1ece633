#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The kernel's own judges of style: kernel-doc and checkpatch --strict for all C, sparse and W=1 for
# the module on each default kernel of this machine's compiler, and what modinfo says of the result; the
# same of what the labs' solutions change. Prints TAP.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
LINT=$TOP/tests/host/lint
# shellcheck source=tests/host/lint/lib.sh
. "$LINT/lib.sh"

# What checkpatch is not asked; the module has no exception but these files. In counters.h, event.h, view_events.c:
#   COMPLEX_MACRO MACRO_ARG_REUSE
#                           a list that is applied to a macro cannot be otherwise
# In trace.h and trace.c:
#   COMPLEX_MACRO MACRO_ARG_REUSE MULTISTATEMENT_MACRO_USE_DO_WHILE TRAILING_SEMICOLON
#                           nor can what tracepoints and switches are made of
# In compat.h:
#   LINUX_VERSION_CODE CONSTANT_COMPARISON
#                           it is the file that compares versions, and they are no constants there
#   ASSIGN_IN_IF COMPLEX_MACRO MACRO_ARG_REUSE
#                           a macro that is a loop cannot be otherwise; the kernel's own are the same
# In the reader and the tests:
#   ARRAY_SIZE BIT_MACRO PREFER_DEFINED_ATTRIBUTE_MACRO PREFER_KERNEL_TYPES STRCPY
#                           its advice is a macro, type or function that only the kernel has
#   CAMELCASE               PRIx64 and its like are the C library's
#   EMBEDDED_FUNCTION_NAME  a message may have the same word as the function that prints it
#   LONG_LINE_STRING        a message stays on one line, so that it can be searched for
#   MACRO_ARG_REUSE         the macros that wait for a state look at it again and again
#   VOLATILE                what a signal handler sets is volatile sig_atomic_t, says the C standard
COUNTERS=COMPLEX_MACRO,MACRO_ARG_REUSE
TRACE=$COUNTERS,MULTISTATEMENT_MACRO_USE_DO_WHILE,TRAILING_SEMICOLON
COMPAT=LINUX_VERSION_CODE,CONSTANT_COMPARISON,ASSIGN_IN_IF,COMPLEX_MACRO,MACRO_ARG_REUSE
OTHERS=ARRAY_SIZE,BIT_MACRO,PREFER_DEFINED_ATTRIBUTE_MACRO,PREFER_KERNEL_TYPES,STRCPY
OTHERS=$OTHERS,CAMELCASE,EMBEDDED_FUNCTION_NAME,LONG_LINE_STRING,MACRO_ARG_REUSE,VOLATILE

# to_judge: the C files that are judged: all, or those that PATCH changes.
to_judge()
{
	if [ -z "$patch" ]; then
		c_files
	else
		sed -n 's|^+++ b/\(.*\.[ch]\)$|\1|p' "$patch"
	fi
}

# checkpatch OPTIONS...: judges the C files named on stdin. It leaves a file where it is run, and
# without a kernel tree it looks in vain for the names that the kernel's headers have in CamelCase.
checkpatch()
{
	sed "s|^|$TOP/|" >"$WORK/judged"
	(cd "$WORK" && xargs -a judged perl "$CHECKPATCH" --no-tree --strict --show-types --terse \
		--no-summary --max-line-length=100 "$@" -f 2>&1) |
		sed "s|$TOP/||g; /uninitialized value .root in concat/d; /^find: .*\/include.*: No such/d"
}

checkpatch_module()
{
	to_judge | grep '^module/' | grep -vE '/((counters|event|compat|trace)\.h|(trace|view_events)\.c)$' | checkpatch
	printf '%s\n' module/counters.h module/event.h module/view_events.c | checkpatch --ignore "$COUNTERS"
	printf '%s\n' module/trace.h module/trace.c | checkpatch --ignore "$TRACE"
	echo module/compat.h | checkpatch --ignore "$COMPAT"
}

checkpatch_others()
{
	to_judge | grep -v '^module/' | checkpatch --ignore "$OTHERS"
}

kernel_doc()
{
	cd "$TOP" && to_judge | xargs perl "$KIT/headers/scripts/kernel-doc" -none -Wall -Werror
}

# module_build: compiles all of the module, its test build, for the selected kernel, under sparse.
module_build()
{
	mkdir -p "$WORK/$KERNEL"
	(cd "$TOP" && cp -Rp Kbuild dkms.conf module "$WORK/$KERNEL")
	make -s -j"$(nproc)" -C "$KIT/headers" M="$WORK/$KERNEL" CC=gcc-12 C=2 W=1 KCFLAGS=-Werror \
		CONFIG_DEBUG_INFO_BTF_MODULES= LISTENQ_TEST=1 modules | sed "s|$WORK/$KERNEL/||g"
}

# solution_style LAB: what its solution changes, in the tree that it leads to.
solution_style()
{
	"$TOP/tests/vm/solution" "$1" || return
	patch=$TOP/labs/$1/solution.patch
	TOP=$BUILD/solved/$1
	kernel_doc
	checkpatch_module
	checkpatch_others
	module_build
}

# field NAME WANTED: what modinfo says under NAME is WANTED, or anything if that is '*'.
field()
{
	said=$(modinfo -F "$1" "$WORK/$KERNEL/listenq.ko" 2>&1)
	# shellcheck disable=SC2254 # a pattern
	case $said in
	$2) ;;
	*) echo "modinfo says $1 '$said', wanted '$2'" ;;
	esac
}

module_info()
{
	field name listenq
	field license GPL
	field version "$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' "$TOP/dkms.conf")"
	field description '?*'
	field author '?*'
	field vermagic "$KVER *"
	field depends ''
	field alias ''
}

# kits: the packages of the default kernels and checkpatch are in the cache.
kits()
{
	# shellcheck disable=SC2086 # one word a kernel
	"$TOP/tests/vm/fetch" $kernels >"$WORK/fetched" || return 1
	"$LINT/checkpatch-fetch" "$KERNEL" >"$WORK/checkpatch"
}

# Where modinfo is, which a user who is not root does not have there.
PATH=$PATH:/usr/sbin:/sbin
patch=
kernels=$(kernel_names default native)
kernel_select "${kernels##* }"
clean "headers, kernel-doc and checkpatch are in the cache" kits
[ "$tap_failed" = 0 ] || finish
CHECKPATCH=$(cat "$WORK/checkpatch")
clean "kernel-doc is complete and right" kernel_doc
clean "checkpatch --strict: the module" checkpatch_module
clean "checkpatch --strict: reader and tests" checkpatch_others
for kernel in $kernels; do
	kernel_select "$kernel"
	kit_read
	clean "$kernel: the module compiles under sparse and W=1 without a word" module_build
	clean "$kernel: modinfo" module_info
done
for solution in "$TOP"/labs/[0-9]*/solution.patch; do
	lab=$(basename "$(dirname "$solution")")
	clean "the solution of lab $lab: kernel-doc, checkpatch; $KERNEL: sparse and W=1" solution_style "$lab"
	TOP=$TREE
	patch=
done
finish
