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
		unavailable "$* cannot be resolved: see above"
	rm -rf "$tree" "$tree.new"
	# shellcheck disable=SC2086 # one word a package
	apt_unpack "$tree.new" $packages || unavailable "$* cannot be downloaded: see above"
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

# servers_haproxy TREE ROOT: haproxy, which listens on port 8080 and hands requests on to port 80.
servers_haproxy()
{
	apt_program "$1" /usr/sbin/haproxy "$2"
	cat >"$2/etc/haproxy.cfg" <<-EOT
		global
			maxconn 10000
		defaults
			mode http
			maxconn 10000
			timeout connect 60s
			timeout client 60s
			timeout server 60s
		frontend web
			bind 0.0.0.0:8080
			default_backend nginx
		backend nginx
			server one 127.0.0.1:80
	EOT
}

# servers_tour ARCH ROOT: all that tests/vm/cases/140-tour.sh starts.
servers_tour()
{
	tree=$CACHE/servers-$1
	servers_fetch "$1" "$tree" haproxy nginx redis-server python3-minimal libpython3-stdlib wrk || return
	servers_nginx "$tree" "$2"
	servers_haproxy "$tree" "$2"
	for program in redis-server redis-benchmark python3.11 wrk; do
		apt_program "$tree" "/usr/bin/$program" "$2"
	done
	mkdir -p "$2/usr/lib"
	cp -R "$tree/usr/lib/python3.11" "$2/usr/lib/"
	cp "$TOP/tests/vm/tour-server.py" "$2/"
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
