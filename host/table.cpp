// See table.h.
#include "host/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace host {
namespace {

struct TypeName {
  api::StateType type;
  const char* name;
};
constexpr std::array kTypeNames{TypeName{api::kStateInt8, "int8"},     TypeName{api::kStateInt16, "int16"},
                                TypeName{api::kStateInt32, "int32"},   TypeName{api::kStateInt64, "int64"},
                                TypeName{api::kStateUint8, "uint8"},   TypeName{api::kStateUint16, "uint16"},
                                TypeName{api::kStateUint32, "uint32"}, TypeName{api::kStateUint64, "uint64"},
                                TypeName{api::kStateString, "string"}, TypeName{api::kStateTable, "table"},
                                TypeName{api::kStateBool, "bool"}};

}  // namespace

const char* state_type_name(api::StateType type) {
  const auto* found = std::find_if(kTypeNames.begin(), kTypeNames.end(),
                                   [type](const TypeName& row) { return row.type == type; });
  return found == kTypeNames.end() ? "unknown type" : found->name;
}

const FieldDef* find_field(Table& table, std::span<const FieldDef> fields, const char* name,
                           api::StateType type) {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [name](const FieldDef& field) { return field.name == name; });
  if (found == fields.end()) {
    table.fail(fmt::format("table '{}' has no field '{}'", table.name(), name));
    return nullptr;
  }
  if (found->type != type) {
    table.fail(fmt::format("field '{}' of table '{}' is of type {}, not {}", name, table.name(),
                           state_type_name(found->type), state_type_name(type)));
    return nullptr;
  }
  return &*found;
}

}  // namespace host
