// A pod as Falco's: a mount namespace with nothing in it but /proc, the host's /proc at /host/proc, and what
// is mounted for it below /host. The host's first process is one of the test's choice, since a machine may
// hide its own. Needs root. Made by one thread; code runs in it on threads of their own, which the rest of
// the process does not notice.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "support/temp_dir.h"

namespace support {

// A process of the host's that does nothing: to be its first.
class IdleProcess {
 public:
  IdleProcess();
  ~IdleProcess();  // ends it
  IdleProcess(const IdleProcess&) = delete;
  IdleProcess& operator=(const IdleProcess&) = delete;
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

class Pod {
 public:
  // A file or directory of the host, and the path below /host at which it is mounted.
  struct Mount {
    std::string from;
    std::string to;
  };

  // first: becomes /host/proc/1, with its root, its mounts and its network. The error is a reason to skip.
  static base::Result<std::unique_ptr<Pod>> make(pid_t first, const std::vector<Mount>& mounts = {});

  // Runs `body` in the pod and waits for it. Threads that it starts are in the pod too. capabilities: the
  // mask that it keeps, as root; all without one.
  void run(const std::function<void()>& body, std::optional<uint64_t> capabilities = std::nullopt) const;

 private:
  Pod() = default;
  base::Status build(pid_t first, const std::vector<Mount>& mounts);

  TempDir root_;
  base::UniqueFd namespace_;
};

}  // namespace support
