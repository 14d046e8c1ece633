# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154,SC2030,SC2031 # subshells, and what reader.sh sets
# Checks of reader.sh: -N and -A, on a copy of /proc with processes in it, as far as needed.

# place PID INODE DIR: a process in the network namespace of this number, whose tables are DIR's.
place() {
	mkdir -p "$work/places/$1/net"
	cp -r "$tests/dirs/$3" "$work/places/$1/net/listenq"
	sed -i "s/^netns .*/netns $2/" "$work/places/$1/net/listenq/info"
	mv "$work/places/$1/net/listenq/netstat" "$work/places/$1/net/netstat"
}

# The smallest pid of each namespace names it; 5 has no namespace any more, and "net" is no process.
places() {
	export PROC_ROOT="$work/places"
	[ ! -e "$work/places" ] || return 0
	place 1 101 live && place 30 102 books && place 200 101 live && place 1000 103 off &&
		mkdir -p "$work/places/5/net" "$work/places/net"
}

all_places() (
	places || exit 1
	{
		awk 'NR > 1 { print $2, 1, 101 }' "$tests/dirs/live/listeners"
		awk 'NR > 1 { print $2, 30, 102 }' "$tests/dirs/books/listeners"
		awk 'NR > 1 { print $2, 1000, 103 }' "$tests/dirs/off/listeners"
	} >"$work/expected"
	run "$reader" -A --raw -H --output local,netns,netns_inode
	tr '\t' ' ' <"$work/out" >"$work/seen"
	same "$work/expected" "$work/seen" 'rows of -A' || exit 1
	run "$reader" -A
	[ "$rc" = 0 ] && awk 'NR == 1 { exit $1 != "NETNS" }' "$work/out" &&
		[ "$(awk '{ print $1 }' "$work/out" | uniq | tr '\n' ' ')" = "NETNS 1 30 1000 " ] || exit 1
	run "$reader" -A --sort ACCEPTQ
	[ "$(awk 'NR > 1 && NR < 6 { print $1 }' "$work/out" | tr '\n' ' ')" = "1 1 30 30 " ] || exit 1
	for command in show counters closed; do
		run "$reader" $command -A --json --output +DROPS
		[ "$rc" = 0 ] && "$BUILD/jsoncheck" <"$work/out" && grep -q '"netns": "30"' "$work/out" || exit 1
	done
)

all_places_found() (
	places || exit 1
	run "$reader" check -A --acceptq 100% --drops
	# shellcheck disable=SC2015 # both lead to the same end
	[ "$rc" = 1 ] && grep -q ': 1 0.0.0.0:80 accept queue 512 of 512, 1513 drops; ' "$work/out" ||
		{ cat "$work/out"; exit 1; }
	run "$reader" check -A --acceptq 100% --json
	grep -q '"found": 1, "netns": "1", "netns_inode": 101}' "$work/out" || { cat "$work/out"; exit 1; }
	run "$reader" audit -A
	# shellcheck disable=SC2015
	[ "$rc" = 1 ] && grep -q '^1000  *[^ ]* .* OFF!$' "$work/out" || { cat "$work/out"; exit 1; }
	# What is off in one namespace only does not count in the others.
	rm -r "$work/places/1000" "$work/places/1" "$work/places/200"
	run "$reader" audit -A
	# shellcheck disable=SC2015
	[ "$rc" = 0 ] && grep -q '^30  *-  *-  *ListenOverflows .* balanced$' "$work/out" ||
		{ cat "$work/out"; exit 1; }
	rm -r "$work/places"
)

# The last process of a namespace ends while the reader looks into it: it waits for info of process 30
# until that has another name.
place_gone() (
	places || exit 1
	info=net/listenq/info
	mv "$work/places/30/$info" "$work/info"
	mkfifo "$work/places/30/$info" || exit 1
	timeout 60 "$reader" -A --raw -H --output netns >"$work/rows" 2>"$work/err" &
	exec 9>"$work/places/30/$info"
	mv "$work/places/30" "$work/places/gone"
	cp "$work/info" "$work/places/gone/$info.new"
	mv "$work/places/gone/$info.new" "$work/places/gone/$info"
	cat "$work/info" >&9
	exec 9>&-
	wait $!
	rc=$?
	mv "$work/places/gone" "$work/places/30"
	echo "$rc $(uniq "$work/rows" | tr '\n' ' ')" | cat - "$work/err" >"$work/seen"
	echo '0 1 30 1000 ' >"$work/expected"
	same "$work/expected" "$work/seen" 'exit status and namespaces'
)

place_of_pid() (
	places || exit 1
	for pid in 1 30; do
		run "$reader" -N $pid --raw
		mv "$work/out" "$work/of-pid"
		run "$reader" --raw -d "$work/places/$pid/net/listenq"
		[ "$rc" = 0 ] && same "$work/out" "$work/of-pid" "rows of -N $pid" || exit 1
	done
	run "$reader" audit -N 30
	[ "$rc" = 0 ] || exit 1
	run "$reader" -N 5
	one_error 3 && grep -q '/5/net/listenq/listeners: not there: load the module' "$work/err"
)

# in_namespaces COMMAND...: in a mount and a network namespace of its own, as root there.
in_namespaces() {
	if [ "$(id -u)" = 0 ]; then
		timeout 60 unshare -mn "$@"
	else
		timeout 60 unshare -rmn "$@"
	fi
}

# visit_places: where -N and -A lead, for named_places to judge: namespaces blue and red of `ip netns`, process
# 30 in blue. The reader of red waits for info, so that one can see where it is.
visit_places() {
	# shellcheck disable=SC2016 # for the other shell
	in_namespaces sh -euc '
		mount -t tmpfs tmpfs /run
		mkdir /run/netns
		for name in blue red 1; do
			: >/run/netns/$name
			unshare --net=/run/netns/$name true
		done
		: >/run/netns/none
		ln -s blue /run/netns/same
		sed -i "s/^netns .*/netns $(stat -c %i /run/netns/blue)/" "$2/30/net/listenq/info"
		info=$2/net/listenq/info
		"$1" -N red --raw >"$3/red" &
		exec 3>"$info"
		[ "$(stat -L -c %i /proc/$!/ns/net)" = "$(stat -c %i /run/netns/red)" ]
		echo "abi 1" >&3
		exec 3>&-
		wait $!
		rm "$info"
		! "$1" -N none 2>"$3/none"
		cp "$2/1/net/listenq/info" "$info"
		"$1" -A --raw -H --output netns,netns_inode >"$3/rows" 2>"$3/stale"
		uniq "$3/rows" >"$3/names"
		rm /run/netns/none
		stat -c "%n %i" /run/netns/blue /run/netns/1 /run/netns/red | sed "s|.*/||" >"$3/inodes"
		"$1" -N blue >/dev/null
		unable="setpriv --bounding-set -all --inh-caps -all"
		$unable "$1" -N blue 2>"$3/denied" || echo $? >"$3/rc"
		$unable "$1" -A --raw -H --output netns,netns_inode 2>"$3/some-err" >"$3/rows" || echo $? >"$3/some-rc"
		uniq "$3/rows" >"$3/some"
		$unable "$1" check -A --synq 1000 2>/dev/null >"$3/unknown" || echo $? >>"$3/unknown"
	' sh "$reader" "$work/places" "$work"
}

named_places() (
	places || exit 1
	cp -r "$work/places/1/net/listenq" "$work/places/net/listenq"
	rm "$work/places/net/listenq/info"
	mkfifo "$work/places/net/listenq/info"
	visit_places || exit 1
	grep -q "no network namespace 'none'" "$work/none" || { cat "$work/none"; exit 1; }
	sed 's/\t/ /' "$work/names" >"$work/seen"
	# The pid 1 would lead to the namespace that has this name.
	{
		echo "$work/places/1/ns/net 101"
		sed -n 1p "$work/inodes"
		echo "1000 103"
		sed -n 2,3p "$work/inodes"
	} >"$work/expected"
	same "$work/expected" "$work/seen" 'names of -A' || exit 1
	cp "$work/stale" "$work/err"
	rc=0
	one_error 0 && grep -q 'netns/none: left out: not a network namespace' "$work/err" || exit 1
	# What cannot be entered does not hide the rest.
	sed -i '4,$d' "$work/expected"
	sed 's/\t/ /' "$work/some" >"$work/seen"
	same "$work/expected" "$work/seen" 'names of -A without privilege' || exit 1
	sed 's|^|3 |' "$work/some-err" >"$work/seen"
	for name in 1 red; do
		echo "$(cat "$work/some-rc") listenq: /run/netns/$name: left out: cannot enter:" \
			"Operation not permitted: run this as root"
	done >"$work/expected"
	same "$work/expected" "$work/seen" 'what is left out' || exit 1
	tr '\n' ' ' <"$work/unknown" >"$work/seen"
	grep -q '^LISTENQ UNKNOWN - .* 3 $' "$work/seen" || { cat "$work/seen"; exit 1; }
	run "$reader" --raw -d "$work/places/1/net/listenq"
	same "$work/out" "$work/red" 'rows of -N red' || exit 1
	cp "$work/denied" "$work/err"
	rc=$(cat "$work/rc")
	one_error 3 && grep -q 'cannot enter: Operation not permitted: run it as root' "$work/err"
)

# A cgroup is told by its path, too.
cgroup_of_path() {
	root=/sys/fs/cgroup
	[ ! -d "$root/unified" ] || root=$root/unified
	awk -v id="$(stat -c %i "$root")" '{ if (NR > 1) $22 = $1 == "3b02" ? id : 77777; print }' \
		"$tests/dirs/live/listeners" >"$work/cgroups"
	run "$reader" -f "$work/cgroups" --cgroup / -H --output local
	[ "$rc" = 0 ] && [ "$(cat "$work/out")" = 0.0.0.0:9000 ]
}
