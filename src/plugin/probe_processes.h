// Which processes are a container's healthcheck or probes, or below one. A probe is started by the engine:
// its line of parents leaves the container without passing the container's init (vpid 1); whoever was started
// from inside only looks like one. What was found at an exec stays marked on the thread, because a shell that
// runs a single command turns into that command. Falco's thread only; nothing here allocates.
#pragma once

#include <cstdint>

#include "core/container.h"
#include "plugin/thread_table.h"

namespace plugin {

// Bits of the thread field container_probe.
inline constexpr uint64_t kHealthcheckProbe = 1;
inline constexpr uint64_t kLivenessProbe = 2;
inline constexpr uint64_t kReadinessProbe = 4;

class ProbeProcesses {
 public:
  // threads must outlive this.
  explicit ProbeProcesses(const ThreadTable& threads) : threads_(threads) {}

  // The probes of `container` that the thread is, or is below. container: the one the thread is in.
  uint64_t of_thread(const api::TableReader* reader, int64_t tid, const core::Container& container) const;

  // After an exec: marks the thread if it is a probe now.
  void mark_program(const api::TableReader* reader, const api::TableWriter* writer, api::TableEntry* thread,
                    int64_t tid, const core::Container& container) const;

  // A new thread or process: it is what its parent is.
  void mark_child(const api::TableReader* reader, const api::TableWriter* writer,
                  api::TableEntry* thread) const;

 private:
  uint64_t runs(const api::TableReader* reader, api::TableEntry* thread,
                const core::Container& container) const;
  bool same_command(const api::TableReader* reader, api::TableEntry* thread, const core::Probe& probe) const;

  const ThreadTable& threads_;
};

}  // namespace plugin
