# SPDX-License-Identifier: GPL-2.0
# What Markdown marks as code, as FILE:LINE:TEXT. With what=commands the command lines: all of a
# block called sh, and those of any other block that begin with the prompt "$ ". With what=code
# these and all `code` in the text. awk -v what=WHAT -f markdown.awk FILE...

function put(text) { printf "%s:%d:%s\n", FILENAME, FNR, text }

FNR == 1 { block = "" }

/^ *```/ {
	block = block != "" ? "" : /^ *```sh *$/ ? "sh" : "other"
	command = ""
	next
}

block == "sh" || (block == "other" && /^ *\$ /) {
	sub(/^ *(\$ )?/, "")
	command = command $0
	if (sub(/ *\\$/, " ", command))
		next
	sub(/(^| +)#.*/, "", command)
	if (command != "")
		put(command)
	command = ""
	next
}

what == "code" && block == "" {
	line = $0
	while (match(line, /`[^`]+`/)) {
		put(substr(line, RSTART + 1, RLENGTH - 2))
		line = substr(line, RSTART + RLENGTH)
	}
}
