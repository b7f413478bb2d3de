// The field table as text: for the host and for people. See field_table.h.
#include <boost/json.hpp>

#include "plugin/fields/field_table.h"

namespace plugin::fields {
namespace {

const char* type_word(api::FieldType type) {
  switch (type) {
    case api::kFieldUint64:
      return "uint64";
    case api::kFieldReltime:
      return "reltime";
    case api::kFieldAbstime:
      return "abstime";
    case api::kFieldBool:
      return "bool";
    case api::kFieldIpAddr:
      return "ipaddr";
    case api::kFieldIpNet:
      return "ipnet";
    case api::kFieldString:
      break;
  }
  return "string";
}

const char* argument_words(Argument argument) {
  switch (argument) {
    case Argument::kKey:
      return "key";
    case Argument::kIndexOrKey:
      return "index or key";
    case Argument::kNone:
      break;
  }
  return "";
}

}  // namespace

std::string to_json() {
  boost::json::array fields;
  for (const Field& field : table()) {
    boost::json::object object;
    object["name"] = field.name;
    object["type"] = type_word(field.type);
    object["desc"] = field.description;
    if (field.argument != Argument::kNone) {
      // Never isIndex: libsinsp 0.20 then refuses every argument that is not a number. An index comes as a
      // key.
      object["arg"] = {{"isRequired", true}, {"isKey", true}};
    }
    if (field.form == Form::kList) object["isList"] = true;
    if (field.suggested) object["addOutput"] = true;
    fields.push_back(std::move(object));
  }
  return boost::json::serialize(fields);
}

std::string to_markdown() {
  std::string text =
      "# Fields\n\n"
      "Made from the field table (`src/plugin/fields/field_table.cpp`) by `make docs`; do not edit.\n\n"
      "Fields with an argument need one: `container.label[app]`. \"Suggested\" fields are those that Falco "
      "appends "
      "to\nits output when it is asked to.\n\n"
      "| field | type | argument | suggested | answer |\n| --- | --- | --- | --- | --- |\n";
  for (const Field& field : table()) {
    text += std::string("| `") + field.name + "` | " + type_word(field.type) +
            (field.form == Form::kList ? ", list" : "") + " | " + argument_words(field.argument) + " | " +
            (field.suggested ? "yes" : "") + " | " + field.description + " |\n";
  }
  return text;
}

}  // namespace plugin::fields
