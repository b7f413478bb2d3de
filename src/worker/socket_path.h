// Where a socket really is: links followed below HOST_ROOT, what to watch while it is missing, and whose word
// comes out of it. What is found is held open, so that what was looked at is what is connected to. Reads the
// file system, owned by Shared; worker's thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/host_root.h"
#include "base/unique_fd.h"
#include "core/owner.h"

namespace worker {

// Two paths with equal identities are one socket.
struct Identity {
  dev_t device = 0;
  ino_t inode = 0;
  auto operator<=>(const Identity&) const =
      default;  // NOLINT(modernize-use-nullptr): taken for a null pointer
};

// A socket that is to be followed, and why.
struct SocketPlace {
  enum class Kind : uint8_t {
    kConfigured,  // root named it: whatever answers there is root's word
    kDefault,     // a path of the table of defaults
    kDiscovered,  // somebody listens there, and the name is an engine's
    kUser,        // below /run/user/<uid>
  };
  std::string path;  // absolute, without HOST_ROOT
  Kind kind = Kind::kConfigured;
  uint32_t uid = 0;  // with kUser
};

// The place of a path in a list of sockets. given: by the configuration, not by the table of defaults. A path
// below /run/user/<uid> is that user's all the same: Falco's own configuration lists one.
SocketPlace place_of(const std::string& path, bool given);

struct Located {
  std::string path;                  // without links, root included, as far as it exists
  std::optional<Identity> identity;  // nullopt: nothing is there
  bool is_denied = false;            // a directory on the way may not be entered: nobody knows what is there
  base::UniqueFd found;              // as O_PATH; valid with an identity
  core::Owner owner;  // of whoever could have put it there; nobody's at a place that was discovered
                      // where others than root may write at all
  // The deepest directory on the way that exists, and the entry in it that would bring the path further into
  // being (or, when the path exists, its last component).
  std::string directory;
  base::UniqueFd directory_fd;  // as O_PATH
  std::string entry;
};

class SocketPaths {
 public:
  // root: $HOST_ROOT without trailing slash, "" for none.
  explicit SocketPaths(std::string root) : root_(std::move(root)) {}

  // Follows the place's path below HOST_ROOT, and below the root of the host's first process where that is
  // another (base/host_root.h): there the socket is what the host has now, and its directory tells when
  // another takes its place. One that is only below HOST_ROOT, or is another there, is taken as long as it
  // does not refuse connections. What follows holds for each root. A link's absolute target counts from the
  // root, as it would for the host whose files are mounted there: Debian's /var/run is one. ".." does not
  // lead out of the root. A user's path is a matter of the directories themselves: below /run/user no link is
  // followed and no other file system entered, his directory has to be his or root's, and on a local file
  // system.
  Located locate(const SocketPlace& place);

  // See base::HostRoot.
  std::string obstacle() { return root_.obstacle(); }

 private:
  base::HostRoot root_;
};

// False when the socket that was found is there and this process lacks the permission to connect to it.
bool may_connect(const Located& located);

// A path of a few bytes by which an engine connects to whatever was found last, as long as it lives: engines
// are made once, and no link or new file at the old place leads them elsewhere.
class ConnectPath {
 public:
  void set(const Located& located);
  void clear();  // lets go of the file
  const std::string& path() const { return path_; }

 private:
  void put(int fd);

  base::UniqueFd fd_;
  std::string path_;
};

// The name in /proc of an open descriptor.
std::string path_of(int fd);

}  // namespace worker
