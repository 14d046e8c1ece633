#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# tests/kernels, docs/kernels.md and README.md name the same kernels, and tests/kernels-doc notices when
# a kernel tells something else than what is written, but not a newer patch level. A kernel that the
# mirrors do not have is skipped by name, or fails where it must not be missing. Prints TAP.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/host/lint/lib.sh
. "$TOP/tests/host/lint/lib.sh"

COPY=$WORK/copy
tree_copy "$COPY"

# facts KERNEL RELEASE UNKNOWN HOW: what a kernel told, in the copy.
facts()
{
	mkdir -p "$COPY/build/$1"
	printf '%s\n' "release $2" "machine x86_64" "unknown $3" "version $2-1" "date 2026-01-01" \
		"probe inet_listen kretprobe $4" >"$COPY/build/$1/facts"
}

# told KERNEL: "same" or "other", as tests/kernels-doc --check says.
told()
{
	if "$COPY/tests/kernels-doc" --check "$1" >/dev/null 2>&1; then
		echo same
	else
		echo other
	fi
}

# judged TEXT WANTED KERNEL FACTS...: what --check says after these facts.
judged()
{
	text=$1 wanted=$2
	shift 2
	facts "$@"
	check "$text" [ "$(told "$1")" = "$wanted" ]
}

clean "docs/kernels.md and README.md have the kernels of tests/kernels" "$TOP/tests/kernels-doc" --check
before=$(grep -c '^## ' "$COPY/docs/kernels.md")
facts 6.12 6.12.1-x comm ftrace
facts sid 7.2.1-x comm ftrace
clean "tests/kernels-doc writes" "$COPY/tests/kernels-doc"
check "it keeps what it has no news of" [ "$(grep -c '^## ' "$COPY/docs/kernels.md")" = "$before" ]
clean "what it wrote agrees" "$COPY/tests/kernels-doc" --check
check "README.md has it" grep -q '^| 6.12 | .* | 6.12.1-x-1, 2026-01-01 | yes |$' "$COPY/README.md"
judged "the same again" same 6.12 6.12.1-x comm ftrace
judged "another patch level" same 6.12 6.12.99-y comm ftrace
judged "another version of a fixed kernel" other 6.12 6.13.1-x comm ftrace
judged "another version of the newest one" same sid 7.3.1-x comm ftrace
judged "another way to probe" other sid 7.2.1-x comm breakpoint
judged "an absent function" other 6.12 6.12.1-x comm absent
judged "another unknown column" other 6.12 6.12.1-x comm,pid ftrace
sed '/^## sid/,$d' "$COPY/docs/kernels.md" >"$WORK/short"
cp "$WORK/short" "$COPY/docs/kernels.md"
noticed=$("$COPY/tests/kernels-doc" --check >/dev/null 2>&1 || echo noticed)
check "a kernel that is not written down is noticed" [ "$noticed" = noticed ]

# lacking CI SET: what tests/run says of a kernel from a suite that no mirror has.
lacking()
{
	echo "lacking $2 amd64 native nosuchsuite cloud-amd64" >"$COPY/tests/kernels"
	CI=$1 LISTENQ_CACHE=$WORK/cache "$COPY/tests/run" --vm-only --kernels lacking --cases 042 \
		>"$WORK/log" 2>&1 && echo "it succeeds"
	sed -n 's/^\(not ok\|ok\) [0-9]* - \(.*cannot be fetched\): tests.*/\1 \2/p' "$COPY/build/check.tap"
}

printf '#!/bin/sh\n' >"$COPY/tests/vm/programs"
check "a kernel that cannot be fetched is skipped" \
	[ "$(lacking "" default)" = "ok lacking: this kernel # SKIP it cannot be fetched" ]
check "and counted" grep -qx '0 passed, 0 failed, 1 skipped' "$WORK/log"
check "in CI, too, if it is not in the default set" \
	[ "$(lacking true all)" = "ok lacking: this kernel # SKIP it cannot be fetched" ]
check "in CI it fails if it is" \
	[ "$(lacking true default)" = "not ok lacking: this kernel cannot be fetched" ]
finish
