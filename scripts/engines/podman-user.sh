#!/bin/bash
#
# podman-user.sh - rootless podman of a user of its own, for tests. The user is made by
# `up` and removed by `down`; there is no session and no systemd.
#
#   podman-user.sh install
#   podman-user.sh up BASEDIR
#   podman-user.sh image
#   podman-user.sh run NAME [podman run options] [-- COMMAND [ARG...]]
#   podman-user.sh down
#
# and for convenience
#
#   podman-user.sh cli ARGS...  podman, as that user
#   podman-user.sh pid NAME     PID (on the host) of a container's first process
#   podman-user.sh rm NAME      ends and removes a container
#   podman-user.sh socket       /run/user/UID/podman/podman.sock, where it belongs
#   podman-user.sh logout       ends the service and removes /run/user/UID, as the end
#                               of a session does; containers go on
#
# Settings: ENGINE_IMAGE and ENGINE_BASE (see common.sh).
#
# Containers have no network but loopback, and no cgroups of their own: a user
# without a session may not make any.

# shellcheck disable=SC2034 # for common.sh
ENGINE=podman-user
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

cmd_install() {
	pkg_install podman crun conmon uidmap passwd util-linux procps busybox-static
	podman --version
}

# the_user : sets user, uid, gid and run (its runtime directory).
the_user() {
	user=$(cat "$BASE/user") || die "no user: run $0 up first"
	uid=$(id -u "$user") || die "the user $user is gone"
	gid=$(id -g "$user")
	run=/run/user/$uid
}

# user_prefix : fills USER_EXEC with what makes a command that user's, in its home directory, with nothing of
# root's environment. It only execs.
user_prefix() {
	ns_prefix
	USER_EXEC=("${NS_EXEC[@]}" setpriv --reuid "$uid" --regid "$gid" --init-groups --
		env -i -C "$BASE/home" "HOME=$BASE/home" "USER=$user" "XDG_RUNTIME_DIR=$run"
		PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin)
}

user_podman() { "${USER_EXEC[@]}" podman "$@"; }

cmd_up() {
	set_base "${1:-}"
	if daemon_pid service >/dev/null; then
		log "already up"
		return 0
	fi
	if [ ! -s "$BASE/user" ]; then
		user=ctest$$
		touch /etc/subuid /etc/subgid
		# An ordinary user: those get ranges in /etc/subuid and /etc/subgid.
		useradd --no-log-init --no-create-home --home-dir "$BASE/home" --shell /usr/sbin/nologin \
			--key UID_MIN=40000 --key UID_MAX=49999 --key GID_MIN=40000 --key GID_MAX=49999 "$user"
		printf '%s\n' "$user" >"$BASE/user"
	fi
	the_user
	# crun does not work in hybrid mode while cgroup v2 has a controller.
	cgroup_setup
	if [ "$(cgroup_mode)" = hybrid ]; then : "${ENGINE_CGROUPS:=v1}"; fi
	ns_up
	mkdir -p "$BASE/home/.config/containers"
	cat >"$BASE/home/.config/containers/containers.conf" <<-CONF
	[containers]
	default_ulimits = []
	pids_limit = 0
	netns = "none"
	[engine]
	cgroup_manager = "cgroupfs"
	events_logger = "file"
	runtime = "crun"
	CONF
	chown -R "$uid:$gid" "$BASE/home"
	mkdir -p /run/user
	install -d -m 700 -o "$uid" -g "$gid" "$run" "$run/podman"
	user_prefix
	start_daemon service "${USER_EXEC[@]}" podman system service --time 0 "unix://$run/podman/podman.sock"
	wait_for "$ENGINE_WAIT" service user_podman --remote --url "unix://$run/podman/podman.sock" version
	log "$(podman --version) of $user at $run/podman/podman.sock"
}

cmd_image() {
	need_base
	the_user
	user_prefix
	build_images "$BASE/images"
	chmod 755 "$BASE/images"
	user_podman load -q -i "$BASE/images/test.tar"
}

cmd_run() {
	take_run "$@"
	need_base
	the_user
	user_prefix
	user_podman run -d --name "$RUN_NAME" "${RUN_OPTIONS[@]}" "$ENGINE_IMAGE" "${RUN_COMMAND[@]}"
}

cmd_cli() { need_base; the_user; user_prefix; user_podman "$@"; }

cmd_rm() { cmd_cli rm -f -t 0 "${1:?container name}"; }

cmd_pid() { cmd_cli inspect --format '{{.State.Pid}}' "${1:?container name}"; }

cmd_socket() { need_base; the_user; echo "$run/podman/podman.sock"; }

cmd_logout() {
	need_base
	the_user
	stop_daemon service 5
	umount_all "$run"
	rm -rf --one-file-system "$run"
}

# kill_user : every process of the user, who has none but ours.
kill_user() {
	local i pids
	for ((i = 0; i < 50; i++)); do
		pids=$(pgrep -U "$uid" || true)
		[ -n "$pids" ] || return 0
		# shellcheck disable=SC2086
		kill -KILL $pids 2>/dev/null || true
		sleep 0.1
	done
	warn "processes of $user are left: $pids"
}

cmd_down() {
	get_base || return 0
	if [ -s "$BASE/user" ] && id -u "$(cat "$BASE/user")" >/dev/null 2>&1; then
		the_user
		if [ -d "$run" ] && daemon_pid ns >/dev/null; then
			user_prefix
			user_podman rm -a -f -t 0 >/dev/null 2>&1 || true
		fi
		stop_daemon service 5
		kill_user
		umount_all "$run"
		rm -rf --one-file-system "$run"
		userdel "$user" 2>/dev/null || warn "cannot remove the user $user"
	fi
	ns_down
	rm -f "$BASE/user"
	wipe "$BASE"/{home,tmp,pid}
	forget_base
	log "down"
}

dispatch "$@"
