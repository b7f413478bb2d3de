// Turns process events of the kernel into the events that plugins parse, with what /proc says at that moment.
// A process that is gone already is described by what is known of its parent. Event loop's thread only.
#pragma once

#include <cstdint>
#include <vector>

#include "host/event_view.h"
#include "host/proc_connector.h"
#include "host/proc_reader.h"
#include "host/thread_table.h"

namespace host {

class LiveEvents {
 public:
  // Both must outlive it. The table is only read; the session applies the events.
  LiveEvents(ProcReader& proc, const ThreadTable& threads) : proc_(proc), threads_(threads) {}

  // now: ns since the epoch.
  EventBytes convert(const ProcessEvent& event, uint64_t now);

  // After lost events: an exit for every thread that is gone, a clone for every new one, an exec for every
  // main thread whose command or cgroups changed.
  std::vector<EventBytes> rescan(uint64_t now);

  // Processes that were gone before /proc could be asked.
  uint64_t vanished() const { return vanished_; }

 private:
  EventBytes forked(const ProcessEvent& event, uint64_t now);
  EventBytes executed(const ProcessEvent& event, uint64_t now);

  ProcReader& proc_;
  const ThreadTable& threads_;
  uint64_t vanished_ = 0;
};

}  // namespace host
