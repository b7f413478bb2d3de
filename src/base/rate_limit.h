// "At most so many per interval", for log lines about bad input that may come in floods.
// One thread; the caller brings the time, so tests need no clock.
#pragma once

#include <cstdint>

namespace base {

class RateLimit {
 public:
  // burst: how many are let through in each window; window_ns: the window's length in nanoseconds.
  constexpr RateLimit(uint32_t burst, uint64_t window_ns) : burst_(burst), window_ns_(window_ns) {}

  // True when this one may be said. now_ns: any clock that does not jump back far.
  bool allow(uint64_t now_ns) {
    if (!started_ || now_ns - window_start_ns_ >= window_ns_) {
      started_ = true;
      window_start_ns_ = now_ns;
      used_ = 0;
    }
    if (used_ < burst_) {
      ++used_;
      return true;
    }
    ++suppressed_;
    return false;
  }

  // How many were held back since the last call: to be told with the next line.
  uint64_t take_suppressed() {
    const uint64_t count = suppressed_;
    suppressed_ = 0;
    return count;
  }

 private:
  uint32_t burst_;
  uint64_t window_ns_;
  uint64_t window_start_ns_ = 0;
  uint64_t suppressed_ = 0;
  uint32_t used_ = 0;
  bool started_ = false;
};

}  // namespace base
