// Command lines: what is taken for a container's start has an id that a runtime would take, and points into
// the line.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/check.h"
#include "plugin/runtime_call.h"

namespace {

bool is_within(std::string_view part, std::string_view whole) {
  return part.empty() || part == "." ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

bool is_of_an_id(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-' ||
         c == '.' || c == '_';
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view args(reinterpret_cast<const char*>(data), size);
  const auto call = plugin::read_runtime_call(args);
  if (!call) return 0;
  fuzz::check(!call->id.empty() && call->id.size() < 1024 && call->id.front() != '-');
  fuzz::check(std::all_of(call->id.begin(), call->id.end(), is_of_an_id));
  fuzz::check(is_within(call->id, args) && is_within(call->bundle, args) && is_within(call->name, args));
  return 0;
}
