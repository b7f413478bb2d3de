// Where the host's files are, seen from here: below HOST_ROOT and, where that shows nothing, below the root
// of the host's first process (HOST_ROOT/proc/1/root), which has all of them: Falco's pod is given the host's
// /proc and little else. One owner and one thread per instance. Spec: docs/engines.md, "Where the host's
// files are".
#pragma once

#include <string>

#include "base/mount_types.h"
#include "base/unique_fd.h"

namespace base {

class HostRoot {
 public:
  struct View {
    std::string path;  // for messages
    UniqueFd fd;       // of its root directory, as O_PATH
    MountTypes mounts;
  };

  // prefix: $HOST_ROOT without trailing slash; "" for none, then there is one view, this process's own root.
  // Reads the tables of mounts, so that the first file is as quick as the next.
  explicit HostRoot(std::string prefix);

  const std::string& prefix() const { return mounted_.path; }

  // Below HOST_ROOT. nullptr with errno while that directory cannot be opened: whatever is mounted there
  // later.
  View* mounted();
  // As the host's first process sees it. nullptr without HOST_ROOT, and while it cannot be entered. It is a
  // link that leads through the kernel: opened once and walked from there.
  View* first_process();

  // What keeps it from being entered, as a sentence; "" when nothing does, or there is no such process to be
  // seen.
  std::string obstacle();

 private:
  View mounted_;
  View first_process_;
};

}  // namespace base
