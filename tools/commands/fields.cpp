// `ctrmeta fields`: every field that a rule or an output line may use.
#include <fmt/format.h>

#include <boost/json.hpp>

#include "host/builtin_fields.h"
#include "host/session.h"
#include "tools/commands/commands.h"
#include "tools/plugin_session.h"
#include "tools/table_printer.h"

namespace tools {
namespace {

std::string argument_of(const host::PluginField& field) {
  if (!field.takes_argument()) return "";
  const char* kind = field.arg_is_index && field.arg_is_key ? "index or key"
                     : field.arg_is_index                   ? "index"
                                                            : "key";
  return field.arg_required ? fmt::format("[{}]", kind) : fmt::format("[{}], optional", kind);
}

struct Row {
  std::string name, type, argument, description;
  bool from_plugin = false;
};

std::vector<Row> all_rows(const host::Session& session) {
  std::vector<Row> rows;
  for (const auto& plugin : session.plugins()) {
    for (const host::PluginField& field : plugin->fields()) {
      rows.push_back(
          {field.name, host::field_type_name(field.type), argument_of(field), field.description, true});
    }
  }
  for (const host::BuiltinField& field : host::builtin_fields()) {
    rows.push_back({field.name, host::field_type_name(field.type), "", field.description, false});
  }
  return rows;
}

void print_json(const std::vector<Row>& rows, Console& console) {
  boost::json::array out;
  for (const Row& row : rows) {
    out.push_back(boost::json::object{{"name", row.name},
                                      {"type", row.type},
                                      {"argument", row.argument},
                                      {"description", row.description},
                                      {"source", row.from_plugin ? "plugin" : "host"}});
  }
  console.data(boost::json::serialize(out));
}

}  // namespace

ExitCode fields(const FieldsOptions& options, Console& console) {
  const auto settings = load_settings(options.common);
  if (!settings) {
    console.error(settings.error());
    return kUsage;
  }
  auto library = load_plugin(options.plugin_file);
  if (!library) {
    console.error(library.error());
    return kRuntimeFailure;
  }
  host::Session session;
  if (const auto added = add_plugin(session, *library, *settings); !added) {
    console.error(added.error());
    return kUsage;
  }
  const std::vector<Row> rows = all_rows(session);
  if (options.json) {
    print_json(rows, console);
  } else {
    std::vector<std::vector<std::string>> cells{{"FIELD", "TYPE", "ARGUMENT", "DESCRIPTION"}};
    for (const Row& row : rows) cells.push_back({row.name, row.type, row.argument, row.description});
    bool head = true;
    for (const std::string& line : columns(cells)) {
      console.data(head ? console.bold(line) : line);
      head = false;
    }
  }
  console.flush();
  return console.failed() ? kRuntimeFailure : kFine;
}

}  // namespace tools
