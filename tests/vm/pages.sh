# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What virtual machines have shown, in the pages that show it: tests/vm/*.shown. Sourced after common.sh.

# page_put MARK PAGE: prints the page, with what is on standard input between its marks of that name.
page_put()
{
	awk -v mark="$1" '
		$0 == "<!-- " mark ": end -->" { inside = 0 }
		!inside { print }
		index($0, "<!-- " mark ": ") == 1 && $0 != "<!-- " mark ": end -->" {
			while ((getline line <"-") > 0)
				print line
			inside = 1
		}' "$2"
}

# page_block: what is on standard input, as a block of text.
page_block()
{
	echo
	echo '```text'
	cat
	echo '```'
	echo
}

# tour_said [COMMAND...]: of the tour what was said and shown, or what these commands showed; each
# command is a block.
tour_said()
{
	awk -v only="$(printf '|%s' "$@")|" '
		/^\| \$ / {
			if (open)
				print "```"
			open = only == "||" || index(only, "|" substr($0, 5) "|")
			if (open)
				print "\n```text"
		}
		/^: / {
			if (open)
				print "```"
			if (only == "||")
				print (before ~ /^:/ ? "" : "\n") substr($0, 3)
			open = 0
		}
		open { print substr($0, 3) }
		{ before = $0 }
		END { if (open) print "```"; print "" }' "$TOP/tests/vm/tour.shown"
}

# page_made PAGE: prints README.md or docs/tour.md as it should be.
page_made()
{
	case $1 in
	docs/tour.md) tour_said | page_put tour "$TOP/docs/tour.md" ;;
	README.md)
		page_block <"$TOP/tests/vm/demo.shown" | page_put demo "$TOP/README.md" >"$BUILD/README.demo"
		tour_said "listenq top -b 1 6 | tail -n 6" | page_put top "$BUILD/README.demo" >"$BUILD/README.top"
		tour_said listenq "listenq explain 8000" | page_put tour "$BUILD/README.top"
		;;
	esac
}

# pages_write PAGE...: makes them so.
pages_write()
{
	for page in "$@"; do
		page_made "$page" >"$BUILD/page"
		cat "$BUILD/page" >"$TOP/$page"
	done
}
