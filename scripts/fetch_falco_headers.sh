#!/usr/bin/env bash
# Fetches the plugin headers of a Falco that Debian packages, for tests that compare them with ours.
#
#   scripts/fetch_falco_headers.sh SUITE [CACHE]
#
# SUITE: trixie (plugin API 3.10) or sid (3.12). Prints the directory to include from. What was fetched once
# stays in CACHE (default ${XDG_CACHE_HOME:-~/.cache}/container-plugin/falco-headers).
# Exit status: 0, or 77 with the reason on stderr when the package cannot be had here.
# The machine's own apt is left alone: lists, cache and sources are private, root is not needed.
set -euo pipefail

package=libfalcosecurity0-dev
suite=${1:?usage: fetch_falco_headers.sh SUITE [CACHE]}
cache=${2:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/container-plugin/falco-headers}
dir=$cache/$suite
include=$dir/tree/usr/include/falcosecurity

unavailable() {
  echo "fetch_falco_headers.sh: $package of $suite is not available: $*" >&2
  exit 77
}

for tool in apt-get dpkg-deb; do
  command -v "$tool" >/dev/null || unavailable "this machine has no $tool"
done
keyring=
for file in /usr/share/keyrings/debian-archive-keyring.{pgp,gpg}; do
  if [ -r "$file" ]; then keyring=$file; fi
done
[ -n "$keyring" ] || unavailable "the package debian-archive-keyring is not installed"

mkdir -p "$dir"
exec 9>"$dir/lock"
flock 9
if [ -r "$include/plugin/plugin_api.h" ]; then
  echo "$include"
  exit 0
fi

# The mirror that this machine uses already, if it is one of Debian's main archive.
mirror=$(find /etc/apt/sources.list /etc/apt/sources.list.d -type f \( -name '*.list' -o -name '*.sources' \) \
  -exec sed -n -E 's,^(URIs:|deb )[^#]*(https?://[^ ]+/debian)/?( .*)?$,\2,p' {} + 2>/dev/null |
  sed -n 1p) || true
: "${mirror:=http://deb.debian.org/debian}"

rm -rf "$dir/apt" "$dir/tree"
mkdir -p "$dir"/apt/{lists/partial,archives/partial} "$dir/tree"
printf 'deb [signed-by=%s] %s %s main\n' "$keyring" "$mirror" "$suite" >"$dir/apt/sources.list"
: >"$dir/apt/status"
options=(-q
  -o "Dir::Etc::sourcelist=$dir/apt/sources.list" -o Dir::Etc::sourceparts=- -o Dir::Etc::preferencesparts=-
  -o "Dir::State=$dir/apt" -o "Dir::State::lists=$dir/apt/lists" -o "Dir::State::status=$dir/apt/status"
  -o "Dir::Cache=$dir/apt" -o "Dir::Cache::archives=$dir/apt/archives"
  -o Acquire::Check-Valid-Until=false -o Acquire::Languages=none -o Acquire::Retries=3
  -o Acquire::http::Timeout=20 -o APT::Sandbox::User=)
log=$dir/apt.log
if ! (cd "$dir/apt" && timeout 300 apt-get "${options[@]}" -o APT::Update::Error-Mode=any update &&
  timeout 300 apt-get "${options[@]}" download "$package") >"$log" 2>&1; then
  unavailable "apt says: $(grep -E '^(E|W|Err)' "$log" | tail -n 2 | tr '\n' ' ')"
fi
dpkg-deb -x "$dir"/apt/"${package}"_*.deb "$dir/tree"
rm -rf "$dir/apt"
[ -r "$include/plugin/plugin_api.h" ] || unavailable "the package holds no plugin/plugin_api.h"
echo "$include"
