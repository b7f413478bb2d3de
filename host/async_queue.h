// Events that plugins push from their own threads, waiting for the event loop. Bounded: a push into a full
// queue is refused and counted, as in Falco. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

#include "host/event_view.h"

namespace host {

class AsyncQueue {
 public:
  explicit AsyncQueue(size_t capacity) : capacity_(capacity) {}

  // False when it is full.
  bool push(EventBytes event);
  std::optional<EventBytes> pop();
  size_t size() const;
  uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  const size_t capacity_;
  mutable std::mutex mutex_;
  std::deque<EventBytes> events_;
  std::atomic<uint64_t> dropped_{0};
};

}  // namespace host
