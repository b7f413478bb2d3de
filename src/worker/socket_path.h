// Where a socket really is: symlinks followed below HOST_ROOT, and what to watch while it is missing.
// Reads the file system, owns nothing; worker's thread.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace worker {

// Two paths with equal identities are one socket.
struct Identity {
  dev_t device = 0;
  ino_t inode = 0;
  auto operator<=>(const Identity&) const =
      default;  // NOLINT(modernize-use-nullptr): taken for a null pointer
};

struct Located {
  std::string path;                  // without symlinks, root included, as far as it exists
  std::optional<Identity> identity;  // nullopt: nothing is there
  bool is_denied = false;            // a directory on the way may not be entered: nobody knows what is there
  // The deepest directory on the way that exists, and the entry in it that would bring the path further into
  // being (or, when the path exists, its last component).
  std::string directory;
  std::string entry;
};

// Follows `path`, absolute, below `root` ("" or a directory without trailing slash). A symlink's absolute
// target counts from `root`, as it would for the host whose files are mounted there: Debian's /var/run is
// one. ".." does not lead out of `root`.
Located locate(const std::string& root, const std::string& path);

// False when the socket at `path` is there and this process lacks the permission to connect to it.
bool may_connect(const std::string& path);

}  // namespace worker
