# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Real programs out of Debian's packages, for a guest; nothing is installed. Sourced after apt.sh.

# servers_fetch ARCH TREE PACKAGE...: these and the libraries that they need, unpacked into TREE of the cache.
servers_fetch()
(
	arch=$1
	tree=$2
	shift 2
	flock 9
	[ "$(cat "$tree/wanted" 2>/dev/null)" != "$*" ] || return 0
	names=$(echo "$*" | sed 's/-minimal//g; s/ /|/g')
	apt_open "$arch" bookworm,bookworm-security
	packages=$(apt_closure "$@" | grep -E "^($names|redis-tools|lib|zlib)" | grep -v perl) ||
		die "$* cannot be resolved: see above"
	rm -rf "$tree" "$tree.new"
	# shellcheck disable=SC2086 # one word a package
	apt_unpack "$tree.new" $packages || die "$* cannot be downloaded: see above"
	echo "$*" >"$tree.new/wanted"
	mv "$tree.new" "$tree"
) 9>"$CACHE/lock"

# servers_nginx TREE ROOT: nginx, which listens on port 80 of both families, in the guest's ROOT.
servers_nginx()
{
	apt_program "$1" /usr/sbin/nginx "$2"
	mkdir -p "$2/etc/nginx" "$2/var/lib/nginx" "$2/var/log/nginx"
	echo 'root:x:0:0::/:/bin/sh' >"$2/etc/passwd"
	echo 'root:x:0:' >"$2/etc/group"
	cat >"$2/etc/nginx/nginx.conf" <<-EOT
		user root;
		worker_processes 1;
		pid /run/nginx.pid;
		events { }
		http {
			access_log off;
			server { listen 80; listen [::]:80; return 200 "listenq\n"; }
		}
	EOT
}

# servers_show LOG: what a guest has printed. Its serial port was a terminal with colours for the reader.
servers_show()
{
	if [ -t 1 ]; then
		cat "$1"
	else
		sed 's/\x1b\[[0-9;]*m//g' "$1"
	fi
}
