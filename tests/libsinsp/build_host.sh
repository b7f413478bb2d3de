#!/bin/sh
# Runs inside a chroot: compiles the test host from the directory of this script.
#   build_host.sh OUTPUT
# The include paths are Debian's; trixie's libsinsp.pc points beside them.
set -eu
cd "$(dirname "$0")"
include=/usr/include/falcosecurity
out=$1
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
# The *_test.cpp are programs of the other side.
find . -maxdepth 1 -name '*.cpp' ! -name '*_test.cpp' -exec basename {} .cpp \; |
  xargs -P2 -I{} g++ -std=c++20 -O1 -g1 -Wall -Wextra -Wno-missing-field-initializers -Wno-deprecated-declarations \
    -I. -isystem "$include" -isystem /usr/include/tbb -isystem /usr/include/jsoncpp -c {}.cpp -o "$objects/{}.o"
g++ -o "$out.new" "$objects"/*.o -lsinsp -ljsoncpp -lscap -lscap_engine_nodriver -lscap_engine_test_input -ldl -lpthread
mv "$out.new" "$out"
