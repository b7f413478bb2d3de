// See event_view.h.
#include "plugin/event_view.h"

namespace plugin {
namespace {

template <typename T>
std::optional<T> read_number(std::optional<std::span<const uint8_t>> bytes) {
  if (!bytes || bytes->size() != sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes->data(), sizeof(T));
  return value;
}

}  // namespace

std::optional<std::span<const uint8_t>> EventView::param(uint32_t index) const {
  if (index >= header_.nparams) return std::nullopt;
  const uint64_t width = length_size(header_.type);
  uint64_t offset = sizeof(api::Event) + width * header_.nparams;
  if (offset > header_.len) return std::nullopt;

  const uint8_t* lengths = bytes_ + sizeof(api::Event);
  for (uint64_t i = 0;; ++i) {
    uint64_t length = 0;
    if (width == 4) {
      uint32_t value;
      std::memcpy(&value, lengths + i * width, sizeof(value));
      length = value;
    } else {
      uint16_t value;
      std::memcpy(&value, lengths + i * width, sizeof(value));
      length = value;
    }
    if (length > header_.len - offset) return std::nullopt;
    if (i == index) return std::span<const uint8_t>(bytes_ + offset, length);
    offset += length;
  }
}

std::optional<int64_t> EventView::param_i64(uint32_t index) const {
  return read_number<int64_t>(param(index));
}

std::optional<uint32_t> EventView::param_u32(uint32_t index) const {
  return read_number<uint32_t>(param(index));
}

std::optional<std::string_view> EventView::param_text(uint32_t index) const {
  const auto bytes = param(index);
  if (!bytes) return std::nullopt;
  const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  return text.substr(0, text.find('\0'));
}

}  // namespace plugin
