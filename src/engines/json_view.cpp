// See json_view.h.
#include "engines/json_view.h"

#include <utility>

namespace engines::json {

base::Result<object> parse_object(std::string_view text, std::string_view what,
                                  boost::json::storage_ptr memory, core::JsonSkip skip) {
  base::Result<value> parsed = core::parse_json(text, std::move(memory), skip);
  if (!parsed) return base::Error{std::string(what) + ": " + parsed.error()};
  object* found = parsed->if_object();
  if (found == nullptr) return base::Error{std::string(what) + ": an object is wanted"};
  return std::move(*found);
}

base::Result<array> parse_array(std::string_view text, std::string_view what) {
  base::Result<value> parsed = core::parse_json(text);
  if (!parsed) return base::Error{std::string(what) + ": " + parsed.error()};
  array* found = parsed->if_array();
  if (found == nullptr) return base::Error{std::string(what) + ": an array is wanted"};
  return std::move(*found);
}

const object& child(const object& parent, std::string_view key) {
  static const object kEmpty;
  const value* found = parent.if_contains(key);
  return found != nullptr && found->is_object() ? found->get_object() : kEmpty;
}

const array& list(const object& parent, std::string_view key) {
  static const array kEmpty;
  const value* found = parent.if_contains(key);
  return found != nullptr && found->is_array() ? found->get_array() : kEmpty;
}

std::string_view text(const value& any) {
  if (!any.is_string()) return {};
  const boost::json::string& found = any.get_string();
  return {found.data(), found.size()};
}

std::string_view text(const object& parent, std::string_view key) {
  const value* found = parent.if_contains(key);
  return found == nullptr ? std::string_view() : text(*found);
}

bool flag(const object& parent, std::string_view key) {
  const value* found = parent.if_contains(key);
  return found != nullptr && found->is_bool() && found->get_bool();
}

core::YesNo yes_no(const object& parent, std::string_view key) {
  const value* found = parent.if_contains(key);
  if (found == nullptr || !found->is_bool()) return core::YesNo::kUnknown;
  return core::yes_no(found->get_bool());
}

std::optional<int64_t> told_number(const object& parent, std::string_view key) {
  return core::as_integer<int64_t>(parent.if_contains(key));
}

int64_t number(const object& parent, std::string_view key, int64_t missing) {
  return core::as_integer<int64_t>(parent.if_contains(key)).value_or(missing);
}

std::vector<std::string> strings(const array& elements) {
  std::vector<std::string> result;
  result.reserve(elements.size());
  for (const value& element : elements) {
    if (element.is_string()) result.emplace_back(text(element));
  }
  return result;
}

}  // namespace engines::json
