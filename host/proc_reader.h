// Reads processes and threads from /proc. Everything may vanish or be forbidden at any moment: what cannot be
// read is simply not known. Not thread-safe; one owner.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "host/thread.h"

namespace host {

class ProcReader {
 public:
  // host_root: value of $HOST_ROOT, "" for none; the directory read is <host_root>/proc.
  explicit ProcReader(const std::string& host_root);

  // Fails when that directory is no /proc.
  base::Status check() const;
  const std::string& directory() const { return proc_; }

  std::vector<int64_t> pids() const;
  std::vector<int64_t> tids(int64_t pid) const;
  // The process' main thread, or nothing when it is gone or a zombie: of those /proc tells no truth.
  std::optional<ThreadData> process(int64_t pid);
  // Its name alone, which a zombie keeps until its parent asks; "" when it is gone.
  std::string name(int64_t pid) const;
  // Another thread of a process already read.
  std::optional<ThreadData> thread(const ThreadData& process, int64_t tid) const;

  // Finds the first process of every pid namespace in one pass, so that process() needs none of its own.
  void learn_pid_namespaces();

 private:
  std::string path(int64_t pid, const char* file) const;
  // Field number `wanted`, counted from 1 and at least 3, of /proc/PID/stat (proc(5)).
  std::optional<int64_t> stat_number(int64_t pid, int wanted) const;
  bool is_exiting(int64_t pid, const std::vector<CgroupPath>& cgroups) const;
  uint64_t start_ts(int64_t pid) const;
  uint64_t pidns_init_start(int64_t pid, const std::vector<int64_t>& ns_pids);

  std::string proc_;
  uint64_t boot_ns_ = 0;                                    // ns since the epoch
  uint64_t init_start_ = 0;                                 // of pid 1
  std::unordered_map<std::string, uint64_t> pidns_starts_;  // by namespace link; 0: its init was not found
};

// The lines of a /proc/PID/cgroup file: "4:cpu,cpuacct:/x" gives one entry per subsystem, "0::/x" one for
// "cgroup2". Lines of another form are skipped.
std::vector<CgroupPath> parse_cgroup_file(std::string_view text);

}  // namespace host
