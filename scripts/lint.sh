#!/usr/bin/env bash
# Formatting, static analysis and shell checks, all of them errors; changes nothing.
#   scripts/lint.sh [FILE.cpp ...]     (default: every source)
# Uses build-dev/ for the compile commands.
set -euo pipefail
cd "$(dirname "$0")/.."
bad=0

step() { printf '\nlint: %s\n' "$*"; }

mapfile -t sources < <(find src host tools tests bench fuzz \( -name '*.h' -o -name '*.cpp' \) 2>/dev/null | sort)
step "clang-format, ${#sources[@]} files"
clang-format --dry-run -Werror "${sources[@]}" || bad=1

mapfile -t scripts < <(grep -rlE '^#!.*(bash|sh)$' scripts tests .ci bench 2>/dev/null | sort)
step "shellcheck, ${#scripts[@]} scripts"
shellcheck -x -S warning "${scripts[@]}" || bad=1

cmake --preset dev >/dev/null
if [ $# -gt 0 ]; then
  files=("$@")
else
  mapfile -t files < <(sed -n 's/^ *"file": "\(.*\)",\{0,1\}$/\1/p' build-dev/compile_commands.json |
    grep -E "^$PWD/(src|host|tools|tests|bench|fuzz)/" | sort -u)
fi
step "clang-tidy, ${#files[@]} files"
run-clang-tidy -quiet -p build-dev -j "$(nproc)" "${files[@]}" || bad=1

[ "$bad" = 0 ] || { step "not clean"; exit 1; }
step "clean"
