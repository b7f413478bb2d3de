// What the system says about an open file, also where a seccomp profile is older than statx().
// Pure functions; any thread.
#pragma once

#include <sys/stat.h>

#include <optional>

namespace base {

// Type, mode, owner, size, times, device and inode; with nullopt errno says why. fd: may be O_PATH; of a file
// on a file system that answers, unless the system has statx(), which does not make it answer.
std::optional<struct statx> status_of(int fd);

// False when the system refuses statx(): one that is older, or whose seccomp profile is.
bool has_statx();

}  // namespace base
