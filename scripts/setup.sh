#!/usr/bin/env bash
# Installs what is missing on a Debian machine, by package name:
#   scripts/setup.sh build | test | lint | fuzz | run ...      (several at once are fine; default: build)
#
# build   compiler, build tools, the libraries that are linked
# test    build, test libraries, and the container engines that tests run for real: those named in
#         CONTAINER_ENGINES (default: docker podman podman-user containerd lxc libvirt-lxc)
# lint    clang-format, clang-tidy, shellcheck
# fuzz    build, and a clang that has libFuzzer and C++20's coroutines (15 or newer)
# run     build and one engine, the one that the demonstration starts
#
# Works as root or through sudo. When everything is there, apt is not called. No daemon is started.
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)

build_packages=(make cmake ninja-build g++ ccache pkg-config ca-certificates libnghttp2-dev libprotozero-dev
  libfmt-dev libcli11-dev libbenchmark-dev)
test_packages=(libgtest-dev libgmock-dev valgrind binutils jq procps util-linux busybox-static
  debian-archive-keyring debootstrap)
fuzz_packages=(clang libclang-rt-dev)
grep -qs '^VERSION_CODENAME=bookworm' /etc/os-release && fuzz_packages=(clang-16 libclang-rt-16-dev)
lint_packages=(clang-format clang-tidy shellcheck)

say() { printf 'setup: %s\n' "$*" >&2; }
die() {
  say "error: $*"
  exit 1
}

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# Boost's headers from 1.81 on, whichever package has them.
have_boost() {
  local package version status all
  all=$(dpkg-query -W -f '${Package} ${Version} ${db:Status-Status}\n' 'libboost*-dev' 2>/dev/null) || return 1
  while read -r package version status; do
    [[ $package =~ ^libboost([0-9.]+)?-dev$ && $status = installed ]] || continue
    if dpkg --compare-versions "$version" ge 1.81; then return 0; fi
  done <<<"$all"
  return 1
}

boost_package() {
  local candidate
  if [ -n "$(apt-cache show --no-all-versions libboost1.81-dev 2>/dev/null)" ]; then
    echo libboost1.81-dev
    return
  fi
  candidate=$(apt-cache policy libboost-dev 2>/dev/null | awk '/Candidate:/ { print $2 }')
  dpkg --compare-versions "${candidate:-0}" ge 1.81 ||
    die "Boost 1.81 or newer is needed; apt here offers libboost-dev ${candidate:-not at all}"
  echo libboost-dev
}

# as_root COMMAND... : directly or through sudo.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "this needs root, and there is no sudo: $*"
  fi
}

apt() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 "$@"; }

updated=
refresh_lists() {
  local try
  [ -z "$updated" ] || return 0
  for try in 1 2 3; do
    say "apt-get update"
    if apt update >&2; then
      updated=1
      return 0
    fi
    say "apt-get update failed (try $try of 3)"
    sleep $((try * 2))
  done
  die "apt-get update failed three times: is the network up, are the sources right?"
}

# While packages are configured their daemons must not start: a policy-rc.d that says so, unless there is one.
policy=/usr/sbin/policy-rc.d
policy_made=
forbid_daemons() {
  [ ! -e "$policy" ] || return 0
  as_root sh -c "printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy"
  policy_made=1
}
allow_daemons() {
  [ -n "$policy_made" ] || return 0
  as_root rm -f "$policy"
  policy_made=
}
trap allow_daemons EXIT

no_apt() {
  cat >&2 <<TEXT
setup: error: this is no Debian (no $1 here); install these with your distribution's tools, then run cmake yourself:
  g++ 12 or newer, CMake 3.25 or newer, Ninja, pkg-config, Boost 1.81 or newer (headers),
  libnghttp2, protozero, fmt, CLI11; for tests GoogleTest and Google Benchmark.
  Fedora:     gcc-c++ cmake ninja-build boost-devel libnghttp2-devel protozero-devel fmt-devel cli11-devel gtest-devel gmock-devel google-benchmark-devel
  Arch Linux: gcc cmake ninja boost libnghttp2 protozero fmt cli11 gtest benchmark
TEXT
  exit 1
}

# install_missing PACKAGE... : by name; `boost` stands for the one that has Boost's headers here.
install_missing() {
  local package missing=()
  for package in "$@"; do
    if [ "$package" = boost ]; then
      have_boost || missing+=(boost)
    else
      installed "$package" || missing+=("$package")
    fi
  done
  [ ${#missing[@]} -gt 0 ] || return 0

  command -v apt-get >/dev/null || no_apt apt-get
  say "missing packages: ${missing[*]/#boost/libboost1.81-dev}"
  [ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
    die "this is not root and there is no sudo; as root: apt-get install ${missing[*]/#boost/libboost1.81-dev}"
  # Without lists of packages, as on a fresh machine, apt knows none of them.
  find /var/lib/apt/lists -name '*_Packages*' 2>/dev/null | grep -q . || refresh_lists
  for package in "${missing[@]}"; do
    [ "$package" = boost ] || [ -n "$(apt-cache show --no-all-versions "$package" 2>/dev/null)" ] || refresh_lists
  done
  if [[ " ${missing[*]} " == *" boost "* ]]; then
    [ -n "$(apt-cache show --no-all-versions libboost1.81-dev 2>/dev/null)" ] || refresh_lists
    package=$(boost_package)
    missing=("${missing[@]/#boost/$package}")
  fi
  forbid_daemons
  if ! apt install -y --no-install-recommends "${missing[@]}" >&2; then
    # Lists that are too old name versions that the mirror no longer has.
    [ -z "$updated" ] || die "apt-get install ${missing[*]} failed"
    refresh_lists
    apt install -y --no-install-recommends "${missing[@]}" >&2 || die "apt-get install ${missing[*]} failed"
  fi
  allow_daemons
}

# install_engine NAME : by its own script, which knows its packages in every Debian release.
install_engine() {
  local script=$here/engines/$1.sh
  [ -x "$script" ] || die "there is no engine $1: $script"
  if engine_complete "$1"; then return 0; fi
  find /var/lib/apt/lists -name '*_Packages*' 2>/dev/null | grep -q . || refresh_lists
  forbid_daemons
  if ! as_root "$script" install >&2; then
    refresh_lists
    as_root "$script" install >&2 || die "the engine $1 cannot be installed; leave it out with CONTAINER_ENGINES='...'"
  fi
  allow_daemons
}

# engine_complete NAME : are its command and the image tools there? Asked first, so that nothing needs root then.
engine_complete() {
  local commands
  case $1 in
  docker) commands=(dockerd docker iptables) ;;
  podman) commands=(podman crun conmon iptables) ;;
  podman-user) commands=(podman crun conmon newuidmap useradd setpriv pgrep) ;;
  containerd) commands=(containerd ctr runc iptables curl protoc xxd) ;;
  lxc) commands=(lxc-start) ;;
  libvirt-lxc) commands=(libvirtd virsh /usr/lib/libvirt/libvirt_lxc iptables) ;;
  *) return 1 ;;
  esac
  local command
  for command in "${commands[@]}" busybox jq ip nsenter; do
    PATH=$PATH:/usr/sbin:/sbin command -v "$command" >/dev/null || return 1
  done
}

# The engine of the demonstration: one that is there, else podman.
demo_engine() {
  local engine
  for engine in podman docker; do
    if engine_complete "$engine"; then
      echo "$engine"
      return
    fi
  done
  echo podman
}

command -v dpkg-query >/dev/null || no_apt dpkg-query
[ $# -gt 0 ] || set -- build
packages=()
engines=()
for group in "$@"; do
  case $group in
  build) packages+=("${build_packages[@]}" boost) ;;
  test)
    packages+=("${build_packages[@]}" boost "${test_packages[@]}")
    for engine in ${CONTAINER_ENGINES-docker podman podman-user containerd lxc libvirt-lxc}; do
      engines+=("$engine")
    done
    ;;
  lint) packages+=("${build_packages[@]}" boost "${test_packages[@]}" "${lint_packages[@]}") ;;
  fuzz) packages+=("${build_packages[@]}" boost "${fuzz_packages[@]}") ;;
  run) packages+=("${build_packages[@]}" boost jq busybox-static) engines+=("$(demo_engine)") ;;
  -h | --help)
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "$0"
    exit 0
    ;;
  *) die "unknown group $group; there are: build test lint fuzz run" ;;
  esac
done
install_missing "${packages[@]}"
for engine in "${engines[@]}"; do install_engine "$engine"; done
