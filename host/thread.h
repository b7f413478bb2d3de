// What the host knows of one thread. Plain data; owned by the thread table, one thread (the event loop's).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace host {

struct CgroupPath {
  std::string subsystem;  // "cpu", "name=systemd"; "cgroup2" for the unified hierarchy
  std::string path;
  bool operator==(const CgroupPath&) const = default;
};

struct ThreadData {
  int64_t tid = -1;
  int64_t pid = -1;   // of the thread group's leader
  int64_t ptid = -1;  // parent
  int64_t vtid = -1;  // tid and pid as the innermost pid namespace sees them
  int64_t vpid = -1;
  int64_t pgid = -1;
  int64_t vpgid = -1;
  uint32_t uid = UINT32_MAX;
  uint32_t gid = UINT32_MAX;
  std::string comm;
  std::string exe;  // argv[0]
  std::string exe_path;
  std::string cwd;
  std::vector<std::string> args;  // without argv[0]
  std::vector<CgroupPath> cgroups;
  uint64_t pidns_init_start_ts = 0;  // ns since the epoch, 0 when unknown
};

}  // namespace host
