// The event loop of a live capture: process events of this machine and events that plugins push, through one
// session, until a deadline or a stop signal. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/result.h"
#include "host/live_events.h"
#include "host/proc_connector.h"
#include "host/session.h"

namespace host {

struct LiveOptions {
  std::optional<std::chrono::milliseconds> duration;  // none: until stopped
  int stop_fd = -1;                                   // readable: stop; -1 for none
};

struct LiveStatistics {
  uint64_t process_events = 0;
  uint64_t pushed_events = 0;
  uint64_t overruns = 0;  // times that the kernel lost events and /proc was read again
  uint64_t vanished = 0;  // processes gone before /proc could be asked
};

// The session must be open. on_event: called for each event; false ends the capture.
using OnLiveEvent = std::function<bool(const EventContext&)>;
base::Result<LiveStatistics> run_live(Session& session, ProcConnector& connector, ProcReader& proc,
                                      const LiveOptions& options, const OnLiveEvent& on_event);

}  // namespace host
