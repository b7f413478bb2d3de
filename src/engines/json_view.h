// The engines' answers as the mappings read them, on top of core/json_read.h: every member may be missing,
// null or of another type, and then counts as not there. Pure functions; any thread. Included by the mappings
// only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/container.h"
#include "core/json_read.h"

namespace engines::json {

using boost::json::array;
using boost::json::object;
using boost::json::value;

// Parses a text that has to be an object (array). what: names the text in the error, "container inspect".
// memory, skip: see core::parse_json.
base::Result<object> parse_object(std::string_view text, std::string_view what,
                                  boost::json::storage_ptr memory = {}, core::JsonSkip skip = {});
base::Result<array> parse_array(std::string_view text, std::string_view what);

// The member of that name and type, or an empty one.
const object& child(const object& parent, std::string_view key);
const array& list(const object& parent, std::string_view key);
// Views into the JSON; "" when there is none.
std::string_view text(const object& parent, std::string_view key);
std::string_view text(const value& any);
bool flag(const object& parent, std::string_view key);
core::YesNo yes_no(const object& parent, std::string_view key);
// Whole numbers within int64; else `missing`.
int64_t number(const object& parent, std::string_view key, int64_t missing = 0);
std::optional<int64_t> told_number(const object& parent, std::string_view key);
// The strings among the elements, in order.
std::vector<std::string> strings(const array& elements);

}  // namespace engines::json
