// `ctrmeta doctor`: one page about what works here and what does not, with what mends it.
#include <fmt/format.h>
#include <sys/utsname.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tools/commands/commands.h"
#include "tools/doctor/archive.h"
#include "tools/doctor/report.h"
#include "tools/doctor/sections.h"

namespace tools {
namespace {

namespace json = boost::json;
using doctor::Level;
using doctor::Report;

constexpr std::chrono::milliseconds kProbing{2000};  // for one socket's round trips

// The configuration to judge by: the one that was named, else Falco's own.
base::Result<Settings> settings_for(const DoctorOptions& options, const doctor::FalcoView& falco) {
  if (!options.common.config_file.empty() || falco.init_config.empty()) return load_settings(options.common);
  auto settings = settings_of(falco.init_config, "Falco's", options.common.verbose);
  // The section on Falco has said what is wrong with it.
  return settings ? std::move(settings) : load_settings(options.common);
}

// Of a container only what names it: commands, environment, mounts and, unless asked, labels' values are left
// out.
json::object outline(const core::Container& container, bool with_labels) {
  json::object labels;
  for (const auto& [key, value] : container.labels) labels[key] = with_labels ? value : "(left out)";
  return {{"id", container.id()},
          {"full_id", container.full_id},
          {"type", core::type_name(container.type)},
          {"source", static_cast<int>(container.source)},
          {"owner", container.owner.to_string()},
          {"name", container.name},
          {"image", container.image},
          {"pod", container.pod_name},
          {"namespace", container.pod_namespace},
          {"labels", std::move(labels)}};
}

// Fields of a container that may hold what nobody else should read.
bool is_private(const std::string& field) {
  return field.ends_with("labels") || field.ends_with("mounts") || field.ends_with("healthcheck") ||
         field.ends_with("_probe") || field.ends_with("json") || field.ends_with("env");
}

Report without_secrets(Report report, bool with_labels) {
  for (doctor::Section& section : report.sections) {
    for (doctor::Finding& finding : section.findings) {
      if (finding.id != "container.field" || !is_private(finding.subject)) continue;
      if (with_labels && finding.subject.ends_with("labels")) continue;
      finding.text = finding.facts["value"].as_string().empty() ? finding.text : "(left out)";
      finding.facts["value"] = "(left out)";
    }
  }
  return report;
}

std::string system_json(const std::string& host_root) {
  utsname name{};
  ::uname(&name);
  std::ifstream release(host_root + "/etc/os-release");
  const std::string text{std::istreambuf_iterator<char>(release), std::istreambuf_iterator<char>()};
  return json::serialize(
      json::object{{"kernel", name.release}, {"machine", name.machine}, {"os_release", text}});
}

base::Status write_bundle(const DoctorOptions& options, const Report& report,
                          const std::vector<Record>& containers, const std::string& host_root) {
  const Report shown = without_secrets(report, options.with_labels);
  std::string page;
  for (const std::string& line : doctor::page(shown, nullptr)) page += line + '\n';
  json::array outlines;
  for (const Record& record : containers) outlines.push_back(outline(*record, options.with_labels));
  return doctor::write_archive(options.bundle_file, "ctrmeta-doctor",
                               {{"doctor.txt", page},
                                {"doctor.json", json::serialize(doctor::to_json(shown)) + "\n"},
                                {"containers.json", json::serialize(outlines) + "\n"},
                                {"system.json", system_json(host_root) + "\n"}});
}

std::string host_root() {
  const char* value = std::getenv("HOST_ROOT");
  std::string root = value == nullptr ? "" : value;
  while (root.ends_with('/')) root.pop_back();
  return root;
}

}  // namespace

ExitCode diagnose(const DoctorOptions& options, Console& console) {
  const std::string root = host_root();
  const doctor::Surroundings here = doctor::look_around();
  Report report;
  report.sections.push_back(doctor::where_section(here, root));
  report.sections.push_back(doctor::host_section(here, root));
  doctor::FalcoView falco;
  doctor::Section falco_section =
      doctor::falco_section(root, options.falco_config, falco);  // before any thread
  const auto settings = settings_for(options, falco);
  if (!settings) {
    console.error(settings.error());
    return kUsage;
  }
  const auto limit = to_milliseconds(options.timeout_s);
  std::vector<Record> containers;
  {
    Engines engines(*settings);
    engines.worker().wait_until_listed(limit);
    report.sections.push_back(doctor::engines_section(*settings, engines, std::min(limit, kProbing)));
    report.sections.push_back(doctor::local_section(settings->config));
    report.sections.push_back(std::move(falco_section));
    if (!options.what.empty()) {
      report.sections.push_back(doctor::container_section(options.what, *settings, engines, limit));
    }
    containers = engines.containers();
  }
  if (options.json) {
    console.data(json::serialize(doctor::to_json(report)));
  } else {
    for (const std::string& line : doctor::page(report, &console)) console.data(line);
  }
  console.flush();
  if (!options.bundle_file.empty()) {
    const base::Status written = write_bundle(options, report, containers, root);
    if (!written) {
      console.error(written.error());
      return kRuntimeFailure;
    }
    console.note(fmt::format("{} is written, for you alone to read; look through it before you send it",
                             options.bundle_file));
  }
  return report.healthy() && !console.failed() ? kFine : kRuntimeFailure;
}

}  // namespace tools
