// Every field of the plugin: one row each, with its name, type, argument, description and getter. The row is
// the only place that names a field; the JSON for the host and docs/fields.md are made from it.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "api/plugin_api.h"
#include "plugin/fields/question.h"

namespace plugin::fields {

enum class Argument : uint8_t {
  kNone,
  kKey,         // field[key]
  kIndexOrKey,  // field[0] or field[key]
};

enum class Form : uint8_t {
  kOne,   // at most one value
  kList,  // any number of texts: for `in`, `intersects` and their like
};

using Getter = void (*)(const Question& question, Answer& answer);

struct Field {
  const char* name;
  api::FieldType type;
  Argument argument;
  bool suggested;  // Falco may append it to every output line
  const char* description;
  Getter getter;  // leaves the answer empty for "no value"
  Form form = Form::kOne;
};

// In the order of the field ids that the host is given.
std::span<const Field> table();

// The table as plugin_get_fields() returns it.
std::string to_json();
// The table as docs/fields.md shows it.
std::string to_markdown();

}  // namespace plugin::fields
