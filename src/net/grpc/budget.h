// So much a second: how floods are told from traffic. One thread; the caller brings the time.
#pragma once

#include <cstdint>

namespace net::grpc {

class Budget {
 public:
  explicit constexpr Budget(uint64_t per_second) : per_second_(per_second) {}

  // False when this is more than the current second still allows. now_ns: a steady clock.
  bool spend(uint64_t amount, uint64_t now_ns) {
    constexpr uint64_t kSecondNs = 1'000'000'000;
    if (now_ns - window_start_ns_ >= kSecondNs) {
      window_start_ns_ = now_ns;
      spent_ = 0;
    }
    spent_ += amount;
    return spent_ <= per_second_;
  }

  // Whatever was spent is justified.
  void reset() { spent_ = 0; }

 private:
  uint64_t per_second_;
  uint64_t window_start_ns_ = 0;
  uint64_t spent_ = 0;
};

}  // namespace net::grpc
