// The list of fields that a plugin publishes, and requests for one of them with its argument. Pure; any
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/plugin_api.h"
#include "base/result.h"

namespace host {

struct PluginField {
  std::string name;
  api::FieldType type = api::kFieldString;
  bool is_list = false;
  bool arg_required = false;
  bool arg_is_index = false;
  bool arg_is_key = false;
  std::string description;
  bool add_output = false;  // "suggested output field"

  bool takes_argument() const { return arg_required || arg_is_index || arg_is_key; }
};

// "string", "uint64", ... as in the plugin's own list.
const char* field_type_name(api::FieldType type);

// json: what plugin_get_fields answers. Fails on what a host would refuse: no JSON, unknown type, no name,
// the same name twice, an argument that is required but neither index nor key.
base::Result<std::vector<PluginField>> parse_plugin_fields(std::string_view json);

// A field as written in a rule or an output line.
struct FieldRequest {
  size_t field = 0;  // index in the plugin's list
  bool has_argument = false;
  std::string argument;
  uint64_t argument_index = 0;  // of a numeric argument
};

// text: `name`, `name[argument]` or `name.argument`. Nothing when it is none of these fields; an error when
// it is one but its argument is missing, unwanted or of the wrong form.
base::Result<std::optional<FieldRequest>> parse_field_request(const std::vector<PluginField>& fields,
                                                              std::string_view text);

}  // namespace host
