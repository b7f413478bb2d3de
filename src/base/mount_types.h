// Which kind of file system an open file is on, found without asking that file system: statfs() waits for a
// FUSE server that does not answer. By the mount's id and the table of a mount namespace. One owner, one
// thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/unique_fd.h"

namespace base {

class MountTypes {
 public:
  // mountinfo: the table to read, this thread's own or another process's. Ids are the kernel's: no two
  // namespaces give the same one.
  explicit MountTypes(std::string mountinfo = "/proc/thread-self/mountinfo") : path_(std::move(mountinfo)) {}

  // "ext4", "tmpfs", "fuse.sshfs", ... as mountinfo calls it; "" for a mount that is not in there (another
  // mount namespace's). nullopt: the table has to be read and it is not time yet, which only happens when
  // hurried. fd: may be O_PATH. hurried: the table is read at most a twentieth of the time, for it may be
  // long. Valid until the next call.
  std::optional<std::string_view> type_of(int fd, bool hurried);

 private:
  using Clock = std::chrono::steady_clock;
  bool is_stale();
  bool load(bool hurried);

  std::string path_;
  UniqueFd mountinfo_;
  std::string text_;                                  // its buffer
  std::unordered_map<uint64_t, std::string> types_;   // by the mount's id, as of the last load
  std::unordered_map<uint64_t, std::string> unique_;  // by ids that are never given twice (Linux 6.8)
  Clock::time_point next_load_{};
  bool loaded_ = false;
};

// The id of the mount that an open file is on, while it is open; nullopt when the kernel does not tell. Asks
// no file system.
std::optional<uint64_t> mount_id_of(int fd);

// File systems on the machine's own disks or in its memory.
bool is_local_file_system(std::string_view type);
// Those in memory: reading them waits for nothing.
bool is_memory_file_system(std::string_view type);

}  // namespace base
