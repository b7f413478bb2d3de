// Takes a fuzzer's bytes apart: numbers, texts, and what is left. Reads nothing behind the end: there is 0
// and "". One target's, for one input.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fuzz {

class Input {
 public:
  Input(const uint8_t* data, size_t size) : left_(reinterpret_cast<const char*>(data), size) {}

  bool empty() const { return left_.empty(); }
  uint8_t byte() {
    if (left_.empty()) return 0;
    const auto value = static_cast<uint8_t>(left_.front());
    left_.remove_prefix(1);
    return value;
  }
  // As long as the byte in front says.
  std::string_view text() { return take(byte()); }
  // As long as the two bytes in front say.
  std::string_view long_text() {
    const size_t low = byte();
    return take(low | size_t{byte()} << 8);
  }
  std::string_view rest() { return take(left_.size()); }

 private:
  std::string_view take(size_t size) {
    const std::string_view taken = left_.substr(0, size);
    left_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view left_;
};

}  // namespace fuzz
