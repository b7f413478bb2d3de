// See async_channel.h.
#include "plugin/async_channel.h"

#include <algorithm>
#include <utility>

#include "core/container_json.h"
#include "core/container_key.h"
#include "core/fit.h"
#include "plugin/async_event.h"

namespace plugin {
namespace {

// One line about records without end in ten seconds.
constexpr base::RateLimit kLeftOutLog(1, 10'000'000'000);

}  // namespace

AsyncChannel::AsyncChannel(const config::Config& config, base::Logger logger)
    : config_(config), logger_(std::move(logger)), left_out_log_(kLeftOutLog) {}

void AsyncChannel::start(api::Owner* owner, api::AsyncEventHandler handler) {
  stop();
  {
    const std::lock_guard lock(handler_mutex_);
    owner_ = owner;
    handler_ = handler;
    has_handler_ = handler != nullptr;
  }
  started_ = std::chrono::steady_clock::now();
  const bool any_socket =
      config_.docker.enabled || config_.podman.enabled || config_.containerd.enabled || config_.cri.enabled;
  if (any_socket && !config_.static_engine.enabled) worker_ = worker::Worker::start(config_, *this, logger_);
}

void AsyncChannel::stop() {
  worker_.reset();
  const std::lock_guard lock(handler_mutex_);
  owner_ = nullptr;
  handler_ = nullptr;
  has_handler_ = false;
}

void AsyncChannel::wait_for_running_containers() {
  if (worker_ == nullptr) return;
  const auto limit = std::chrono::milliseconds(config_.startup_wait_ms);
  const auto passed =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started_);
  if (!worker_->wait_until_listed(std::max(limit - passed, std::chrono::milliseconds(0)))) {
    logger_.info("not every engine has answered yet; going on, their containers follow");
  }
}

bool AsyncChannel::send_to(api::Owner* owner, api::AsyncEventHandler handler, std::string_view name,
                           const core::Container& container, uint64_t ts) {
  return hand_over(owner, handler, make_async_event(name, core::to_json(container), ts));
}

bool AsyncChannel::hand_over(api::Owner* owner, api::AsyncEventHandler handler,
                             const std::vector<uint8_t>& event) {
  char error[api::kMaxErrorLength] = {};
  return handler(owner, as_event(event), error) == api::kSuccess;
}

void AsyncChannel::send(std::string_view name, const core::Container& container) {
  if (!has_handler_) return;
  // Written before the lock is taken: neither thread waits for the other's writing.
  const std::string json = core::to_json(container);
  const std::vector<uint8_t> event = make_async_event(name, json, kStampedByHost);
  const std::lock_guard lock(handler_mutex_);
  if (handler_ == nullptr) return;
  if (name == kContainerEvent) sent_events_.add(name, json);
  (hand_over(owner_, handler_, event) ? sent_ : refused_).fetch_add(1, std::memory_order_relaxed);
}

// What the worker found, held to the limits before it costs Falco's thread anything.
std::shared_ptr<const core::Container> AsyncChannel::fitted(
    std::shared_ptr<const core::Container> container) {
  if (core::beyond_limits(*container) == 0) return container;
  core::Container copy = *container;
  const size_t left_out = core::fit(copy);
  left_out_.fetch_add(left_out, std::memory_order_relaxed);
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  if (left_out_log_.allow(static_cast<uint64_t>(std::chrono::nanoseconds(now).count()))) {
    logger_.warning(core::left_out_notice(copy, left_out));
  }
  return std::make_shared<const core::Container>(std::move(copy));
}

// A user's engine may call its containers what it likes: those that cannot be are not heard of.
void AsyncChannel::on_container(std::shared_ptr<const core::Container> container) {
  if (!core::may_exist(core::key_of(*container))) return;
  container = fitted(std::move(container));
  mailbox_.push(false, container);  // first: the cache must not be behind the event
  send(kContainerEvent, *container);
}

void AsyncChannel::on_removed(std::shared_ptr<const core::Container> container) {
  if (!core::may_exist(core::key_of(*container))) return;
  container = fitted(std::move(container));
  mailbox_.push(true, container);
  send(kContainerRemovedEvent, *container);
}

}  // namespace plugin
