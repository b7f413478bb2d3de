// A read-only look at one event of the host: every length is checked, nothing is cast in place.
// Points into the host's memory; lives for one call on Falco's thread. Layout: docs/plugin.md, "Events".
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

#include "api/events.h"
#include "api/plugin_api.h"

namespace plugin {

class EventView {
 public:
  // event: must point at a whole header; its `len` bounds everything that is read.
  explicit EventView(const api::Event* event) : bytes_(reinterpret_cast<const uint8_t*>(event)) {
    std::memcpy(&header_, event, sizeof(header_));
  }

  uint64_t ts() const { return header_.ts; }
  uint64_t tid() const { return header_.tid; }
  uint32_t len() const { return header_.len; }
  uint16_t type() const { return header_.type; }
  uint32_t nparams() const { return header_.nparams; }

  // The bytes of parameter `index`, or nullopt when the event has no such parameter or its lengths lie.
  std::optional<std::span<const uint8_t>> param(uint32_t index) const;

  // Parameters of one kind; nullopt when missing or of another size.
  std::optional<int64_t> param_i64(uint32_t index) const;
  std::optional<uint32_t> param_u32(uint32_t index) const;
  // Text up to its first NUL; a text whose NUL is missing ends with the parameter.
  std::optional<std::string_view> param_text(uint32_t index) const;

 private:
  const uint8_t* bytes_;
  api::Event header_;
};

// Bytes of one entry of the length array: 4 for the large-payload types, 2 for all others.
constexpr uint32_t length_size(uint16_t event_type) {
  return event_type == api::kEventContainerJson2 || event_type == api::kEventAsync ? 4 : 2;
}

}  // namespace plugin
