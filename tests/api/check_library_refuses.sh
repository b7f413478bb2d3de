#!/usr/bin/env bash
# Does check_library.sh fail, and say why, on a library that breaks its rules?
#   check_library_refuses.sh CHECK CXX
set -euo pipefail
check=$1 cxx=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/bad.cpp" <<'CPP'
#include <pthread.h>

#include <new>
#include <stdexcept>
#include <string>
extern "C" void missing_function();
extern "C" void plugin_init() {
  missing_function();
  pthread_t thread;
  pthread_create(&thread, nullptr, nullptr, nullptr);
}
void leaked_symbol(const std::string& text) { throw std::runtime_error(text); }
CPP
"$cxx" -shared -fPIC -fvisibility=default -Wl,-z,lazy -Wl,-z,norelro -Wl,-z,execstack -o "$work/libbad.so" \
  "$work/bad.cpp"
truncate -s 5M "$work/padding"
objcopy --add-section .padding="$work/padding" --set-section-flags .padding=alloc,readonly "$work/libbad.so" \
  2>/dev/null

if output=$("$check" "$work/libbad.so" 2>&1); then
  echo "The check accepted a library that breaks its rules" >&2
  exit 1
fi
for reason in leaked_symbol 'needs libstdc++.so.6' 'needs a glibc newer than' '-z now' RUNPATH GNU_RELRO 'executable stack' \
  'bytes when stripped' 'missing_function'; do
  if ! grep -Fq -e "$reason" <<<"$output"; then
    printf 'The check does not complain about: %s\nIt says:\n%s\n' "$reason" "$output" >&2
    exit 1
  fi
done
echo "refused, with every reason"
