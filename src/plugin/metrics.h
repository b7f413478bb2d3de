// The plugin's metrics as the host asks for them. Owned by the plugin; Falco's thread. Names:
// docs/configuration.md.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "api/plugin_api.h"
#include "plugin/cache.h"
#include "plugin/local_sources.h"
#include "worker/worker.h"

namespace plugin {

// What the plugin itself counts.
struct Counters {
  uint64_t refused_events = 0;  // broken events
  uint64_t unknown_yet = 0;     // answers missing because no engine had told yet
  uint64_t async_sent = 0;
  uint64_t async_refused = 0;  // async events that the host did not take
  LocalSources::Counters local;
  uint64_t left_out = 0;      // values of engines' records beyond the limits of a record
  uint64_t lost_bundles = 0;  // whose path nobody knows
};

class Metrics {
 public:
  // Fills the list anew. worker may be nullptr. The pointer is valid until the next call.
  std::vector<api::Metric>& collect(const Cache& cache, const Counters& counters,
                                    const worker::Worker* worker);

 private:
  void add(std::string_view name, uint64_t value, api::MetricType type);

  std::deque<std::string> names_;  // keeps the names of metrics per engine alive; never shrinks
  std::vector<api::Metric> metrics_;
};

}  // namespace plugin
