// See async_queue.h.
#include "host/async_queue.h"

#include <utility>

namespace host {

bool AsyncQueue::push(EventBytes event) {
  const std::lock_guard lock(mutex_);
  if (events_.size() >= capacity_) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  events_.push_back(std::move(event));
  return true;
}

std::optional<EventBytes> AsyncQueue::pop() {
  const std::lock_guard lock(mutex_);
  if (events_.empty()) return std::nullopt;
  EventBytes event = std::move(events_.front());
  events_.pop_front();
  return event;
}

size_t AsyncQueue::size() const {
  const std::lock_guard lock(mutex_);
  return events_.size();
}

}  // namespace host
