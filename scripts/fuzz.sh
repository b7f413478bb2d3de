#!/usr/bin/env bash
# Builds the fuzz targets of fuzz/ with libFuzzer, ASan and UBSan, and runs each from its corpus.
#   scripts/fuzz.sh [-s SECONDS] [-j PROGRAMS] [-n] [TARGET...]
# -s: of each target, default 60. -j: that many at once, default the number of cores. -n: no sanitizers, for more
# executions a second. TARGET: as "json"; default all.
# Needs clang 15 or newer: CLANGXX, else the newest clang++-NN here, else clang++.
# What is new stays in build-fuzz/corpus/TARGET for the next run; what fails, in build-fuzz/finds/TARGET-*: put that
# file into fuzz/corpus/TARGET with the fix, and every build replays it.
# Exit status: 0, 1 when something was found, or 77 with the reason when there is no such clang.
set -euo pipefail
export LC_ALL=C

cd "$(dirname "$0")/.."
seconds=60 programs=$(nproc) sanitize=address,undefined build=build-fuzz
while getopts s:j:n option; do
  case $option in
    s) seconds=$OPTARG ;;
    j) programs=$OPTARG ;;
    n) sanitize='' build=build-fuzz-quick ;;
    *) sed -n '3,6s/^# //p' "$0" >&2; exit 2 ;;
  esac
done
shift $((OPTIND - 1))

cxx=${CLANGXX:-$(compgen -c clang++- | grep -E '^clang\+\+-[0-9]+$' | sort -Vu | tail -n 1)}
cxx=${cxx:-clang++}
version=$("$cxx" -dumpversion 2>/dev/null | cut -d. -f1) || version=0
if [ "${version:-0}" -lt 15 ]; then
  echo "fuzz.sh: needs clang 15 or newer, $cxx is ${version:-not there} (scripts/setup.sh fuzz)" >&2
  exit 77
fi

cmake -S . -B "$build" -G Ninja -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_C_COMPILER="${cxx/clang++/clang}" -DCONTAINER_FUZZ=ON \
  -DCONTAINER_TESTS=OFF -DCONTAINER_SANITIZE="$sanitize" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG='-O1 -g1' >/dev/null
if [ $# -eq 0 ]; then
  for source in fuzz/*_fuzz.cpp; do
    name=${source##*/}
    set -- "$@" "${name%_fuzz.cpp}"
  done
fi
cmake --build "$build" -j "$programs" --target "${@/#/fuzz_}"

# fuzz TARGET: one line about it; the program's own words are in BUILD/TARGET.log.
fuzz() {
  local name=$1 log=$build/$1.log status=0
  mkdir -p "$build/corpus/$name" "$build/finds"
  "$build/bin/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=16384 -print_final_stats=1 \
    -artifact_prefix="$build/finds/$name-" "$build/corpus/$name" "fuzz/corpus/$name" >"$log" 2>&1 || status=$?
  awk -v name="$name" -v status="$status" '
    / cov: / { for (i = 1; i < NF; ++i) { if ($i == "cov:") cov = $(i + 1); if ($i == "ft:") ft = $(i + 1) } }
    /stat::number_of_executed_units/ { runs = $2 }
    /stat::average_exec_per_sec/ { speed = $2 }
    END { printf "%-15s %10d executions, %6d a second, coverage %5d edges, %6d features: %s\n", name, runs, speed, cov, ft,
          status == 0 ? "nothing found" : "FOUND SOMETHING" }' "$log"
  if [ "$status" != 0 ]; then
    grep -E 'ERROR|SUMMARY|Test unit written' "$log" | head -n 5
    return 1
  fi
}
export -f fuzz
export build seconds
export ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1
# shellcheck disable=SC2016
printf '%s\0' "$@" | xargs -0 -n 1 -P "$programs" bash -c 'set -euo pipefail; fuzz "$1"' fuzz || exit 1
