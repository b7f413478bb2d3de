// Payloads of container events: whatever is accepted can be written and read again unchanged.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/container_json.h"
#include "core/rendered.h"
#include "fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto container = core::from_json({reinterpret_cast<const char*>(data), size});
  if (!container.ok()) {
    fuzz::check(!container.error().empty());
    return 0;
  }
  const auto again = core::from_json(core::to_json(*container));
  fuzz::check(again.ok());
  fuzz::check(core::to_json(*again) == core::to_json(*container));
  core::Record::make(*container);
  return 0;
}
