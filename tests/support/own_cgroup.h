// A cgroup of a test's own in whatever hierarchy may be written to, removed at the end. One test thread.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>
#include <system_error>

namespace support {

class OwnCgroup {
 public:
  explicit OwnCgroup(const std::string& name)
      : path_("/container-test-" + std::to_string(::getpid()) + "-" + name) {
    for (const char* tree :
         {"/sys/fs/cgroup/freezer", "/sys/fs/cgroup/pids", "/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
      std::error_code error;
      if (!std::filesystem::create_directory(tree + path_, error)) continue;
      made_ = tree + path_;
      break;
    }
  }
  ~OwnCgroup() { remove(); }
  OwnCgroup(const OwnCgroup&) = delete;
  OwnCgroup& operator=(const OwnCgroup&) = delete;

  // False where there is no hierarchy that can be written to: reason enough to skip.
  bool exists() const { return !made_.empty(); }
  // As in /proc/PID/cgroup.
  const std::string& path() const { return path_; }
  void remove() {
    std::error_code ignored;
    if (exists()) std::filesystem::remove(made_, ignored);
    made_.clear();
  }

 private:
  std::string path_;
  std::string made_;
};

}  // namespace support
