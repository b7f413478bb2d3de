// Cgroup paths: matching and remembering agree, and a match is never empty.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/cgroup/owner_of.h"
#include "core/cgroup/resolver.h"
#include "fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using core::cgroup::Enabled;
  using core::cgroup::Resolver;
  if (size == 0) return 0;
  // The first byte chooses the engines.
  const unsigned bits = data[0];
  const Enabled enabled{(bits & 1) == 0,  (bits & 2) == 0,  (bits & 4) == 0, (bits & 8) == 0,
                        (bits & 16) == 0, (bits & 32) == 0, (bits & 64) == 0};
  const std::string_view path(reinterpret_cast<const char*>(data) + 1, size - 1);
  core::cgroup::owner_of(path);
  const auto match = Resolver::match(path, enabled);
  if (match) fuzz::check(!match->full_id.empty() && !match->id().empty());
  Resolver resolver(enabled, 2);
  for (int round = 0; round < 2; ++round) {
    const auto* remembered = resolver.resolve(path);
    fuzz::check((remembered != nullptr) == match.has_value());
    if (match) fuzz::check(*remembered == *match);
  }
  return 0;
}
