#!/usr/bin/env bash
# Runs the test host on the real libsinsp of another Debian; compiles it there first when its sources changed.
#   run.sh [-b DIR[:AT]]... SUITE PLUGIN COMMAND [ARGUMENT...]
# PLUGIN: path of a built libcontainer.so; the command sees it as /plugin/libcontainer.so. -b: as in chroot.sh.
# COMMAND: one of the host's, see sinsp_host.cpp; or "prepare" to have everything compiled; or "--" and any program
# of the chroot with its arguments, of which HOST stands for the test host.
# Exit status: the command's, or 77 with the reason on stderr when the suite cannot be had on this machine.
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
chroot=$here/../../scripts/chroot.sh
binds=()
while [ "${1:-}" = -b ]; do
  binds+=(-b "$2")
  shift 2
done
suite=${1:?usage: run.sh [-b DIR]... SUITE PLUGIN COMMAND [ARGUMENT...]}
plugin=$(readlink -f "${2:?usage: run.sh [-b DIR]... SUITE PLUGIN COMMAND [ARGUMENT...]}")
shift 2

root=$("$chroot" "$suite" make)
hash=$(cd "$here" && find . -maxdepth 1 \( -name '*.h' -o -name '*.cpp' -o -name build_host.sh \) ! -name '*_test.cpp' |
  sort | xargs cat | sha256sum | cut -c1-16)
host=/opt/container-plugin/sinsp_host-$hash
if [ ! -x "$root$host" ]; then
  mkdir -p "$root/opt/container-plugin"
  exec 8>"$root/opt/container-plugin/lock"
  flock 8
  if [ ! -x "$root$host" ]; then
    rm -f "$root"/opt/container-plugin/sinsp_host-*
    log=$root/opt/container-plugin/log
    if ! "$chroot" "$suite" run -b "$here:/src" -- /src/build_host.sh "$host" >"$log" 2>&1 8>&-; then
      cat "$log" >&2
      exit 1
    fi
  fi
  exec 8>&-
fi
case ${1:-prepare} in
  prepare) exit 0 ;;
  --)
    shift
    command=()
    for word in "$@"; do
      [ "$word" = HOST ] && word=$host
      command+=("$word")
    done
    ;;
  *) command=("$host" "$1" /plugin/libcontainer.so "${@:2}") ;;
esac
exec "$chroot" "$suite" run -b "$(dirname "$plugin"):/plugin" "${binds[@]}" -- "${command[@]}"
