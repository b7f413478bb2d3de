// Cgroups of a test's own, and a process in them. For engines that are nothing but a cgroup's name.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace test {

// Where the machine has a hierarchy of that version mounted; of several v1 ones any that is not the limits of
// a CPU set, which would have to be filled in first. nullopt: none.
std::optional<std::string> cgroup_mount(int version);

// A directory below a cgroup mount, with its parents. Its processes are killed and it is removed at the end,
// parents of ours too.
class TestCgroup {
 public:
  // path: below the mount, without a leading slash ("bpm-router", "lxc/web").
  TestCgroup(std::string mount, std::string path);
  ~TestCgroup();
  TestCgroup(const TestCgroup&) = delete;
  TestCgroup& operator=(const TestCgroup&) = delete;

  bool ok() const { return ok_; }
  std::string procs_file() const { return mount_ + '/' + path_ + "/cgroup.procs"; }
  // Starts /bin/sh -c LINE; it is in the cgroup before it is executed. -1 when that fails.
  pid_t start(const std::string& line);
  // Kills every process in the cgroup and waits until they are gone.
  void kill_all();

 private:
  void remove_directories();

  std::string mount_;
  std::string path_;
  bool ok_ = false;
  std::vector<pid_t> children_;
};

}  // namespace test
