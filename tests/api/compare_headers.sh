#!/usr/bin/env bash
# One test: is src/api/ what the packaged headers of SUITE say?
#   compare_headers.sh SUITE API_MINOR CXX
# Compiled when the test runs, so that a build never needs the network. Exit 77: skipped, with the reason.
set -euo pipefail

suite=$1 minor=$2 cxx=$3
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)

include=$("$root/scripts/fetch_falco_headers.sh" "$suite") || {
  status=$?
  if [ "$status" = 77 ]; then echo "Skipped: the headers of $suite cannot be fetched (reason above)"; fi
  exit "$status"
}
compile() { # API_MINOR SOURCE-ROOT
  "$cxx" -std=c++20 -fsyntax-only "-DEXPECTED_API_MINOR=$1" -I "$2" -isystem "$include" \
    "$here/compare_headers.cpp"
}

compile "$minor" "$root/src"

# The comparison must be able to fail: each of these changes to a copy of our headers is noticed.
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
mutations=(
  's/uint64_t res_len;/uint32_t res_len;/'
  's/kFieldReltime = 20/kFieldReltime = 21/'
  's/kMaxErrorLength = 1024/kMaxErrorLength = 512/'
  's/kEventAsync = 402/kEventAsync = 403/'
  's/kRequiredApiVersion = "3.10.0"/kRequiredApiVersion = "3.13.0"/'
  's/(\*get_table_size)(Table\*)/(*get_table_size)(Table*, int)/'
  's/using GetMetricsFn = .*/using GetMetricsFn = Metric* (*)(PluginState*, uint32_t count);/'
)
for mutation in "${mutations[@]}"; do
  rm -rf "$copy/api"
  cp -r "$root/src/api" "$copy/api"
  sed -i "$mutation" "$copy"/api/*.h
  if diff -r "$root/src/api" "$copy/api" >/dev/null; then
    echo "This change of our headers changes nothing any more: $mutation" >&2
    exit 1
  fi
  if compile "$minor" "$copy" 2>/dev/null; then
    echo "This change of our headers was not noticed: $mutation" >&2
    exit 1
  fi
done
echo "src/api agrees with $suite (API 3.$minor); ${#mutations[@]} wrong variants of it were refused"
