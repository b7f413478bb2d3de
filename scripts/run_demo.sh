#!/usr/bin/env bash
# The main job, shown on real containers: scripts/run_demo.sh [BUILD-DIR]
# Starts a private engine (Podman, else Docker) with a container in it, lists what ctrmeta finds, watches live
# events for some seconds while a second container starts, and takes everything down again. Needs root.
set -euo pipefail
cd "$(dirname "$0")/.."

build=${1:-build}
tool=$build/bin/ctrmeta
seconds=${DEMO_SECONDS:-10}
[ -x "$tool" ] || { echo "run_demo.sh: $tool is missing: run make build first" >&2; exit 1; }
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null ||
    { echo "run_demo.sh: watching processes and starting containers needs root, and there is no sudo" >&2; exit 1; }
  exec sudo "$0" "$@"
fi

bold='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' plain=$'\e[0m'; fi
title() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }
tell() { printf '   %s\n' "$@"; }

dir=$(mktemp -d /tmp/container-demo.XXXXXX)
export ENGINE_BASE=$dir/e ENGINE_BASE_FILE=$dir/engine.base
engine=
watcher=
# shellcheck disable=SC2317
clean_up() {
  local status=$?
  trap - EXIT INT TERM
  if [ -n "$watcher" ]; then kill "$watcher" 2>/dev/null || true; fi
  if [ -n "$engine" ]; then "scripts/engines/$engine.sh" down >>"$dir/log" 2>&1 || true; fi
  if [ "$status" != 0 ] && [ -s "$dir/log" ]; then
    printf '\nrun_demo.sh: this went wrong; the end of its log:\n' >&2
    tail -n 20 "$dir/log" >&2
  fi
  rm -rf --one-file-system "$dir"
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ctl COMMAND... : the engine's script, its chatter into the log.
ctl() { "scripts/engines/$engine.sh" "$@" >>"$dir/log" 2>&1; }

bring_up() {
  local candidate commands
  commands=(podman:podman docker:dockerd)
  for candidate in "${commands[@]}"; do
    PATH=$PATH:/usr/sbin command -v "${candidate#*:}" >/dev/null || continue
    engine=${candidate%:*}
    if ctl up "$ENGINE_BASE" && ctl image; then return 0; fi
    ctl down || true
    engine=
  done
  echo "run_demo.sh: neither podman nor docker can be started on this machine" >&2
  return 1
}

title "Starting a private container engine"
bring_up
socket=$("scripts/engines/$engine.sh" socket)
tell "$engine, with a socket of its own: $socket" "Your own containers are left alone; all of this is gone at the end."

# The plugin's configuration as it stands in falco.yaml under init_config. Sockets that do not exist are
# waited for, so the engine of this machine is followed too.
case $engine in
podman) usual=/run/podman/podman.sock ;;
docker) usual=/var/run/docker.sock ;;
esac
printf '{"engines": {"%s": {"enabled": true, "sockets": ["%s", "%s"]}}}\n' "$engine" "$socket" "$usual" \
  >"$dir/config.json"

mkdir -p "$dir/site"
echo '<h1>Hello</h1>' >"$dir/site/index.html"
# shellcheck disable=SC2016
ctl run shop-web --label app=shop --label tier=frontend -v "$dir/site:/data:ro" -- \
  sh -c 'while true; do ls /data; sleep 2; done >/dev/null'

title "ctrmeta list: the containers that run now"
"$tool" list --config "$dir/config.json"

title "ctrmeta run: $seconds seconds of live events, as a Falco rule would see them"
tell "Each line is a process that starts, executes a program or ends in a container (-c leaves the others out)." \
  "The container's part of the line comes from the plugin: libcontainer.so, loaded as Falco loads it." \
  "shop-web runs already. shop-job starts meanwhile: name and image are known from its first event on, because" \
  "the plugin reads what its runtime is started with and does not wait for the engine." ""
format='%evt.time %container.id %container.name %container.image.repository:%container.image.tag %proc.cmdline'
timeout $((seconds + 20)) "$tool" run -c --config "$dir/config.json" --duration "$seconds" -p "$format" &
watcher=$!
sleep 3
ctl run shop-job --label app=shop --label tier=batch -- \
  sh -c 'id; uname -a; ls /; sleep 2; echo done' || true
wait "$watcher"
watcher=

title "What you saw"
tell "Columns: time, container id, container name, image repository and tag, command line." \
  "In a rule these are container.id, container.name, container.image.repository, ... : docs/fields.md." \
  "The same library goes into Falco: packaging/falco-container.yaml. All tests: make test."
