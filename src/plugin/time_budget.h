// How much of Falco's thread may be spent on something: a share of the time that passes, saved up to a limit.
// One thread; the caller brings the times, so tests need no clock.
#pragma once

#include <algorithm>
#include <cstdint>

namespace plugin {

class TimeBudget {
 public:
  // one_in: of so many ns that pass one may be spent; limit_ns: the most that is saved up, and what there is
  // first.
  constexpr TimeBudget(uint64_t one_in, int64_t limit_ns)
      : one_in_(one_in), limit_ns_(limit_ns), left_ns_(limit_ns) {}

  // True while there is anything left. now_ns: a clock that never goes back.
  bool has_some(uint64_t now_ns) {
    if (last_ns_ != 0 && now_ns > last_ns_) {
      const auto earned = static_cast<int64_t>((now_ns - last_ns_) / one_in_);
      left_ns_ = std::min(limit_ns_, left_ns_ + earned);
    }
    last_ns_ = now_ns;
    return left_ns_ > 0;
  }

  void spend(uint64_t ns) { left_ns_ -= static_cast<int64_t>(ns); }

 private:
  uint64_t one_in_;
  int64_t limit_ns_;
  int64_t left_ns_;
  uint64_t last_ns_ = 0;
};

}  // namespace plugin
