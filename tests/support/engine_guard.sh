#!/usr/bin/env bash
# Waits beside a test that runs an engine, and cleans up when the test is killed (by a crash, or ctest's timeout):
#   engine_guard.sh DIRECTORY COMMAND [ARGUMENT...]
# Descriptor 3 is the other end of a socket that the test holds. "done" on it: the test has cleaned up itself.
# Its end without that word: COMMAND, which stops the engine, then every mount below DIRECTORY and DIRECTORY go.
set -uo pipefail

directory=${1:?usage: engine_guard.sh DIRECTORY COMMAND [ARGUMENT...]}
shift
word=
read -r word <&3
[ "$word" != "done" ] || exit 0
"$@"
awk -v d="$directory" 'index($5, d "/") == 1 { print $5 }' /proc/self/mountinfo | sort -r |
  while read -r mount; do umount -l "$(printf '%b' "$mount")"; done
rm -rf --one-file-system "$directory"
