#!/usr/bin/env bash
# A small Debian of another release, kept for tests: the real libsinsp of that release, a compiler, valgrind.
#
#   scripts/chroot.sh SUITE make                      make it unless it is there; prints its directory
#   scripts/chroot.sh SUITE run [-b DIR[:AT]]... -- COMMAND [ARGUMENT...]
#                                                     make it, then run COMMAND in it
#
# SUITE: trixie (libsinsp 0.20, plugin API 3.10), sid (libsinsp 0.23, plugin API 3.12, and sysdig), or bullseye
# (glibc 2.31, what the library is loaded by on old systems).
# -b: DIR is seen inside too, at AT or at the same path. /proc, /sys and /dev are the machine's own. All mounts
# are in a mount namespace of their own and end with COMMAND.
# Kept in ${CONTAINER_PLUGIN_CHROOTS:-${XDG_CACHE_HOME:-~/.cache}/container-plugin/chroots}/SUITE; remove the
# directory to have it made anew. CONTAINER_PLUGIN_MIRROR: another mirror than http://deb.debian.org/debian.
# Exit status: COMMAND's, or 77 with the reason on stderr when the suite cannot be had on this machine.
set -euo pipefail
export LC_ALL=C

suite=${1:?usage: chroot.sh SUITE make|run ...}
action=${2:?usage: chroot.sh SUITE make|run ...}
shift 2
case $suite in
  trixie) packages=(libfalcosecurity0-dev uthash-dev libnghttp2-14 g++ valgrind) ;;
  sid) packages=(libfalcosecurity0-dev uthash-dev libnghttp2-14 g++ valgrind sysdig) ;;
  bullseye) packages=(libnghttp2-14 python3) ;;
  *) echo "chroot.sh: unknown suite '$suite', known are bullseye, trixie and sid" >&2; exit 2 ;;
esac
mirror=${CONTAINER_PLUGIN_MIRROR:-http://deb.debian.org/debian}
base=${CONTAINER_PLUGIN_CHROOTS:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/container-plugin/chroots}
root=$base/$suite
complete=$root/.container-plugin   # holds the packages it was made with
failed=$base/$suite.failed         # the reason of the last failure; tried again after ten minutes

unavailable() {
  echo "chroot.sh: no chroot of Debian $suite: $*" >&2
  exit 77
}

# inside ROOT COMMAND...: a plain chroot with the file systems that package scripts expect.
inside() {
  local at=$1
  shift
  # shellcheck disable=SC2016
  unshare --mount --propagation private sh -c \
    'at=$1; shift; mount --rbind /proc "$at/proc" && mount --rbind /dev "$at/dev" && exec chroot "$at" "$@"' \
    sh "$at" env DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

fill() {
  local new=$1
  # A release file past its date is normal for sid and says nothing about the packages.
  echo 'Acquire::Check-Valid-Until "false";' >"$new/etc/apt/apt.conf.d/90container-plugin"
  echo "deb $mirror $suite main" >"$new/etc/apt/sources.list"
  cp -L /etc/resolv.conf "$new/etc/resolv.conf" 2>/dev/null || :
  # No daemon starts in there.
  printf '#!/bin/sh\nexit 101\n' >"$new/usr/sbin/policy-rc.d"
  chmod 755 "$new/usr/sbin/policy-rc.d"
  inside "$new" apt-get -q update &&
    inside "$new" apt-get -q install -y --no-install-recommends "${packages[@]}" &&
    inside "$new" apt-get -q clean
}

make_root() {
  [ "$(cat "$complete" 2>/dev/null)" = "${packages[*]}" ] && return
  [ "$(id -u)" = 0 ] || unavailable "only root can make one"
  local tool
  for tool in debootstrap unshare chroot flock; do
    command -v "$tool" >/dev/null || unavailable "this machine has no $tool"
  done
  unshare --mount --propagation private true 2>/dev/null || unavailable "mount namespaces are not allowed here"
  mkdir -p "$base"
  exec 9>"$base/$suite.lock"
  flock 9
  [ "$(cat "$complete" 2>/dev/null)" = "${packages[*]}" ] && return
  if [ -n "$(find "$failed" -mmin -10 2>/dev/null)" ]; then
    unavailable "$(cat "$failed")"
  fi
  local log=$base/$suite.log new=$root
  if [ ! -x "$root/usr/bin/apt-get" ]; then
    new=$root.new
    rm -rf "$new"
    if ! timeout 900 debootstrap --variant=minbase "$suite" "$new" "$mirror" >"$log" 2>&1; then
      tail -n 1 "$log" >"$failed"
      unavailable "debootstrap from $mirror says: $(cat "$failed")"
    fi
  fi
  if ! fill "$new" >>"$log" 2>&1; then
    grep -E '^E:' "$log" | tail -n 1 >"$failed" || echo "see $log" >"$failed"
    unavailable "apt-get from $mirror says: $(cat "$failed")"
  fi
  rm -f "$failed"
  [ "$new" = "$root" ] || mv "$new" "$root"
  echo "${packages[*]}" >"$complete"
}

run() {
  local binds=()
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    if [ "$1" != -b ] || [ $# -lt 2 ]; then
      echo "chroot.sh: expected -b DIR or --, not '$1'" >&2
      exit 2
    fi
    binds+=("$2")
    shift 2
  done
  [ $# -ge 2 ] || { echo "chroot.sh: no command after --" >&2; exit 2; }
  shift
  local bind
  for bind in "${binds[@]}"; do mkdir -p "$root/${bind#*:}"; done
  # The root becomes a mount of its own, as a container has it: else /proc/self/mountinfo inside does not list it.
  # The library reads cgroups through /proc/1/root; where the machine's init does not let itself be looked at,
  # this shell stands in its place.
  # shellcheck disable=SC2016
  exec unshare --mount --propagation private bash -c '
    set -e
    root=$1 count=$2
    shift 2
    mount --bind "$root" "$root"
    mount --rbind /proc "$root/proc"
    mount --rbind /sys "$root/sys"
    mount --rbind /dev "$root/dev"
    while [ "$count" -gt 0 ]; do
      mount --rbind "${1%%:*}" "$root/${1#*:}"
      shift
      count=$((count - 1))
    done
    readlink /proc/1/root >/dev/null 2>&1 || mount --bind "/proc/$$" "$root/proc/1"
    exec chroot "$root" "$@"' bash "$root" "${#binds[@]}" "${binds[@]}" "$@" 9>&-
}

make_root
case $action in
  make) echo "$root" ;;
  run) [ "$(id -u)" = 0 ] || unavailable "only root can enter it"; run "$@" ;;
  *) echo "chroot.sh: unknown action '$action', known are make and run" >&2; exit 2 ;;
esac
