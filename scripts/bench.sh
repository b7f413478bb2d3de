#!/usr/bin/env bash
# Prints the table of `make bench`: per call of the plugin's C functions the time (median of nine batches), the
# instructions (callgrind, the host's table functions included) and the allocations. Times are of this machine and
# moment; instructions can be compared between versions.
#   scripts/bench.sh BUILD-DIR
set -euo pipefail
export LC_ALL=C

build=${1:?usage: bench.sh BUILD-DIR}
bench=$build/bin/container_bench
calls=2000
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

printf '%-46s %12s %14s %13s\n' 'per call' 'time (ns)' 'instructions' 'allocations'
"$bench" >"$work/cases"
while IFS=$'\t' read -r index name time allocations; do
  valgrind --tool=callgrind --toggle-collect=bench_measured --callgrind-out-file="$work/out" \
    "$bench" --case "$index" --calls "$calls" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
  total=$(sed -n -E 's/^(summary|totals): ([0-9]+).*/\2/p' "$work/out" | head -n 1)
  printf '%-46s %12s %14s %13s\n' "$name" "$time" "$((total / calls))" "$allocations"
done <"$work/cases"
