#!/bin/bash
#
# libvirt-lxc.sh - a private libvirtd with its LXC driver, for tests.
#
#   libvirt-lxc.sh install
#   libvirt-lxc.sh up BASEDIR
#   libvirt-lxc.sh image
#   libvirt-lxc.sh run NAME [options] [-- COMMAND [ARG...]]
#       --env K=V   --mount SRC:DST[:ro]   (repeatable)
#       --user NAME   --memory BYTES   --cpu-shares N
#   libvirt-lxc.sh down
#
# and for convenience
#
#   libvirt-lxc.sh cli ARGS...   virsh, talking to this daemon
#   libvirt-lxc.sh pid NAME      PID (on the host) of a container's first process
#   libvirt-lxc.sh rm NAME       ends and removes a container
#   libvirt-lxc.sh socket        BASEDIR/run/libvirt-sock
#
# Settings: ENGINE_BASE and ENGINE_CGROUPS (see common.sh; default: v1 on a hybrid
# machine).
#
# A libvirtd run by root has fixed paths. It gets them to itself in a mount
# namespace, where they are directories below BASEDIR. It needs a memory controller,
# so on a hybrid machine ENGINE_CGROUPS=v2 will not do. Works with libvirt of Debian
# 12 (9.0), 13 (11.3) and sid (12.8).

ENGINE=libvirt-lxc
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

# What libvirtd has to itself: directory below $BASE, and where it expects it.
libvirt_dirs=(run:/run/libvirt etc:/etc/libvirt lib:/var/lib/libvirt
	cache:/var/cache/libvirt)

virsh_cli() {
	ns_prefix
	"${NS_EXEC[@]}" virsh -q -c lxc:///system "$@"
}

cmd_install() {
	pkg_install libvirt-daemon libvirt-daemon-driver-lxc libvirt-clients \
		iptables iproute2 util-linux procps busybox-static
	libvirtd --version
}

cmd_up() {
	local d
	set_base "${1:-}"
	if daemon_pid libvirtd >/dev/null; then
		log "already up: $BASE/run/libvirt-sock"
		return 0
	fi
	cgroup_setup
	if [ "$(cgroup_mode)" = hybrid ]; then : "${ENGINE_CGROUPS:=v1}"; fi
	ENGINE_MOUNTS=1 ns_up
	ns_prefix
	for d in "${libvirt_dirs[@]}"; do
		mkdir -p "$BASE/${d%%:*}" "${d#*:}"
		"${NS_EXEC[@]}" mountpoint -q "${d#*:}" ||
			"${NS_EXEC[@]}" mount --bind "$BASE/${d%%:*}" "${d#*:}"
	done
	cat >"$BASE/etc/libvirtd.conf" <<-CONF
	unix_sock_dir = "/run/libvirt"
	unix_sock_rw_perms = "0700"
	auth_unix_ro = "none"
	auth_unix_rw = "none"
	log_outputs = "2:stderr"
	host_uuid = "$(cat /proc/sys/kernel/random/uuid)"
	CONF
	# The LXC driver alone. Debian's libvirtd comes with others, of which QEMU's
	# fails without a user that only libvirt-daemon-system makes.
	mkdir -p "$BASE/drivers"
	ln -sf /usr/lib/*/libvirt/connection-driver/libvirt_driver_lxc.so "$BASE/drivers/"
	start_daemon libvirtd "${NS_EXEC[@]}" env "LIBVIRT_DRIVER_DIR=$BASE/drivers" libvirtd \
		--config /etc/libvirt/libvirtd.conf --pid-file /run/libvirt/libvirtd.pid
	wait_for "$ENGINE_WAIT" libvirtd virsh_cli list
	log "$(libvirtd --version | tail -n 1) at $BASE/run/libvirt-sock, cgroups: $(engine_cgroups)"
}

cmd_image() {
	need_base
	mkdir -p "$BASE/images"
	[ -d "$BASE/images/rootfs" ] || make_rootfs "$BASE/images/rootfs"
	echo "$BASE/images/rootfs"
}

xml_quote() {
	local s=${1//&/&amp;}
	s=${s//</&lt;}
	s=${s//>/&gt;}
	s=${s//\'/&apos;}
	printf '%s' "$s"
}

cmd_run() {
	local name=${1:?usage: run NAME [options] [-- COMMAND]} k v src dst ro
	local env='' mounts='' user='' memory=268435456 shares='' argv='' a
	need_base
	shift
	[ -d "$BASE/images/rootfs" ] || die "run $0 image first"
	while [ $# -gt 0 ]; do
		k=$1
		v=${2:-}
		case $k in
		--) shift; break ;;
		--env) env+="<initenv name='${v%%=*}'>$(xml_quote "${v#*=}")</initenv>" ;;
		--user) user="<inituser>$v</inituser>" ;;
		--memory) memory=$v ;;
		--cpu-shares) shares="<cputune><shares>$v</shares></cputune>" ;;
		--mount)
			src=${v%%:*} dst=${v#*:} ro=''
			case $dst in *:ro) ro='<readonly/>' ;; esac
			mounts+="<filesystem type='mount'><source dir='$(xml_quote "$src")'/><target dir='${dst%%:*}'/>$ro</filesystem>"
			;;
		*) die "unknown option: $k" ;;
		esac
		shift 2
	done
	[ $# -gt 0 ] || set -- /bin/sleep 3600
	case $1 in /*) ;; *) set -- "/bin/$1" "${@:2}" ;; esac
	for a in "${@:2}"; do argv+="<initarg>$(xml_quote "$a")</initarg>"; done
	rm -rf "$BASE/lib/rootfs-$name"
	cp -a "$BASE/images/rootfs" "$BASE/lib/rootfs-$name"
	cat >"$BASE/tmp/$name.xml" <<-XML
	<domain type='lxc'>
	  <name>$name</name>
	  <memory unit='b'>$memory</memory>
	  <vcpu>1</vcpu>
	  $shares
	  <os><type>exe</type><init>$1</init>$argv$env$user</os>
	  <devices>
	    <filesystem type='mount'><source dir='/var/lib/libvirt/rootfs-$name'/><target dir='/'/></filesystem>
	    $mounts
	    <console type='pty'/>
	  </devices>
	</domain>
	XML
	virsh_cli create "$BASE/tmp/$name.xml"
}

# The container's init is the only child of its controller (libvirt_lxc), whose PID
# is what libvirt knows as the domain's.
cmd_pid() {
	local name=${1:?container name} controller
	need_base
	controller=$(cat "$BASE/run/lxc/$name.pid")
	tr -d ' ' <"/proc/$controller/task/$controller/children"
	echo
}

cmd_cli() { need_base; virsh_cli "$@"; }

cmd_rm() {
	local name=${1:?container name}
	need_base
	virsh_cli destroy "$name"
	wipe "$BASE/lib/rootfs-$name"
}

cmd_socket() { need_base; echo "$BASE/run/libvirt-sock"; }

cmd_down() {
	local c
	get_base || return 0
	if daemon_pid libvirtd >/dev/null; then
		for c in $(virsh_cli list --name 2>/dev/null || true); do
			virsh_cli destroy "$c" >/dev/null 2>&1 || true
		done
	fi
	stop_daemon libvirtd
	for c in "$BASE"/run/lxc/*.pid; do
		# Controllers that outlived a crashed libvirtd.
		[ -s "$c" ] || continue
		[ "$(cat "/proc/$(cat "$c")/comm" 2>/dev/null)" = libvirt_lxc ] || continue
		kill -KILL "$(cat "$c")" 2>/dev/null || true
	done
	ns_down
	cgroup_rmdirs machine
	wipe "$BASE"/{run,etc,lib,cache,drivers,tmp,pid}
	forget_base
	log "down"
}

dispatch "$@"
