// `ctrmeta list`: the containers of every engine, as a table or as JSON.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "core/container_json.h"
#include "tools/cgroup_containers.h"
#include "tools/commands/commands.h"
#include "tools/engines.h"
#include "tools/table_printer.h"

namespace tools {
namespace {

std::string pod_of(const core::Container& container) {
  if (container.pod_name.empty()) return "";
  return container.pod_namespace.empty() ? container.pod_name
                                         : container.pod_namespace + "/" + container.pod_name;
}

void print_table(const std::vector<Record>& containers, Console& console) {
  std::vector<std::vector<std::string>> rows{{"ID", "NAME", "IMAGE", "ENGINE", "IP", "POD"}};
  const auto shown = [](const std::string& text) { return text.empty() ? std::string("-") : text; };
  for (const Record& record : containers) {
    rows.push_back({std::string(record->id()), shown(record->name), shown(record->image),
                    core::type_name(record->type), shown(record->ip), shown(pod_of(*record))});
  }
  bool head = true;
  for (const std::string& line : columns(rows)) {
    console.data(head ? console.bold(line) : line);
    head = false;
  }
}

void print_json(const std::vector<Record>& containers, Console& console) {
  std::string out = "[";
  for (const Record& record : containers) {
    if (out.size() > 1) out += ',';
    out += core::to_json_object(*record);
  }
  console.data(out + "]");
}

}  // namespace

ExitCode list(const ListOptions& options, Console& console) {
  const auto settings = load_settings(options.common);
  if (!settings) {
    console.error(settings.error());
    return kUsage;
  }
  std::vector<Record> containers;
  for (core::Container& container : unlisted_containers(settings->config)) {
    containers.push_back(std::make_shared<const core::Container>(std::move(container)));
  }
  ExitCode code = kFine;
  if (!settings->config.static_engine.enabled) {  // it excludes all others
    Engines engines(*settings);
    if (!engines.worker().wait_until_listed(to_milliseconds(options.timeout_s))) {
      console.note(
          fmt::format("not every engine has answered within {} s (--timeout); what follows may be "
                      "incomplete",
                      options.timeout_s));
    }
    code = report_sockets(engines.worker().sockets(), console);
    const auto listed = engines.containers();
    containers.insert(containers.end(), listed.begin(), listed.end());
  }
  std::sort(containers.begin(), containers.end(), [](const Record& a, const Record& b) {
    return std::tie(a->type, a->name, a->full_id) < std::tie(b->type, b->name, b->full_id);
  });
  if (options.json) {
    print_json(containers, console);
  } else if (code == kFine || !containers.empty()) {
    print_table(containers, console);
  }
  console.flush();
  return console.failed() ? kRuntimeFailure : code;
}

}  // namespace tools
