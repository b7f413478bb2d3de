#!/usr/bin/env bash
# Checks what a built libcontainer.so shows to the process that loads it:
#   scripts/check_library.sh FILE
# Exports, needed libraries, hardening, size, and that it can be loaded. Names everything that offends; exit 1 then.
set -euo pipefail
export LC_ALL=C

file=${1:?usage: check_library.sh FILE}
[ -r "$file" ] || { echo "check_library.sh: cannot read $file" >&2; exit 1; }
max_stripped_bytes=$((4 * 1024 * 1024))
bad=0
complain() {
  echo "check_library.sh: $file: $*" >&2
  bad=1
}

symbols=$(nm -D --defined-only "$file" | awk '{ print $NF }')
foreign=$(grep -v '^plugin_' <<<"$symbols" || true)
[ -z "$foreign" ] || complain "exports more than plugin_*: $(head -n 10 <<<"$foreign" | tr '\n' ' ')"
grep -q '^plugin_init$' <<<"$symbols" || complain "does not export plugin_init"

dynamic=$(readelf -dW "$file")
while read -r needed; do
  case $needed in
    libc.so.6 | libm.so.6 | libpthread.so.0 | ld-linux-*.so.* | libnghttp2.so.14) ;;
    *) complain "needs $needed, which Falco's process may not have" ;;
  esac
done < <(sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' <<<"$dynamic")

grep -Eq '\(BIND_NOW\)|\(FLAGS\).*BIND_NOW|\(FLAGS_1\).*NOW' <<<"$dynamic" || complain "is not linked with -z now"
grep -q '\(TEXTREL\)' <<<"$dynamic" && complain "has text relocations"
# shellcheck disable=SC2016
grep -Fq 'Library runpath: [$ORIGIN]' <<<"$dynamic" || complain 'has no RUNPATH $ORIGIN (for a libnghttp2 beside it)'

# The oldest glibc it has to load on: RHEL 8's. Weak references count too, for old loaders refuse them as well.
newest_glibc=2.28
newer=$(objdump -T "$file" | sed -nE 's/.*\*UND\*.*\(?GLIBC_([0-9.]+)\)? +(.*)$/\1 \2/p' | sort -Vu |
  awk -v limit="$newest_glibc" '{ split($1, have, "."); split(limit, most, ".");
    if (have[1] > most[1] || (have[1] == most[1] && have[2] > most[2])) print $2 "@" $1 }')
[ -z "$newer" ] || complain "needs a glibc newer than $newest_glibc for: $(tr '\n' ' ' <<<"$newer")"

segments=$(readelf -lW "$file")
grep -q 'GNU_RELRO' <<<"$segments" || complain "has no GNU_RELRO segment (-z relro)"
grep -E 'GNU_STACK.* RWE' <<<"$segments" >/dev/null && complain "asks for an executable stack"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
strip -o "$work/stripped.so" "$file"
size=$(stat -c %s "$work/stripped.so")
[ "$size" -le "$max_stripped_bytes" ] ||
  complain "has $size bytes when stripped, more than $max_stripped_bytes"

# Loaded and unloaded twice, every symbol bound at once.
cat >"$work/load.c" <<'C'
#include <dlfcn.h>
#include <stdio.h>
int main(int argc, char** argv) {
  for (int round = 0; round < 2; ++round) {
    void* library = argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    if (!library || !dlsym(library, "plugin_get_required_api_version")) {
      fprintf(stderr, "%s\n", dlerror());
      return 1;
    }
    if (dlclose(library) != 0) {
      fprintf(stderr, "%s\n", dlerror());
      return 1;
    }
  }
  return 0;
}
C
cc -o "$work/load" "$work/load.c" -ldl
error=$("$work/load" "$(readlink -f "$file")" 2>&1) || complain "cannot be loaded: $error"

[ "$bad" = 0 ] || exit 1
echo "$file: $(wc -l <<<"$symbols") exports, all plugin_*; $size bytes stripped; loads"
