// Whose word a file is, by who could have written it or put it there: its own owner and that of each
// directory on the way. Pure functions on what stat tells; any thread. Spec: docs/security.md.
#pragma once

#include <sys/stat.h>

#include <cstdint>

#include "core/owner.h"

namespace core {

// uid: of a file, a link or a peer. own_uid: as whom this process runs; who that is needs no socket to
// mislead it.
constexpr Owner owner_of_uid(uint32_t uid, uint32_t own_uid) {
  return uid == own_uid ? Owner::machine() : Owner::user(uid);
}

// Who can put an entry of his choice into a directory. One that everybody, or a group, may write to is
// nobody's, unless entries in it can only be taken away by their owners ("sticky", /tmp): those speak for
// themselves. A group with its owner's number is his own.
constexpr Owner owner_of_directory(uint32_t uid, uint32_t gid, uint32_t mode, uint32_t own_uid) {
  const bool others = (mode & S_IWOTH) != 0 || ((mode & S_IWGRP) != 0 && gid != 0 && gid != uid);
  if (others && (mode & S_ISVTX) == 0) return Owner::nobody();
  return owner_of_uid(uid, own_uid);
}

}  // namespace core
