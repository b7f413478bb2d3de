// The container events that were handed to the host, until they come back: what such an event says is known
// here already, so it need not be read. Known by a hash of what it says, one place for each: an event whose
// place another has taken is read like anybody's. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "core/limits.h"

namespace plugin {

class SentEvents {
 public:
  // Before it is handed over: it may be back before the host has returned.
  void add(std::string_view name, std::string_view data) {
    const uint64_t hash = hash_of(name, data);
    place_of(hash).store(hash, std::memory_order_relaxed);
  }

  // Whether that was sent; true once.
  bool take(std::string_view name, std::string_view data) {
    uint64_t hash = hash_of(name, data);
    return place_of(hash).compare_exchange_strong(hash, 0, std::memory_order_relaxed);
  }

 private:
  using Place = std::atomic<uint64_t>;

  // Never 0. Who makes two events alike on purpose makes one of his own unread, no more.
  static uint64_t hash_of(std::string_view name, std::string_view data) {
    const std::hash<std::string_view> hash;
    return (hash(name) * 31 + hash(data)) | 1;
  }
  Place& place_of(uint64_t hash) { return places_[(hash >> 1) % core::limits::kSentEvents]; }

  std::unique_ptr<Place[]> places_ = std::make_unique<Place[]>(core::limits::kSentEvents);
};

}  // namespace plugin
