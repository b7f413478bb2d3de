// `ctrmeta explain`: for one process, why each container field has its value or is empty.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "core/cgroup/choice.h"
#include "core/cgroup/resolver.h"
#include "core/rendered.h"
#include "host/proc_reader.h"
#include "tools/cgroup_containers.h"
#include "tools/commands/commands.h"
#include "tools/engines.h"
#include "tools/table_printer.h"

namespace tools {
namespace {

using core::Container;
using core::cgroup::Match;

const char* source_name(core::Source source) {
  switch (source) {
    case core::Source::kCgroup:
      return "the cgroup path alone";
    case core::Source::kSighting:
      return "the engine's list or events";
    case core::Source::kBundle:
      return "the OCI bundle on disk";
    case core::Source::kDisk:
      return "the engine's state on disk";
    case core::Source::kApi:
      break;
  }
  return "the engine's API";
}

constexpr const char* kUntold = "the engine did not tell";

std::string text_of(core::YesNo answer) {
  if (answer == core::YesNo::kUnknown) return {};
  return answer == core::YesNo::kYes ? "true" : "false";
}

// One field, and why it may be empty although the engine has answered.
struct FieldRow {
  const char* field;
  std::string (*value)(const core::Record&);
  const char* empty_because;
};

constexpr std::array kRows{
    FieldRow{"container.name", [](const core::Record& r) { return r.container.name; },
             "the engine gives it no name"},
    FieldRow{"container.image", [](const core::Record& r) { return r.container.image; },
             "the engine names no image"},
    FieldRow{"container.image.id", [](const core::Record& r) { return r.container.image_id; },
             "the engine names no image id"},
    FieldRow{"container.image.repository", [](const core::Record& r) { return r.container.image_repository; },
             "the image is known by its id only"},
    FieldRow{"container.image.tag", [](const core::Record& r) { return r.container.image_tag; },
             "the image was given by id or digest"},
    FieldRow{"container.image.digest", [](const core::Record& r) { return r.container.image_digest; },
             "the image never came from or went to a registry"},
    FieldRow{"container.ip", [](const core::Record& r) { return r.container.ip; },
             "no address of its own: not started yet, the host's network, or none"},
    FieldRow{"container.cni.json", [](const core::Record& r) { return r.cni_json; },
             "only pods (CRI) have a CNI result"},
    FieldRow{"container.privileged", [](const core::Record& r) { return text_of(r.container.privileged); },
             kUntold},
    FieldRow{"container.host_pid", [](const core::Record& r) { return text_of(r.container.host_pid); },
             kUntold},
    FieldRow{"container.host_network",
             [](const core::Record& r) { return text_of(r.container.host_network); }, kUntold},
    FieldRow{"container.host_ipc", [](const core::Record& r) { return text_of(r.container.host_ipc); },
             kUntold},
    FieldRow{"container.mounts", [](const core::Record& r) { return r.mounts; }, "it has no mounts"},
    FieldRow{"container.labels", [](const core::Record& r) { return r.labels; },
             "no labels, or all are longer than label_max_len"},
    FieldRow{"container.healthcheck", [](const core::Record& r) { return r.healthcheck.value_or(""); },
             "neither image nor container sets one"},
    FieldRow{"container.liveness_probe", [](const core::Record& r) { return r.liveness_probe.value_or(""); },
             "no exec probe in the pod's last-applied-configuration"},
    FieldRow{"container.readiness_probe",
             [](const core::Record& r) { return r.readiness_probe.value_or(""); },
             "no exec probe in the pod's last-applied-configuration"},
    FieldRow{"k8s.pod.name", [](const core::Record& r) { return r.container.pod_name; }, "it is in no pod"},
    FieldRow{"k8s.ns.name", [](const core::Record& r) { return r.container.pod_namespace; },
             "it is in no pod"},
    FieldRow{"k8s.pod.uid", [](const core::Record& r) { return r.container.pod_uid; }, "it is in no pod"},
    FieldRow{"k8s.pod.full_sandbox_id", [](const core::Record& r) { return r.container.pod_sandbox_id; },
             "it is in no pod"},
    FieldRow{"k8s.pod.labels", [](const core::Record& r) { return r.pod_labels; },
             "it is in no pod, or the pod has none"},
};

// Prints each path with what it means, and returns the one that decides.
core::cgroup::Choice print_cgroups(const std::vector<host::CgroupPath>& cgroups, const config::Config& config,
                                   Console& console) {
  core::cgroup::Choice choice;
  core::cgroup::Resolver resolver(enabled_engines(config));
  std::vector<std::vector<std::string>> rows;
  for (const host::CgroupPath& cgroup : cgroups) {
    const Match* match = resolver.resolve(cgroup.path);
    std::string meaning = "host";
    if (match != nullptr) {
      meaning = fmt::format("{} {}{}", core::cgroup::engine_name(match->engine), match->id(),
                            match->needs_confirmation ? ", if containerd confirms it" : "");
      choice.offer(*match, cgroup.path);
    }
    rows.push_back({"  " + cgroup.subsystem, cgroup.path, "-> " + meaning});
  }
  console.data(console.bold("cgroups"));
  if (rows.empty()) console.data("  none: /proc tells no cgroup of this process");
  for (const std::string& line : columns(rows)) console.data(line);
  return choice;
}

void print_sockets(const std::vector<worker::SocketStatus>& sockets, Console& console) {
  console.data(console.bold("engines asked"));
  if (sockets.empty()) console.data("  none: no engine with a socket is enabled");
  for (const worker::SocketStatus& socket : sockets) {
    std::string state = socket.connected ? fmt::format("connected, {} containers", socket.containers)
                                         : "not connected: " + state_of(socket);
    if (socket.connected && !socket.trouble.empty()) state += "; " + state_of(socket);
    console.data(fmt::format("  {} {}: {}", socket.engine, printable(socket.path), printable(state)));
    if (socket.errors > 0) {
      console.data(
          fmt::format("    {} failed requests, {} of them timeouts", socket.errors, socket.timeouts));
    }
  }
}

void print_fields(const Match& match, const Container* record, Console& console) {
  std::vector<std::vector<std::string>> rows;
  rows.push_back({"  container.id", std::string(match.id()), "from the cgroup path"});
  rows.push_back({"  container.full_id", match.full_id, "from the cgroup path"});
  const core::ContainerType type = record != nullptr ? record->type : match.type();
  rows.push_back(
      {"  container.type", core::type_name(type),
       record != nullptr ? std::string("from ") + source_name(record->source) : "from the cgroup path"});
  const std::shared_ptr<const core::Record> rendered =
      record != nullptr ? core::Record::make(*record) : nullptr;
  for (const FieldRow& row : kRows) {
    const std::string name = std::string("  ") + row.field;
    if (record == nullptr) {
      rows.push_back({name, "<NA>", "no source knows this container"});
      continue;
    }
    const std::string value = row.value(*rendered);
    const std::string from = std::string("from ") + source_name(record->source);
    const bool poor = record->source != core::Source::kApi;
    rows.push_back({name, value.empty() ? "<NA>" : value,
                    !value.empty() ? from
                    : poor         ? fmt::format("{} does not tell it, and no engine's API has answered",
                                                 source_name(record->source))
                                   : row.empty_because});
  }
  console.data(console.bold("fields"));
  for (const std::string& line : columns(rows)) console.data(line);
}

bool can_be_asked(const Match& match) {
  using core::cgroup::Engine;
  return match.engine != Engine::kLxc && match.engine != Engine::kLibvirtLxc && match.engine != Engine::kBpm;
}

void explain_container(const core::cgroup::Choice& choice, const Settings& settings,
                       std::chrono::milliseconds timeout, Console& console) {
  const Match& match = *choice.match();
  if (!can_be_asked(match)) {
    console.data(
        fmt::format("container: {} ({}); this engine has nobody to ask, so id and type are all there is",
                    printable(match.id()), core::cgroup::engine_name(match.engine)));
    Container record;
    record.type = match.type();
    record.full_id = match.full_id;
    record.source = core::Source::kCgroup;
    print_fields(match, &record, console);
    return;
  }
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  Engines engines(settings);
  engines.worker().wait_until_listed(timeout);
  Record record = engines.wait_for(match.full_id, std::chrono::milliseconds(0));
  if (!record) {
    engines.worker().request(
        {.full_id = match.full_id, .hint = match.type(), .cgroup_path = choice.path(), .owner = match.owner});
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    record = engines.wait_for(match.full_id, std::max(left, std::chrono::milliseconds(500)));
  }
  if (match.needs_confirmation && !record) {
    console.data(
        fmt::format("container: host ('{}' looks like a name of containerd's, which does not know it)",
                    printable(match.full_id)));
    print_sockets(engines.worker().sockets(), console);
    return;
  }
  console.data(fmt::format("container: {} ({}), decided by {}", printable(match.id()),
                           core::cgroup::engine_name(match.engine), printable(choice.path())));
  console.data(record ? fmt::format("answered by: {}", source_name(record->source)) : "answered by: nobody");
  print_sockets(engines.worker().sockets(), console);
  print_fields(match, record.get(), console);
}

}  // namespace

ExitCode explain(const ExplainOptions& options, Console& console) {
  const auto settings = load_settings(options.common);
  if (!settings) {
    console.error(settings.error());
    return kUsage;
  }
  host::ProcReader proc(settings->config.host_root);
  const auto process = proc.process(options.pid);
  if (!process) {
    console.error(fmt::format("there is no process {} in {}", options.pid, proc.directory()));
    return kRuntimeFailure;
  }
  console.data(fmt::format("process {}: {}{}", options.pid, printable(process->comm),
                           process->vpid == process->pid
                               ? std::string()
                               : fmt::format(", pid {} in its own namespace", process->vpid)));
  const core::cgroup::Choice choice = print_cgroups(process->cgroups, settings->config, console);
  if (settings->config.static_engine.enabled) {
    const Container fixed = static_container(settings->config.static_engine);
    console.data(
        fmt::format("container: {} (static): the configuration puts every process in it, with name '{}' "
                    "and image '{}'",
                    printable(fixed.id()), printable(fixed.name), printable(fixed.image)));
  } else if (choice.match() == nullptr) {
    console.data(
        "container: host (no cgroup path names a container), so container.* answer 'host' or nothing");
  } else {
    explain_container(choice, *settings, to_milliseconds(options.timeout_s), console);
  }
  console.flush();
  return console.failed() ? kRuntimeFailure : kFine;
}

}  // namespace tools
