// Parsing with Boost.JSON.
#include "core/json_read.h"

#include <fmt/format.h>

#include "base/utf8.h"

namespace core {
namespace json = boost::json;

base::Result<json::value> parse_json(std::string_view text, json::storage_ptr memory) {
  std::string repaired;
  if (!base::is_utf8(text)) {
    repaired = base::to_utf8(text);
    text = repaired;
  }
  json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  json::parser parser({}, options);
  parser.reset(std::move(memory));
  json::error_code error;
  const size_t read = parser.write(text.data(), text.size(), error);
  if (error == json::error::too_deep) {
    return base::Error{fmt::format("nested deeper than {} levels at byte {}", kMaxJsonDepth, read)};
  }
  if (error) {
    constexpr size_t kBefore = 16;  // bytes shown in front of the place that failed
    const std::string_view place = text.substr(read > kBefore ? read - kBefore : 0);
    return base::Error{
        fmt::format("not JSON: {} at byte {}, near '{}'", error.message(), read, base::excerpt(place, 48))};
  }
  return parser.release();
}

}  // namespace core
