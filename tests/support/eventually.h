// Waiting in tests: for a condition, with a deadline, never for a length of time.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace support {

// Polls until `condition` holds; false when it does not within `limit`.
inline bool eventually(const std::function<bool()>& condition,
                       std::chrono::milliseconds limit = std::chrono::seconds(20)) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return condition();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace support
