// One line of the table: one load against one choice of sources. Main thread.
#pragma once

#include <atomic>
#include <string>

#include "base/result.h"
#include "bench/race/launcher.h"
#include "bench/race/load.h"
#include "bench/race/sources.h"
#include "bench/race/tally.h"

namespace bench::race {

struct Row {
  std::string load;
  Sockets sockets = Sockets::kNone;
  bool local_sources = false;
  double asked_per_second = 0;
  double reached_per_second = 0;
  Outcome outcome;
  Spread lag_ms;          // from a process event in the kernel to the plugin; live only
  uint64_t overruns = 0;  // times that the kernel lost process events
  uint64_t refused = 0;   // events that the plugin failed to parse
  std::string complaint;  // of the last start that failed
};

// Real containers. stop: set from outside to end early.
base::Result<Row> run_load(Load& load, const std::string& plugin, Sockets sockets, bool local_sources,
                           const LaunchPlan& plan, const std::atomic<bool>& stop);

// Synthetic ones; sockets: kDead or kNone. plan.parallel does not count.
base::Result<Row> run_synthetic(const std::string& plugin, Sockets sockets, bool local_sources,
                                const LaunchPlan& plan, const std::atomic<bool>& stop);

}  // namespace bench::race
