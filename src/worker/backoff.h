// How long to wait before the next try: doubling, with jitter, so that many sockets do not try in step.
// Pure; one thread. The caller brings the randomness, so tests need none.
#pragma once

#include <algorithm>
#include <chrono>

namespace worker {

class Backoff {
 public:
  // first: before jitter; limit: never exceeded.
  constexpr Backoff(std::chrono::milliseconds first, std::chrono::milliseconds limit)
      : first_(first), limit_(limit), next_(first) {}

  // The next wait, between 75 and 125 percent of its nominal length. random: in [0, 1).
  std::chrono::milliseconds next(double random) {
    const auto nominal = next_;
    next_ = std::min(next_ * 2, limit_);
    const double jittered = static_cast<double>(nominal.count()) * (0.75 + 0.5 * random);
    return std::min(std::chrono::milliseconds(static_cast<int64_t>(jittered)), limit_);
  }

  // Something succeeded: start over.
  void reset() { next_ = first_; }

 private:
  std::chrono::milliseconds first_;
  std::chrono::milliseconds limit_;
  std::chrono::milliseconds next_;
};

}  // namespace worker
