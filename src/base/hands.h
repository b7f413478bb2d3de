// Who can have written a file: everybody who owns it, a directory above it or a link on the way to it, or may
// write one of them. Whose word that makes it is the caller's business (docs/security.md).
// Plain value; the thread of its owner.
#pragma once

#include <sys/stat.h>

#include <cstdint>

namespace base {

class Hands {
 public:
  // What statx wants for add().
  static constexpr unsigned kWanted = STATX_TYPE | STATX_MODE | STATX_UID | STATX_GID;

  // Nobody but root.
  bool only_root() const { return !many_ && uid_ == 0; }
  // Root and one user.
  bool one_user() const { return !many_ && uid_ != 0; }
  uint32_t uid() const { return uid_; }  // only when one_user()

  // One file, directory or link that matters. Where everybody may make entries but not touch each other's
  // (sticky, as /tmp), the entries' own owners tell. A user's own group, which many systems give him, is he.
  void add(const struct statx& status) {
    add_owner(status.stx_uid);
    if (S_ISLNK(status.stx_mode)) return;  // its mode means nothing
    const bool sticky = S_ISDIR(status.stx_mode) && (status.stx_mode & S_ISVTX) != 0;
    const bool group =
        (status.stx_mode & S_IWGRP) != 0 && (status.stx_uid == 0 || status.stx_gid != status.stx_uid);
    const bool anybody = (status.stx_mode & S_IWOTH) != 0;
    if ((group || anybody) && !sticky) many_ = true;
  }
  void add_anybody() { many_ = true; }

  // The same as having added all of both.
  void add(const Hands& other) {
    many_ = many_ || other.many_;
    add_owner(other.uid_);
  }

 private:
  void add_owner(uint32_t uid) {
    if (uid == 0) return;
    many_ = many_ || (uid_ != 0 && uid_ != uid);
    uid_ = uid;
  }

  uint32_t uid_ = 0;
  bool many_ = false;
};

}  // namespace base
