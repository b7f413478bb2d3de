// One extracted value, copied out of the plugin's memory. Plain data.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "api/plugin_api.h"

namespace host {

using Scalar = std::variant<std::string, uint64_t, bool>;

struct FieldValue {
  api::FieldType type = api::kFieldString;
  std::vector<Scalar> values;  // none: not set (n/a); more than one only for lists

  bool is_set() const { return !values.empty(); }
};

}  // namespace host
