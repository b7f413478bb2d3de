// See async_event.h.
#include "plugin/async_event.h"

#include <array>
#include <cstring>

#include "api/events.h"

namespace plugin {

std::vector<uint8_t> make_async_event(std::string_view name, std::string_view data, uint64_t ts) {
  constexpr uint32_t kParams = 3;  // plugin id (the host overwrites it), name, data
  const std::array<uint32_t, kParams> lengths = {sizeof(uint32_t), static_cast<uint32_t>(name.size() + 1),
                                                 static_cast<uint32_t>(data.size() + 1)};
  api::Event header{};
  header.ts = ts;
  header.tid = 0;
  header.type = api::kEventAsync;
  header.nparams = kParams;
  header.len = static_cast<uint32_t>(sizeof(header) + sizeof(lengths)) + lengths[0] + lengths[1] + lengths[2];

  std::vector<uint8_t> bytes(header.len);  // zeroed: plugin id 0 and both NULs are there already
  uint8_t* out = bytes.data();
  std::memcpy(out, &header, sizeof(header));
  out += sizeof(header);
  std::memcpy(out, lengths.data(), sizeof(lengths));
  out += sizeof(lengths) + lengths[0];
  std::memcpy(out, name.data(), name.size());
  out += lengths[1];
  if (!data.empty()) std::memcpy(out, data.data(), data.size());
  return bytes;
}

}  // namespace plugin
