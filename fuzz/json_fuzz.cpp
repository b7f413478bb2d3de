// JSON as it is read everywhere: the same texts are accepted as by Boost.JSON itself, values are the same
// where nothing is left out, and a stream gives the same objects however it is cut.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "config/duplicate_keys.h"
#include "core/json_read.h"
#include "fuzz/check.h"
#include "net/json_splitter.h"

namespace {

std::vector<std::string> split(std::string_view text, size_t piece) {
  net::JsonSplitter splitter(256);
  std::vector<std::string> objects;
  bool good = true;
  for (size_t at = 0; good && at < text.size(); at += piece) {
    good = splitter.feed(text.substr(at, piece)).ok();
    while (auto object = splitter.take()) objects.push_back(std::move(*object));
  }
  return objects;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr core::JsonPath kSkip[] = {{"a", "b", ""}, {"Labels", "", ""}, {"a", "", "c"}};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto mine = core::parse_json(text);
  const auto skipped = core::parse_json(text, {}, kSkip);
  fuzz::check(mine.ok() == skipped.ok());
  boost::json::parse_options options;
  options.max_depth = core::kMaxJsonDepth;
  boost::system::error_code error;
  const auto whole =
      boost::json::parse(boost::json::string_view(text.data(), text.size()), error, {}, options);
  if (base::is_utf8(text)) fuzz::check(mine.ok() == !error);
  // Texts of this length have no more members than are built. As text, for 0e400 is no number that equals
  // itself.
  if (!error && size < core::limits::kJsonMembers) {
    fuzz::check(boost::json::serialize(*mine) == boost::json::serialize(whole));
  }
  config::find_duplicate_key(text);

  const auto objects = split(text, std::max<size_t>(size, 1));
  fuzz::check(split(text, 1) == objects && split(text, 7) == objects);
  return 0;
}
