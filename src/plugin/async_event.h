// Makes async events (type 402) in the host's memory layout. Pure; any thread.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "api/plugin_api.h"

namespace plugin {

inline constexpr std::string_view kContainerEvent = "container";
inline constexpr std::string_view kContainerRemovedEvent = "container_removed";

// Lets the host stamp the time of an event.
inline constexpr uint64_t kStampedByHost = std::numeric_limits<uint64_t>::max();

// An async event of the syscall source: name and data are written NUL-terminated; ts in ns since the epoch.
// Its tid is 0, which is no thread: with tid 1 the host would take it for an event of init.
std::vector<uint8_t> make_async_event(std::string_view name, std::string_view data, uint64_t ts);

inline const api::Event* as_event(const std::vector<uint8_t>& bytes) {
  return reinterpret_cast<const api::Event*>(bytes.data());
}

}  // namespace plugin
