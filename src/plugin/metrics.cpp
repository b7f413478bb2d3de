// See metrics.h.
#include "plugin/metrics.h"

#include <algorithm>
#include <map>

namespace plugin {

void Metrics::add(std::string_view name, uint64_t value, api::MetricType type) {
  auto known = std::find(names_.begin(), names_.end(), name);
  if (known == names_.end()) known = names_.insert(names_.end(), std::string(name));
  api::Metric metric{};
  metric.name = known->c_str();
  metric.type = type;
  metric.value_type = api::kMetricU64;
  metric.value.u64 = value;
  metrics_.push_back(metric);
}

std::vector<api::Metric>& Metrics::collect(const Cache& cache, const Counters& counters,
                                           const worker::Worker* worker) {
  constexpr api::MetricType kGauge = api::kMetricNonMonotonic;
  constexpr api::MetricType kCount = api::kMetricMonotonic;
  metrics_.clear();
  add("n_containers", cache.size(), kGauge);
  add("n_missing_container_images", cache.missing_images(), kGauge);
  add("bytes_in_cache", cache.bytes(), kGauge);
  add("cache_evictions", cache.counters().evicted, kCount);
  add("cache_expired", cache.counters().expired, kCount);
  add("metadata_delay_count", cache.counters().metadata_count, kCount);
  add("metadata_delay_nanoseconds_sum", cache.counters().metadata_total_ns, kCount);
  add("metadata_delay_nanoseconds_max", cache.counters().metadata_max_ns, kGauge);
  add("answers_unknown_yet", counters.unknown_yet, kCount);
  add("events_refused", counters.refused_events, kCount);
  add("async_events_sent", counters.async_sent, kCount);
  add("async_events_refused", counters.async_refused, kCount);
  add("bundles_read", counters.local.bundles, kCount);
  add("bundles_lost", counters.lost_bundles, kCount);
  add("states_read", counters.local.states, kCount);
  add("local_files_deferred", counters.local.deferred, kCount);
  // Refused by either thread: it is the same to whoever looks for the reason.
  const worker::LookupStatus lookups = worker != nullptr ? worker->lookups() : worker::LookupStatus{};
  add("local_files_refused", counters.local.refused + lookups.refused, kCount);
  add("record_values_left_out", counters.local.left_out + counters.left_out, kCount);
  add("local_files_nanoseconds", counters.local.spent_ns, kCount);
  if (worker == nullptr) return metrics_;

  add("lookups", lookups.asked, kCount);
  add("lookups_found", lookups.found, kCount);
  add("lookups_failed", lookups.failed, kCount);
  add("lookups_pending", lookups.pending, kGauge);
  add("lookups_from_api", lookups.from_api, kCount);
  add("lookups_from_disk", lookups.from_disk, kCount);
  add("lookups_from_bundle", lookups.from_bundle, kCount);

  struct Engine {
    uint64_t connected = 0, reconnects = 0, errors = 0, timeouts = 0, events = 0;
  };
  std::map<std::string, Engine> engines;
  for (const worker::SocketStatus& socket : worker->sockets()) {
    Engine& engine = engines[socket.engine];
    engine.connected += socket.connected ? 1 : 0;
    engine.reconnects += socket.reconnects;
    engine.errors += socket.errors;
    engine.timeouts += socket.timeouts;
    engine.events += socket.events;
  }
  for (const auto& [name, engine] : engines) {
    add(name + "_sockets_connected", engine.connected, kGauge);
    add(name + "_reconnects", engine.reconnects, kCount);
    add(name + "_errors", engine.errors, kCount);
    add(name + "_timeouts", engine.timeouts, kCount);
    add(name + "_events", engine.events, kCount);
  }
  return metrics_;
}

}  // namespace plugin
