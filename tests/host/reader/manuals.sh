# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154 # what reader.sh sets
# Checks of reader.sh: help, manuals and completion say what is so.

# The commands, by the help of all of them.
commands() {
	"$reader" --help | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p'
}

# A screen has 24 lines, and the shell's prompt takes one of them.
help_fits() {
	for words in --help $(commands | sed 's/$/,--help/') --list-columns; do
		echo "$words" | tr , '\n' | xargs "$reader" | awk -v words="$words" 'length > 80 { print; long = 1 }
			END { if (words ~ /help/ && NR > 23) print words ": " NR " lines"
				exit long || (words ~ /help/ && NR > 23) }' || return 1
	done
}

# Options as "-f --file FILE" lines, from the --help of each command and from the manual.
manual_agrees() {
	for command in $(commands); do
		"$reader" "$command" --help
	done | sed -n 's/^ \{2,6\}\(-[^ ]\), \(--[^ ]*\) \{0,1\}\([A-Z]*\) .*/\1 \2 \3/p
		s/^      \(--[^ ]*\) \{0,1\}\([A-Z]*\) .*/\1 \2/p' | sed 's/ *$//' | sort -u >"$work/help"
	sed -n 's/^\.It Fl \(.*\)/-\1/p' "$top/userspace/listenq.8" |
		sed 's/ , -/ --/; s/ Ar / /' | sort >"$work/manual"
	[ "$(wc -l <"$work/help")" -ge 18 ] && same "$work/help" "$work/manual" 'list of options' || return 1
	commands >"$work/help"
	sed -n 's/^\.It Cm \([a-z]*\).*/\1/p' "$top/userspace/listenq.8" >"$work/manual"
	[ -s "$work/help" ] && same "$work/help" "$work/manual" 'list of commands'
}

# Every column for people, and every one of /proc, is where people look for it.
columns_agree() {
	for table in listeners counters closed latency requests; do
		command=$(echo $table | sed 's/listeners/show/')
		"$reader" "$command" --list-columns >"$work/columns"
		awk -v table="$table," '/^C/ { on = $3 == table } on && /^ / { print $1 }' "$work/columns" >"$work/listed"
		head -n 1 "$tests/dirs/live/$table" | tr ' ' '\n' >"$work/header"
		same "$work/header" "$work/listed" "$command --list-columns" || return 1
		"$reader" "$command" -d "$tests/dirs/live" -p 1 | tr -s ' ' '\n' >"$work/people"
		sed -n 's/^  \([A-Z][A-Z0-9-]*\) .*/\1/p' "$work/columns" >"$work/listed"
		same "$work/people" "$work/listed" "default columns of $command" || return 1
		sed -n 's/^[ +] \([A-Z][A-Z0-9-]*\) .*/\1/p' "$work/columns" >>"$work/all"
	done
	"$reader" audit --list-columns | sed -n 's/^[ +] \([A-Z][A-Z0-9-]*\) .*/\1/p' >>"$work/all"
	sed -n 's/^\.It Sy \([A-Z][A-Z0-9-]*\)$/\1/p' "$top/userspace/listenq.8" | sort -u >"$work/manual"
	sort -u "$work/all" >"$work/listed"
	same "$work/listed" "$work/manual" 'columns of the manual'
}

# bash_says WORD...: what bash completes the last word to. The reader runs often: without sanitizers.
bash_says() {
	# shellcheck disable=SC2016 # for bash
	bash -c '. "$1"
		COMP_WORDS=("${@:2}")
		COMP_CWORD=$(($# - 2))
		_listenq "$2" "${@: -1}" "${@: -2:1}"
		printf "%s\n" "${COMPREPLY[@]}"' bash "$top/userspace/completion/listenq.bash" "$BUILD/reader/listenq" "$@"
}

# zsh_says WORD...: what zsh offers there, whatever the last word begins with.
zsh_says() {
	# shellcheck disable=SC2016 # for zsh
	zsh -fc 'function _describe { print -l -- ${${(@P)2}%%:*} }
		function _files { print -- files $@ }
		function _message { print -- $@ }
		function compset { true }
		function completion { local -a words=("${@[2,-1]}"); local CURRENT=$#words; . $1 }
		completion "$@"' zsh "$top/userspace/completion/_listenq" "$BUILD/reader/listenq" "$@"
}

options_of() {
	"$reader" "$1" --help | sed -n 's/^ [^-]*\(-., \)\{0,1\}\(--[a-z0-9-]*\).*/\2/p'
}

# The shells offer the options of the table, the commands and the columns.
completes() {
	commands >"$work/commands"
	while read -r command; do
		options_of "$command" | sort >"$work/options"
		bash_says "$command" -- | sort >"$work/bash"
		zsh_says "$command" -- | sort >"$work/zsh"
		same "$work/options" "$work/bash" "bash: options of $command" &&
			same "$work/options" "$work/zsh" "zsh: options of $command" || return 1
	done <"$work/commands"
	options_of show | sort - "$work/commands" >"$work/options"
	{ bash_says --; bash_says ''; } | sort -u >"$work/bash"
	zsh_says -4 '' | sort >"$work/zsh"
	same "$work/options" "$work/bash" "bash: commands" &&
		same "$work/options" "$work/zsh" "zsh: commands" || return 1
	[ "$(bash_says latency --sort p9)" = "p90_us
p99_us" ] && [ "$(bash_says latency --output LOCAL,p9)" = "LOCAL,p90_us
LOCAL,p99_us" ] && zsh_says latency --output '' | grep -qx p90_us &&
		[ "$(bash_says -d "$tests/dirs/liv")" = "$tests/dirs/live" ] &&
		[ "$(zsh_says -d '')" = "files -/" ] && [ "$(zsh_says metrics --output '')" = files ] &&
		[ -z "$(bash_says -p '')" ]
}

# columns_of TABLE: the columns that listenq.5 explains, in order.
columns_of() {
	awk -v table="$1" '/^\.S[sh] / { on = $2 == table; lists = 0 }
		on && /^\.Bl/ { lists++ }
		on && lists == 1 && /^\.It Sy b0/ { for (i = 0; i <= 26; i++) print "b" i; next }
		on && lists == 1 && /^\.It Sy/ { gsub(/\.It Sy | ,/, ""); print }' \
		"$top/userspace/listenq.5" | tr ' ' '\n'
}

# The manual of the files has the columns of the tables.
files_agree() {
	for table in listeners counters latency closed requests; do
		head -n 1 "$tests/dirs/live/$table" | tr ' ' '\n' >"$work/header"
		columns_of $table >"$work/manual"
		[ $table != closed ] || columns_of counters | sed 1,2d >>"$work/manual"
		same "$work/header" "$work/manual" "columns of $table" || return 1
	done
	sed 's/ .*//' "$tests/dirs/live/info" | sort -u >"$work/header"
	columns_of info | sort >"$work/manual"
	same "$work/header" "$work/manual" 'keys of info'
}

manual_clean() {
	for manual in listenq.8 listenq.5; do
		run mandoc -T lint -W warning "$top/userspace/$manual"
		cat "$work/out" "$work/err"
		[ "$rc" = 0 ] || return 1
	done
}
