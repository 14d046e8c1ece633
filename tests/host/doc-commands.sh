#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The documents say what is so: each command in a code block has its line in doc-commands.txt, which
# names the test that runs it; targets of make, files, functions and links are there. Prints TAP.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
LINT=$TOP/tests/host/lint
# shellcheck source=tests/host/lint/lib.sh
. "$LINT/lib.sh"

TABLE=$TOP/tests/host/doc-commands.txt
cd "$TOP" || exit 1
for doc in README.md CONTRIBUTING.md CHANGES.md SECURITY.md docs/*.md labs/README.md; do
	[ ! -f "$doc" ] || echo "$doc"
done >"$WORK/docs"
grep -v '^#' "$TABLE" >"$WORK/table"

# marked WHAT: "FILE:LINE:TEXT" of all commands, or of all code, in the documents.
marked()
{
	xargs -a "$WORK/docs" awk -v what="$1" -f "$LINT/markdown.awk"
}

missing_documents()
{
	for doc in README.md CONTRIBUTING.md CHANGES.md SECURITY.md docs/architecture.md docs/cost.md docs/limits.md docs/proc-format.md; do
		[ -s "$doc" ] || echo "$doc is missing"
	done
}

unknown_commands()
{
	marked commands | awk -v table="$WORK/table" '
		BEGIN { while ((getline line <table) > 0) { sub(/ => .*/, "", line); known[line] = 1 } }
		{
			command = $0
			sub(/^[^:]*:[0-9]*:/, "", command)
			if (!(command in known))
				print $0 "  (not in tests/host/doc-commands.txt)"
		}'
}

untrue_rows()
{
	marked commands | sed 's/^[^:]*:[0-9]*://' >"$WORK/commands"
	while read -r row; do
		command=${row%% => *}
		how=${row#* => }
		grep -qxF -e "$command" "$WORK/commands" || echo "$command: no document has it any more"
		case $how in
		'by hand: '?*) ;;
		*': '?*) grep -qF -e "${how#*: }" "${how%%: *}" ||
			echo "$command: ${how%%: *} has no '${how#*: }'" ;;
		*) echo "bad row: $row" ;;
		esac
	done <"$WORK/table"
}

unknown_targets()
{
	marked code | grep -oE '(^[^:]*:[0-9]+:|[^a-z/-])make( +[A-Z_]+=[^ ]*)* +[a-z][a-z_-]*' |
		awk '{ print $NF }' | sort -u | while read -r target; do
		grep -qE "^$target%?:" Makefile || echo "make $target: no such target"
	done
}

# Names with a place holder in them are no files: NNN-name.c, name.sh, file.c, probe_*.c, KERNEL.
unknown_files()
{
	# shellcheck disable=SC2016 # for awk
	xargs -a "$WORK/docs" awk '{
		line = $0
		while (match(line, /(^|[^A-Za-z0-9_.\/-])(module|userspace|tests|docs|labs|\.ci)\/[A-Za-z0-9_.\/*<>{}$-]*/)) {
			path = substr(line, RSTART, RLENGTH)
			line = substr(line, RSTART + RLENGTH)
			sub(/^[^A-Za-z.]/, "", path)
			sub(/[.\/]*$/, "", path)
			if (path !~ /[*<>{}$]|NN|KERNEL|\/(name|file)\.[a-z]+$/)
				print path
		}
	}' | sort -u | while read -r path; do
		[ -e "$path" ] || echo "$path: no such file"
	done
}

unknown_functions()
{
	marked code | grep -oE '(module|userspace|tests)/[A-Za-z0-9_./-]+\.[ch]: ?[A-Za-z_][A-Za-z_0-9]*' |
		sed 's/: */ /' | sort -u | while read -r file function; do
		[ ! -f "$file" ] || grep -qw -e "$function" "$file" || echo "$file: has no $function"
	done
}

dead_links()
{
	while read -r doc; do
		grep -oE '\]\([^)# ]+' "$doc" | sed 's/^](//' | grep -v '^[a-z]*://' | while read -r link; do
			[ -e "$(dirname "$doc")/$link" ] || echo "$doc: $link is not there"
		done
	done <"$WORK/docs"
}

clean "the documents are there" missing_documents
clean "every command has its line in doc-commands.txt" unknown_commands
clean "every line of doc-commands.txt is true" untrue_rows
clean "the documents name no unknown target of make" unknown_targets
clean "the documents name no unknown file" unknown_files
clean "the documents name no unknown function" unknown_functions
clean "the documents have no dead link" dead_links
sed -n 's/ => by hand: /|/p' "$WORK/table" >"$WORK/by-hand"
while IFS='|' read -r command reason; do
	skip "$command" "by hand: $reason"
done <"$WORK/by-hand"
finish
