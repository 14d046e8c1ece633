# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Completion of listenq(8) for bash: source it, or put it into bash-completion's directory.
# Commands, options and columns are those that the reader itself names.

# _listenq_reply WORDS CURRENT: of these words, those that begin like this.
_listenq_reply()
{
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

# _listenq_path -f|-d CURRENT
_listenq_path()
{
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen "$1" -- "$2")
}

_listenq_columns()
{
	"$1" "$2" --list-columns 2>/dev/null | sed -n 's/^[ +] \([A-Za-z][^ ]*\) .*/\1/p'
}

# The last of the columns named so far is the one to complete.
_listenq_list()
{
	local before=

	[[ $3 != *[,+]* ]] || before=${3%"${3##*[,+]}"}
	mapfile -t COMPREPLY < <(compgen -P "$before" -W "$(_listenq_columns "$1" "$2")" -- "${3#"$before"}")
}

_listenq()
{
	local reader=$1 current=$2 previous=$3 command=show commands options word named=

	COMPREPLY=()
	commands=$("$reader" --help 2>/dev/null | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p' | tr '\n' ' ')
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		if [[ -z $named && " $commands" == *" $word "* ]]; then
			command=$word
			named=1
		fi
	done
	case $command:$previous in
	metrics:--output | *:-f | *:--file) _listenq_path -f "$current" ;;
	*:-d | *:--dir) _listenq_path -d "$current" ;;
	*:--sort) _listenq_reply "$(_listenq_columns "$reader" "$command")" "$current" ;;
	*:--output) _listenq_list "$reader" "$command" "$current" ;;
	*:--cgroup) _listenq_path -d "$current" ;;
	*:-N | *:--netns) _listenq_reply "$(ls /run/netns 2>/dev/null)" "$current" ;;
	*:-p | *:--port | *:--address | *:--process | *:--acceptq | *:--synq) ;;
	*)
		options=$("$reader" "$command" --help 2>/dev/null |
			sed -n 's/^  .*\(--[a-z0-9-]*\).*/\1/p' | tr '\n' ' ')
		[[ -n $named ]] || options="$commands$options"
		_listenq_reply "$options" "$current"
		;;
	esac
}

complete -F _listenq listenq
