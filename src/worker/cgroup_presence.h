// Whether a cgroup still exists: how a look-up that nobody answers, and a container whose engine is away, is
// known to be gone. Reads mountinfo once and then asks the file system; owned by the fetcher and by Orphans,
// worker's thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace worker {

class CgroupPresence {
 public:
  // mountinfo: text of a process's mountinfo. Every mount of type cgroup or cgroup2 counts, wherever it is:
  // the host's own below HOST_ROOT are among them. prefix: where that process's root is, "" for our own.
  static CgroupPresence from_mountinfo(std::string_view mountinfo, const std::string& prefix = "");
  // From this thread's own and, with a HOST_ROOT, that of the host's first process. Nothing exists when
  // neither can be read.
  static CgroupPresence read(const std::string& host_root);

  // True when any hierarchy has the cgroup `path`, as in /proc/PID/cgroup. A path that leads out of the
  // cgroup namespace ("/../..") is nowhere.
  bool exists(std::string_view path) const;
  // True when a hierarchy is mounted that would show the cgroup `path`, and none has it. Not the opposite of
  // exists(): of paths that cannot be seen from here neither is true.
  bool is_gone(std::string_view path) const;

 private:
  struct Mount {
    std::string point;  // where it is mounted
    std::string root;   // the cgroup that is mounted there, "" for the hierarchy's own root
    // `path` as seen below the mount point; nullopt when it is not below root.
    std::optional<std::string> shown(std::string_view path) const;
  };
  std::vector<Mount> mounts_;
};

}  // namespace worker
