#!/usr/bin/env bash
# Is libcontainer.so taken by a system with glibc 2.31 (Debian 11)? Its thread starts and ends there, too.
#   loads_on_old_glibc.sh LIBRARY
# Exit status 77 with the reason when there is no such chroot.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
library=$(readlink -f "${1:?usage: loads_on_old_glibc.sh LIBRARY}")
exec "$here/../../scripts/chroot.sh" bullseye run -b "$(dirname "$library"):/plugin" -- python3 -c '
import ctypes, os, platform
library = ctypes.CDLL("/plugin/libcontainer.so", mode=os.RTLD_NOW)
for name in ("plugin_get_name", "plugin_get_version", "plugin_get_required_api_version", "plugin_get_fields"):
    function = getattr(library, name)
    function.restype = ctypes.c_char_p
    text = function().decode()
    assert text, name
    print(name, text[:40])
print("loaded by", *platform.libc_ver())
assert platform.libc_ver()[1] == "2.31", platform.libc_ver()
'
