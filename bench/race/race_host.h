// libcontainer.so in our own host, with the plugin's calls measured one by one: the events come from this
// machine's processes (live) or from the harness. One thread, except for the plugin's own.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "bench/race/tally.h"
#include "host/event_context.h"
#include "host/live_events.h"
#include "host/plugin_library.h"
#include "host/proc_connector.h"
#include "host/proc_reader.h"
#include "host/session.h"

namespace bench::race {

// Monotonic time, the same clock as the kernel's process events have.
uint64_t monotonic_ns();
// Since the epoch, for the events' own timestamps.
uint64_t wall_clock_ns();

// One event once the plugin has handled it.
struct Observed {
  const host::EventContext& context;
  const Answers& answers;
  const Cost& cost;
  bool unread;          // see Sighting
  uint64_t handled_ns;  // monotonic
};

class RaceHost {
 public:
  using Observer = std::function<void(const Observed&)>;

  // plugin: path of libcontainer.so; config: its init_config; live: listen to this machine's processes.
  // Fails with the reason: the plugin's own, or a missing permission.
  static base::Result<std::unique_ptr<RaceHost>> start(const std::string& plugin, const std::string& config,
                                                       bool live, Observer observer);
  ~RaceHost();  // closes the capture

  host::ThreadTable& threads() { return session_.threads(); }

  // Live: handles what waits since start(), which may have taken a second, and forgets how long it waited.
  base::Status catch_up();
  // Handles what the kernel and the plugin's own threads have to tell; waits for at most timeout_ms.
  base::Status pump(int timeout_ms);
  // Handles one event. Fails when it is malformed.
  base::Status feed(const host::EventBytes& bytes, bool unread = false);
  // Handles what the plugin has pushed so far.
  void feed_pushed();

  uint64_t overruns() const { return connector_ ? connector_->overruns() : 0; }
  uint64_t parse_failures() const { return parse_failures_; }
  // Time from a process event in the kernel to its handling, one number an event.
  const std::vector<double>& lags_ms() const { return lags_ms_; }

 private:
  explicit RaceHost(Observer observer) : observer_(std::move(observer)), proc_("") {}
  base::Status open_plugin(const std::string& plugin, const std::string& config);
  bool wants(uint16_t type) const;
  void call_plugin(const host::EventView& event, Answers& answers, Cost& cost);

  static constexpr size_t kFields = 3;  // id, name, image

  Observer observer_;
  host::Session session_;
  host::ProcReader proc_;
  std::optional<host::ProcConnector> connector_;
  std::optional<host::LiveEvents> live_;
  const host::PluginFunctions* functions_ = nullptr;
  host::PluginInstance::RawCall call_{};
  std::vector<uint16_t> parse_types_;  // that the plugin asked for; empty: all
  std::array<api::ExtractField, kFields> fields_{};
  uint64_t number_ = 0;
  uint64_t parse_failures_ = 0;
  std::vector<double> lags_ms_;
};

}  // namespace bench::race
