// Whether a cgroup still exists: how a look-up that nobody answers knows that its container is gone.
// Reads mountinfo once and then asks the file system; owned by the fetcher, worker's thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace worker {

class CgroupPresence {
 public:
  // mountinfo: text of /proc/self/mountinfo. Every mount of type cgroup or cgroup2 counts, wherever it is:
  // the host's own below HOST_ROOT are among them.
  static CgroupPresence from_mountinfo(std::string_view mountinfo);
  // From this process's own. Nothing exists when it cannot be read.
  static CgroupPresence read();

  // True when any hierarchy has the cgroup `path`, as in /proc/PID/cgroup. A path that leads out of the
  // cgroup namespace ("/../..") is nowhere.
  bool exists(std::string_view path) const;

 private:
  struct Mount {
    std::string point;  // where it is mounted
    std::string root;   // the cgroup that is mounted there, "" for the hierarchy's own root
  };
  std::vector<Mount> mounts_;
};

}  // namespace worker
