// Process events of this machine from the kernel's process connector (netlink). Needs CAP_NET_ADMIN (before
// Linux 6.6) and the initial pid and user namespaces. One owner, one thread. Source: linux/cn_proc.h.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace host {

struct ProcessEvent {
  enum class Kind : uint8_t { kFork, kExec, kExit };
  Kind kind = Kind::kFork;
  int64_t tid = 0;
  int64_t pid = 0;
  int64_t parent_tid = 0;  // of kFork
  int64_t parent_pid = 0;
  int64_t status = 0;    // of kExit, as wait(2) gives it
  uint64_t when_ns = 0;  // monotonic time of the kernel; 0 when unknown
};

// Takes one netlink datagram apart; nothing for messages that are not about fork, exec or exit, or are too
// short for what they claim to be.
std::vector<ProcessEvent> parse_process_messages(const void* data, size_t size);

class ProcConnector {
 public:
  // receive_buffer: bytes that the kernel may queue for us. Fails with what is missing: permission,
  // namespace, or the kernel's support (CONFIG_PROC_EVENTS).
  static base::Result<ProcConnector> open(int receive_buffer = 16 * 1024 * 1024);
  ProcConnector(ProcConnector&&) = default;
  ProcConnector& operator=(ProcConnector&&) = default;
  ~ProcConnector();

  enum class Wake : uint8_t {
    kEvents,
    kTimeout,
    kStopped,  // stop_fd became readable
    kOverrun,  // the kernel dropped events: /proc must be read again
  };
  // Waits for events and appends them to `out`. timeout_ms: -1 for ever; stop_fd: -1 for none.
  base::Result<Wake> wait(std::vector<ProcessEvent>& out, int timeout_ms, int stop_fd);
  uint64_t overruns() const { return overruns_; }

 private:
  explicit ProcConnector(base::UniqueFd fd) : fd_(std::move(fd)) {}
  base::Status subscribe();
  bool receive(std::vector<ProcessEvent>& out);  // false: overrun

  base::UniqueFd fd_;
  uint64_t overruns_ = 0;
};

}  // namespace host
