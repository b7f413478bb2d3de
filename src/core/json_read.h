// Reading JSON that nobody vouches for: bounded depth, errors as values, members of any type.
// Pure functions; any thread. Includes Boost.JSON: for source files, not for other headers.
#pragma once

#include <array>
#include <boost/json.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "core/limits.h"

namespace core {

// Deepest nesting of arrays and objects that is read.
inline constexpr size_t kMaxJsonDepth = limits::kJsonDepth;

// The names of the members from the document's object down to one; "" behind the last.
using JsonPath = std::array<std::string_view, 3>;
// Members whose objects and arrays are read as empty ones, for what is long and not wanted: at most 32.
using JsonSkip = std::span<const JsonPath>;

// Parses `text`; bytes that are no UTF-8 are read as U+FFFD. Of an object or array no more than
// limits::kJsonMembers members are built, of an array that is the document itself limits::kJsonElements; the
// rest is checked and left out. memory: where the value lives, must outlive it.
// The error is a clause such as "not JSON: syntax error at byte 7, near '}x'", for a sentence that says of
// what. What is skipped is checked like the rest.
base::Result<boost::json::value> parse_json(std::string_view text, boost::json::storage_ptr memory = {},
                                            JsonSkip skip = {});

// The member `key` when `value` is an object that has it, else nullptr. A null `value` is no object.
inline const boost::json::value* member(const boost::json::value* value, std::string_view key) {
  const boost::json::object* object = value != nullptr ? value->if_object() : nullptr;
  return object != nullptr ? object->if_contains(key) : nullptr;
}

// `value` as text, or nullopt when it is none.
inline std::optional<std::string_view> as_text(const boost::json::value* value) {
  const boost::json::string* text = value != nullptr ? value->if_string() : nullptr;
  if (text == nullptr) return std::nullopt;
  return std::string_view(text->data(), text->size());
}

// `value` as a whole number of type Int (a double counts when it has no fraction), or nullopt when it is no
// number or does not fit.
template <typename Int>
std::optional<Int> as_integer(const boost::json::value* value) {
  using Limits = std::numeric_limits<Int>;
  if (value == nullptr) return std::nullopt;
  if (const int64_t* number = value->if_int64()) {
    return std::in_range<Int>(*number) ? std::optional<Int>(static_cast<Int>(*number)) : std::nullopt;
  }
  if (const uint64_t* number = value->if_uint64()) {
    return std::in_range<Int>(*number) ? std::optional<Int>(static_cast<Int>(*number)) : std::nullopt;
  }
  const double* number = value->if_double();
  if (number == nullptr || std::trunc(*number) != *number) return std::nullopt;
  // The upper limit is compared with the next power of two: it is exact as a double, the limit may not be.
  const double end = std::ldexp(1.0, Limits::digits);
  if (*number < static_cast<double>(Limits::min()) || *number >= end) return std::nullopt;
  return static_cast<Int>(*number);
}

}  // namespace core
