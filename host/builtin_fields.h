// The host's own fields: evt.*, proc.*, thread.*, user.*; names and meaning are Falco's. One row each. Pure.
#pragma once

#include <span>

#include "host/event_context.h"
#include "host/field_value.h"

namespace host {

struct BuiltinField {
  const char* name;
  api::FieldType type;
  const char* description;
  FieldValue (*get)(const EventContext& context);
};

std::span<const BuiltinField> builtin_fields();

// "clone", "execve", ... ; "type-<number>" for types that this host does not make.
std::string event_type_name(uint16_t type);

}  // namespace host
