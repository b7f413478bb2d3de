// The live half: owns the worker and the way to the host's queue of async events.
// start() and stop() on Falco's thread; what the worker finds goes to the mailbox (for the cache) and to the
// host (for rules and captures). The cache never depends on the host sending an event back.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "api/plugin_api.h"
#include "base/log.h"
#include "base/rate_limit.h"
#include "config/config.h"
#include "core/container.h"
#include "plugin/sent_events.h"
#include "worker/mailbox.h"
#include "worker/worker.h"

namespace plugin {

class AsyncChannel final : public worker::Listener {
 public:
  AsyncChannel(const config::Config& config, base::Logger logger);
  ~AsyncChannel() override { stop(); }
  AsyncChannel(const AsyncChannel&) = delete;
  AsyncChannel& operator=(const AsyncChannel&) = delete;

  // Starts sending and following the engines; a channel that already runs is stopped first. Does not wait.
  void start(api::Owner* owner, api::AsyncEventHandler handler);
  // Within 100 ms; afterwards nothing is sent any more.
  void stop();
  bool live() const { return handler_ != nullptr; }

  // Waits until the containers that run now are known, at most until `startup_wait_ms` after start().
  void wait_for_running_containers();

  // Anything from the worker? One atomic load.
  bool has_mail() const { return !mailbox_.empty(); }
  worker::Mailbox& mailbox() { return mailbox_; }

  // Sends an event named `name` with the container's JSON to the host; any thread.
  void send(std::string_view name, const core::Container& container);

  // The same into any handler, with a time in ns since the epoch: for dumps. False when the host refused it.
  static bool send_to(api::Owner* owner, api::AsyncEventHandler handler, std::string_view name,
                      const core::Container& container, uint64_t ts);

  // The worker, or nullptr while it does not run (replay, or no engine with a socket enabled).
  worker::Worker* worker() { return worker_.get(); }
  const worker::Worker* worker() const { return worker_.get(); }

  // Ours that are on their way through the host.
  SentEvents& sent_events() { return sent_events_; }
  uint64_t sent() const { return sent_.load(std::memory_order_relaxed); }
  uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }
  // Values of the engines' records beyond the limits of a record.
  uint64_t left_out() const { return left_out_.load(std::memory_order_relaxed); }

 private:
  static bool hand_over(api::Owner* owner, api::AsyncEventHandler handler, const std::vector<uint8_t>& event);
  std::shared_ptr<const core::Container> fitted(std::shared_ptr<const core::Container> container);
  void on_container(std::shared_ptr<const core::Container> container) override;
  void on_removed(std::shared_ptr<const core::Container> container) override;

  const config::Config& config_;
  base::Logger logger_;
  worker::Mailbox mailbox_;
  std::atomic<bool> has_handler_ = false;
  std::mutex handler_mutex_;  // the host wants one writer at a time
  api::Owner* owner_ = nullptr;
  api::AsyncEventHandler handler_ = nullptr;
  SentEvents sent_events_;
  std::atomic<uint64_t> sent_ = 0;
  std::atomic<uint64_t> refused_ = 0;
  std::chrono::steady_clock::time_point started_;
  base::RateLimit left_out_log_;  // the worker's thread only
  std::atomic<uint64_t> left_out_ = 0;
  std::unique_ptr<worker::Worker> worker_;
};

}  // namespace plugin
