// See word.h.
#include "config/word.h"

#include <fmt/format.h>

#include <cmath>

namespace config {
namespace {

// Whole numbers below this are exact as doubles.
constexpr double kExactBelow = 9007199254740992.0;

}  // namespace

std::optional<Word> as_word(const boost::json::value& value) {
  if (const auto* text = value.if_string()) return Word{std::string(text->data(), text->size())};
  if (const bool* flag = value.if_bool()) return Word{*flag ? "true" : "false"};
  if (const int64_t* number = value.if_int64()) return Word{fmt::format("{}", *number)};
  if (const uint64_t* number = value.if_uint64()) return Word{fmt::format("{}", *number)};
  const double* number = value.if_double();
  if (number == nullptr) return std::nullopt;
  // A number that does not fit an int comes as a double: 123456789012.0.
  if (std::trunc(*number) == *number)
    return Word{fmt::format("{:.0f}", *number), std::abs(*number) < kExactBelow};
  return Word{fmt::format("{}", *number)};
}

}  // namespace config
