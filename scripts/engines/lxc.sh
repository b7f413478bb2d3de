#!/bin/bash
#
# lxc.sh - LXC containers in a private directory, for tests. LXC has no daemon and
# no API: `up` only prepares directories and namespaces.
#
#   lxc.sh install
#   lxc.sh up BASEDIR
#   lxc.sh image
#   lxc.sh run NAME [options] [-- COMMAND [ARG...]]
#       --env K=V   --mount SRC:DST[:ro]   (repeatable)
#       --user UID  --group GID
#       --memory BYTES  --cpu-shares N     (where there is such a controller)
#       --set KEY=VALUE                    any line of lxc.container.conf(5)
#   lxc.sh down
#
# and for convenience
#
#   lxc.sh cli TOOL ARGS...   an lxc-TOOL on these containers: cli info -n NAME
#   lxc.sh pid NAME           PID (on the host) of a container's first process
#   lxc.sh socket             nothing: there is none
#   lxc.sh rm NAME            ends and removes a container
#
# Settings: ENGINE_BASE, ENGINE_CGROUPS (see common.sh).
#
# LXC has no images, labels, published ports or health checks. Works with lxc of
# Debian 12 (5.0), 13 (6.0) and sid (7.0, which knows cgroup v2 only).

ENGINE=lxc
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

lxc_cli() { # TOOL ARGS...
	local tool=$1
	shift
	ns_prefix
	"${NS_EXEC[@]}" "lxc-$tool" -P "$BASE/lxc" "$@"
}

cmd_install() {
	pkg_install lxc iproute2 util-linux procps busybox-static
	lxc-info --version
}

cmd_up() {
	set_base "${1:-}"
	if daemon_pid ns >/dev/null; then
		log "already up: $BASE"
		return 0
	fi
	cgroup_setup
	# LXC 7 does not start in hybrid mode.
	if [ "$(cgroup_mode)" = hybrid ] && dpkg --compare-versions "$(lxc-info --version)" ge 7; then
		: "${ENGINE_CGROUPS:=v2}"
	fi
	mkdir -p "$BASE/lxc"
	ns_up
	log "lxc $(lxc-info --version) in $BASE/lxc, cgroups: $(engine_cgroups)"
}

cmd_image() {
	need_base
	mkdir -p "$BASE/images"
	[ -d "$BASE/images/rootfs" ] || make_rootfs "$BASE/images/rootfs"
	echo "$BASE/images/rootfs"
}

# lxc_v1 : does LXC use the v1 hierarchies? Not from LXC 7 on.
lxc_v1() {
	[ "$(engine_cgroups)" != v2 ] &&
		dpkg --compare-versions "$(lxc-info --version)" lt 7
}

# v2_has CONTROLLER
v2_has() {
	[[ " $(v2_controllers) " == *" $1 "* ]] ||
		{ warn "no $1 controller, limit left out"; return 1; }
}

cmd_run() {
	local name=${1:?usage: run NAME [options] [-- COMMAND]} conf k v src dst opt
	need_base
	shift
	[ -d "$BASE/images/rootfs" ] || die "run $0 image first"
	[ ! -e "$BASE/lxc/$name" ] || die "$name exists"
	mkdir -p "$BASE/lxc/$name"
	cp -a "$BASE/images/rootfs" "$BASE/lxc/$name/rootfs"
	conf=$BASE/lxc/$name/config
	cat >"$conf" <<-CONF
	lxc.uts.name = $name
	lxc.rootfs.path = dir:$BASE/lxc/$name/rootfs
	lxc.net.0.type = empty
	lxc.mount.auto = proc:mixed sys:mixed
	lxc.tty.max = 0
	lxc.pty.max = 16
	lxc.autodev = 1
	lxc.apparmor.profile = unconfined
	CONF
	while [ $# -gt 0 ]; do
		k=$1
		v=${2:-}
		case $k in
		--) shift; break ;;
		--env) echo "lxc.environment = $v" ;;
		--user) echo "lxc.init.uid = $v" ;;
		--group) echo "lxc.init.gid = $v" ;;
		--mount)
			src=${v%%:*} dst=${v#*:} opt=rw
			case $dst in *:ro) opt=ro ;; esac
			dst=${dst%%:*}
			# A target without a leading slash is below the root.
			[ -d "$src" ] && opt=$opt,create=dir || opt=$opt,create=file
			echo "lxc.mount.entry = $src ${dst#/} none bind,$opt 0 0"
			;;
		--memory)
			if lxc_v1; then
				echo "lxc.cgroup.memory.limit_in_bytes = $v"
			elif v2_has memory; then
				echo "lxc.cgroup2.memory.max = $v"
			fi
			;;
		--cpu-shares)
			if lxc_v1; then
				echo "lxc.cgroup.cpu.shares = $v"
			elif v2_has cpu; then
				# The kernel's two scales: 2..262144 and 1..10000.
				echo "lxc.cgroup2.cpu.weight = $((1 + (v - 2) * 9999 / 262142))"
			fi
			;;
		--set) echo "${v%%=*} = ${v#*=}" ;;
		*) die "unknown option: $k" ;;
		esac >>"$conf"
		shift 2
	done
	[ $# -gt 0 ] || set -- /bin/sleep 3600
	case $1 in
	/*) ;;
	*) set -- "/bin/$1" "${@:2}" ;; # there is no PATH search for init
	esac
	lxc_cli start -n "$name" -d -f "$conf" -l INFO -o "$BASE/log/$name.log" -- "$@" ||
		{ tail -n 20 "$BASE/log/$name.log" >&2; die "$name did not start"; }
	echo "$name"
}

cmd_pid() {
	need_base
	lxc_cli info -n "${1:?container name}" -p -H
}

cmd_cli() { need_base; lxc_cli "$@"; }

cmd_socket() { need_base; }

cmd_rm() {
	local name=${1:?container name}
	need_base
	lxc_cli stop -n "$name" -k >/dev/null 2>&1 || true
	cgroup_rmdirs "lxc.payload.$name" "lxc.monitor.$name"
	wipe "$BASE/lxc/$name"
}

cmd_down() {
	local c
	get_base || return 0
	if daemon_pid ns >/dev/null; then
		for c in $(lxc_cli ls -1 2>/dev/null || true); do
			lxc_cli stop -n "$c" -k >/dev/null 2>&1 || true
			cgroup_rmdirs "lxc.payload.$c" "lxc.monitor.$c"
		done
	fi
	# Where monitors go to die; shared, so it may be in use.
	cgroup_rmdirs lxc.pivot
	ns_down
	wipe "$BASE"/{lxc,tmp,pid}
	forget_base
	log "down"
}

dispatch "$@"
