// See plugin_fields.h.
#include "host/plugin_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>

namespace host {
namespace {

namespace json = boost::json;

struct TypeName {
  const char* name;
  api::FieldType type;
};
constexpr std::array kTypes{TypeName{"string", api::kFieldString},   TypeName{"uint64", api::kFieldUint64},
                            TypeName{"bool", api::kFieldBool},       TypeName{"reltime", api::kFieldReltime},
                            TypeName{"abstime", api::kFieldAbstime}, TypeName{"ipaddr", api::kFieldIpAddr},
                            TypeName{"ipnet", api::kFieldIpNet}};

std::string text_of(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool flag_of(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

base::Result<PluginField> parse_one(const json::value& value, size_t position) {
  if (!value.is_object()) return base::Error{fmt::format("entry {} is no object", position)};
  const json::object& object = value.get_object();
  PluginField field;
  field.name = text_of(object, "name");
  if (field.name.empty()) return base::Error{fmt::format("entry {} has no name", position)};
  const std::string type = text_of(object, "type");
  const auto* found =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeName& row) { return type == row.name; });
  if (found == kTypes.end())
    return base::Error{fmt::format("field '{}' is of unknown type '{}'", field.name, type)};
  field.type = found->type;
  field.is_list = flag_of(object, "isList");
  field.description = text_of(object, "desc");
  field.add_output = flag_of(object, "addOutput");
  if (field.description.empty()) return base::Error{fmt::format("field '{}' has no description", field.name)};
  if (const json::value* arg = object.if_contains("arg"); arg != nullptr && arg->is_object()) {
    field.arg_required = flag_of(arg->get_object(), "isRequired");
    field.arg_is_index = flag_of(arg->get_object(), "isIndex");
    field.arg_is_key = flag_of(arg->get_object(), "isKey");
    if (field.arg_required && !field.arg_is_index && !field.arg_is_key) {
      return base::Error{fmt::format("the argument of field '{}' is neither index nor key", field.name)};
    }
  }
  return field;
}

// As libsinsp reads an index: digits only, no leading zero.
std::optional<uint64_t> index_of(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  uint64_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return index;
}

struct Split {
  size_t field;
  bool has_argument = false;
  std::string_view argument;
};

// The longest field name that `text` begins with, and what follows it.
std::optional<Split> split(const std::vector<PluginField>& fields, std::string_view text) {
  std::optional<Split> best;
  size_t best_length = 0;
  for (size_t i = 0; i < fields.size(); ++i) {
    const std::string& name = fields[i].name;
    if (!text.starts_with(name) || name.size() < best_length) continue;
    const std::string_view rest = text.substr(name.size());
    if (rest.empty()) {
      best = Split{i, false, {}};
    } else if (rest.size() >= 2 && rest.front() == '[' && rest.back() == ']') {
      best = Split{i, true, rest.substr(1, rest.size() - 2)};
    } else if (rest.front() == '.' && rest.size() > 1 && fields[i].takes_argument()) {
      best = Split{i, true, rest.substr(1)};
    } else {
      continue;
    }
    best_length = name.size();
  }
  return best;
}

}  // namespace

const char* field_type_name(api::FieldType type) {
  const auto* found =
      std::find_if(kTypes.begin(), kTypes.end(), [type](const TypeName& row) { return row.type == type; });
  return found == kTypes.end() ? "unknown" : found->name;
}

base::Result<std::vector<PluginField>> parse_plugin_fields(std::string_view text) {
  boost::system::error_code error;
  const json::value list = json::parse(json::string_view(text.data(), text.size()), error);
  if (error || !list.is_array()) return base::Error{"the plugin's list of fields is not a JSON array"};
  std::vector<PluginField> fields;
  for (const json::value& value : list.get_array()) {
    auto field = parse_one(value, fields.size());
    if (!field) return base::Error{"the plugin's list of fields is wrong: " + field.error()};
    const bool known = std::any_of(fields.begin(), fields.end(),
                                   [&](const PluginField& other) { return other.name == field->name; });
    if (known) return base::Error{fmt::format("the plugin lists field '{}' twice", field->name)};
    fields.push_back(std::move(*field));
  }
  return fields;
}

base::Result<std::optional<FieldRequest>> parse_field_request(const std::vector<PluginField>& fields,
                                                              std::string_view text) {
  const auto parts = split(fields, text);
  if (!parts) return std::optional<FieldRequest>();
  const PluginField& field = fields[parts->field];
  if (!parts->has_argument && field.arg_required) {
    return base::Error{
        fmt::format("field '{0}' needs an argument: {0}[{1}]", field.name, field.arg_is_key ? "key" : "0")};
  }
  if (parts->has_argument && !field.takes_argument()) {
    return base::Error{fmt::format("field '{}' takes no argument", field.name)};
  }
  FieldRequest request;
  request.field = parts->field;
  request.has_argument = parts->has_argument;
  request.argument = parts->argument;
  if (parts->has_argument && field.arg_is_index) {
    const auto index = index_of(parts->argument);
    if (!index && !field.arg_is_key) {
      return base::Error{
          fmt::format("the argument of '{}' must be a number, not '{}'", field.name, parts->argument)};
    }
    request.argument_index = index.value_or(0);
  }
  return std::optional<FieldRequest>(std::move(request));
}

}  // namespace host
