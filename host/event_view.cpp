// See event_view.h.
#include "host/event_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "api/events.h"

namespace host {
namespace {

constexpr std::array kLargePayloadTypes{api::kEventContainerJson2, api::kEventAsync};

size_t length_width(uint16_t type) {
  return is_large_payload(type) ? sizeof(uint32_t) : sizeof(uint16_t);
}

// Length of parameter `index`; the caller has checked that the length table is there.
uint32_t length_at(std::span<const std::byte> bytes, uint16_t type, uint32_t index) {
  const size_t width = length_width(type);
  uint32_t value = 0;  // both widths are little-endian on every machine that has these events
  std::memcpy(&value, bytes.data() + sizeof(api::Event) + size_t{index} * width, width);
  return value;
}

}  // namespace

bool is_large_payload(uint16_t type) {
  return std::find(kLargePayloadTypes.begin(), kLargePayloadTypes.end(), type) != kLargePayloadTypes.end();
}

base::Result<EventView> EventView::parse(std::span<const std::byte> bytes) {
  if (bytes.size() < sizeof(api::Event)) {
    return base::Error{fmt::format("an event of {} bytes has no room for its header of {} bytes",
                                   bytes.size(), sizeof(api::Event))};
  }
  EventView view;
  std::memcpy(&view.header_, bytes.data(), sizeof(api::Event));
  const api::Event header = view.header_;
  if (header.len > bytes.size() || header.len < sizeof(api::Event)) {
    return base::Error{fmt::format("event of type {} says it has {} bytes, {} are there",
                                   uint16_t{header.type}, uint32_t{header.len}, bytes.size())};
  }
  view.bytes_ = bytes.first(header.len);
  const uint64_t values = sizeof(api::Event) + uint64_t{header.nparams} * length_width(header.type);
  if (values > header.len) {
    return base::Error{fmt::format("event of type {} has {} parameters but only {} bytes",
                                   uint16_t{header.type}, uint32_t{header.nparams}, uint32_t{header.len})};
  }
  uint64_t end = values;
  for (uint32_t i = 0; i < header.nparams; ++i) end += length_at(view.bytes_, header.type, i);
  if (end > header.len) {
    return base::Error{fmt::format("parameters of an event of type {} need {} bytes, it has {}",
                                   uint16_t{header.type}, end, uint32_t{header.len})};
  }
  return view;
}

std::optional<std::span<const std::byte>> EventView::param(uint32_t index) const {
  if (index >= header_.nparams) return std::nullopt;
  size_t offset = sizeof(api::Event) + size_t{header_.nparams} * length_width(header_.type);
  for (uint32_t i = 0; i < index; ++i) offset += length_at(bytes_, header_.type, i);
  return bytes_.subspan(offset, length_at(bytes_, header_.type, index));
}

template <typename T>
std::optional<T> EventView::number(uint32_t index) const {
  const auto value = param(index);
  if (!value || value->size() != sizeof(T)) return std::nullopt;
  T out;
  std::memcpy(&out, value->data(), sizeof(T));
  return out;
}
template std::optional<int64_t> EventView::number<int64_t>(uint32_t) const;
template std::optional<uint64_t> EventView::number<uint64_t>(uint32_t) const;
template std::optional<uint32_t> EventView::number<uint32_t>(uint32_t) const;

std::optional<std::string_view> EventView::text(uint32_t index) const {
  const auto value = param(index);
  if (!value) return std::nullopt;
  const std::string_view all(reinterpret_cast<const char*>(value->data()), value->size());
  return all.substr(0, all.find('\0'));
}

std::vector<std::string_view> EventView::texts(uint32_t index) const {
  std::vector<std::string_view> out;
  const auto value = param(index);
  if (!value) return out;
  std::string_view rest(reinterpret_cast<const char*>(value->data()), value->size());
  while (!rest.empty()) {
    const size_t end = rest.find('\0');
    out.push_back(rest.substr(0, end));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace host
