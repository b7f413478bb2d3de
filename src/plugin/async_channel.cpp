// See async_channel.h.
#include "plugin/async_channel.h"

#include <algorithm>
#include <utility>

#include "core/container_json.h"
#include "core/container_key.h"
#include "plugin/async_event.h"

namespace plugin {

void AsyncChannel::start(api::Owner* owner, api::AsyncEventHandler handler) {
  stop();
  {
    const std::lock_guard lock(handler_mutex_);
    owner_ = owner;
    handler_ = handler;
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
  const std::vector<uint8_t> event = make_async_event(name, core::to_json(container), ts);
  char error[api::kMaxErrorLength] = {};
  return handler(owner, as_event(event), error) == api::kSuccess;
}

void AsyncChannel::send(std::string_view name, const core::Container& container) {
  const std::lock_guard lock(handler_mutex_);
  if (handler_ == nullptr) return;
  (send_to(owner_, handler_, name, container, kStampedByHost) ? sent_ : refused_)
      .fetch_add(1, std::memory_order_relaxed);
}

// A user's engine may call its containers what it likes: those that cannot be are not heard of.
void AsyncChannel::on_container(std::shared_ptr<const core::Container> container) {
  if (!core::may_exist(core::key_of(*container))) return;
  mailbox_.push(false, container);  // first: the cache must not be behind the event
  send(kContainerEvent, *container);
}

void AsyncChannel::on_removed(std::shared_ptr<const core::Container> container) {
  if (!core::may_exist(core::key_of(*container))) return;
  mailbox_.push(true, container);
  send(kContainerRemovedEvent, *container);
}

}  // namespace plugin
