#!/usr/bin/env bash
# Runs ctest and ends with its summary. Above the summary: each skipped test with its reason.
#   scripts/run_tests.sh BUILD-DIR [ctest options]
# Fails when a test fails, when there are none, or when every one of them was skipped.
set -euo pipefail
export LC_ALL=C

build=${1:?usage: run_tests.sh BUILD-DIR [ctest options]}
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
touch "$work/summary" "$work/skipped" "$work/passed"

# The summary is held back until ctest is done and its log complete.
status=0
ctest --test-dir "$build" --no-tests=error --output-on-failure -j2 "$@" |
  awk -v dir="$work" '
    /^[0-9]+% tests passed/ { summary = 1 }
    summary { print >(dir "/summary"); next }
    /^ *[0-9]+\/[0-9]+ Test +#[0-9]+: .*\*\*\*(Skipped|Not Run)/ {
      name = $0
      sub(/^[^:]*: /, "", name)
      sub(/ \.*\*\*\*.*/, "", name)
      print name >(dir "/skipped")
    }
    /^ *[0-9]+\/[0-9]+ Test +#[0-9]+: .* Passed / { print >(dir "/passed") }
    { print; fflush() }' || status=$?

if [ -s "$work/skipped" ]; then
  printf '\nSkipped, and why:\n'
  # What a skipped test printed, without GoogleTest's own lines.
  awk '
    NR == FNR { skipped[$0] = 1; next }
    /^[0-9]+\/[0-9]+ Testing: / { sub(/^[0-9]+\/[0-9]+ Testing: /, ""); name = $0; text = "" }
    /^Output:$/ { inside = 1; next }
    /^<end of output>$/ {
      inside = 0
      if (name in skipped) print "  " name ": " (text == "" ? "it gives no reason" : substr(text, 1, 600))
    }
    inside && !/^-+$/ && !/^\[[-= A-Z]+\] / && !/^Running main/ && !/^Note: Google Test/ && !/^$/ && !/: Skipped$/ {
      text = text (text == "" ? "" : " ") $0
    }' "$work/skipped" "$build/Testing/Temporary/LastTest.log"
  printf '\n'
fi
if [ "$status" = 0 ] && [ ! -s "$work/passed" ]; then
  echo "run_tests.sh: nothing ran: every test was skipped" >&2
  status=1
fi
cat "$work/summary"
exit "$status"
