// Checking and repairing UTF-8.
#include "base/utf8.h"

#include <cstdint>
#include <cstring>

namespace base {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// What a lead byte demands of its sequence: how long it is and where its second byte must lie.
struct Lead {
  size_t length;  // bytes in all; 0 for a byte that leads nothing
  uint8_t low;
  uint8_t high;
};

Lead lead_of(uint8_t byte) {
  if (byte < 0x80) return {1, 0, 0};
  if (byte >= 0xC2 && byte <= 0xDF) return {2, 0x80, 0xBF};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};
  if (byte == 0xED) return {3, 0x80, 0x9F};
  if (byte >= 0xE1 && byte <= 0xEF) return {3, 0x80, 0xBF};
  if (byte == 0xF0) return {4, 0x90, 0xBF};
  if (byte >= 0xF1 && byte <= 0xF3) return {4, 0x80, 0xBF};
  if (byte == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

struct Sequence {
  size_t length;  // bytes, at least 1; the maximal subpart when it is ill-formed
  bool valid;
};

// The sequence at the front of `text`, which is not empty.
Sequence next_sequence(std::string_view text) {
  const Lead lead = lead_of(static_cast<uint8_t>(text.front()));
  if (lead.length == 0) return {1, false};
  for (size_t i = 1; i < lead.length; ++i) {
    if (i >= text.size()) return {i, false};
    const auto byte = static_cast<uint8_t>(text[i]);
    const uint8_t low = i == 1 ? lead.low : 0x80;
    const uint8_t high = i == 1 ? lead.high : 0xBF;
    if (byte < low || byte > high) return {i, false};
  }
  return {lead.length, true};
}

}  // namespace

bool is_utf8(std::string_view text) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  while (!text.empty()) {
    uint64_t eight = 0;
    while (text.size() >= sizeof eight) {
      std::memcpy(&eight, text.data(), sizeof eight);
      if ((eight & kHighBits) != 0) break;
      text.remove_prefix(sizeof eight);
    }
    if (text.empty()) break;
    const Sequence sequence = next_sequence(text);
    if (!sequence.valid) return false;
    text.remove_prefix(sequence.length);
  }
  return true;
}

std::string to_utf8(std::string_view text) {
  std::string repaired;
  repaired.reserve(text.size());
  while (!text.empty()) {
    const Sequence sequence = next_sequence(text);
    repaired += sequence.valid ? text.substr(0, sequence.length) : kReplacement;
    text.remove_prefix(sequence.length);
  }
  return repaired;
}

std::string excerpt(std::string_view text, size_t max_bytes) {
  std::string shown;
  while (!text.empty()) {
    const Sequence sequence = next_sequence(text);
    const auto first = static_cast<uint8_t>(text.front());
    const bool plain = sequence.valid && first >= 0x20 && first != 0x7F;
    if (shown.size() + (plain ? sequence.length : 1) > max_bytes) return shown + "...";
    shown += plain ? text.substr(0, sequence.length) : std::string_view("?");
    text.remove_prefix(sequence.length);
  }
  return shown;
}

}  // namespace base
