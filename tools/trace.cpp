// See trace.h.
#include "tools/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/cgroup/resolver.h"
#include "core/rendered.h"
#include "host/proc_reader.h"
#include "tools/cgroup_containers.h"

namespace tools {

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

namespace {

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

void read_cgroups(const std::vector<host::CgroupPath>& cgroups, const config::Config& config,
                  const std::vector<Record>& told, Trace& trace) {
  CgroupReader reader(config);
  for (const Record& record : told) reader.learn(*record);
  for (const host::CgroupPath& cgroup : cgroups) {
    const Match* match = reader.read(cgroup.path);
    std::string meaning = "host";
    if (match != nullptr) {
      meaning = fmt::format("{} {}{}{}", core::cgroup::engine_name(match->engine), match->id(),
                            match->needs_confirmation ? ", if containerd confirms it" : "",
                            match->told ? ", as its engine says" : "");
      trace.choice.offer(*match, cgroup.path);
    }
    trace.cgroups.push_back({cgroup.subsystem, cgroup.path, std::move(meaning)});
  }
}

// What is known of the container, after asking for it where nobody has told of it yet.
Record ask(const Match& match, const std::string& path, std::chrono::steady_clock::time_point deadline,
           Engines& engines) {
  if (Record record = engines.wait_for(match.full_id, std::chrono::milliseconds(0))) return record;
  engines.worker().request(
      {.full_id = match.full_id, .hint = match.type(), .cgroup_path = path, .owner = match.owner});
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return engines.wait_for(match.full_id, std::max(left, std::chrono::milliseconds(500)));
}

}  // namespace

bool can_be_asked(const Match& match) {
  using core::cgroup::Engine;
  return match.engine != Engine::kLxc && match.engine != Engine::kLibvirtLxc && match.engine != Engine::kBpm;
}

std::vector<FieldAnswer> answers_of(const Match& match, const Container* record) {
  std::vector<FieldAnswer> out;
  out.push_back({"container.id", std::string(match.id()), "from the cgroup path"});
  out.push_back({"container.full_id", match.full_id, "from the cgroup path"});
  const core::ContainerType type = record != nullptr ? record->type : match.type();
  out.push_back(
      {"container.type", core::type_name(type),
       record != nullptr ? std::string("from ") + source_name(record->source) : "from the cgroup path"});
  const std::shared_ptr<const core::Record> rendered =
      record != nullptr ? core::Record::make(*record) : nullptr;
  for (const FieldRow& row : kRows) {
    if (record == nullptr) {
      out.push_back({row.field, "", "no source knows this container"});
      continue;
    }
    std::string value = row.value(*rendered);
    std::string because = std::string("from ") + source_name(record->source);
    if (value.empty()) {
      because = record->source == core::Source::kApi
                    ? row.empty_because
                    : fmt::format("{} does not tell it, and no engine's API has answered",
                                  source_name(record->source));
    }
    out.push_back({row.field, std::move(value), std::move(because)});
  }
  return out;
}

base::Result<Trace> trace_process(const Settings& settings, int64_t pid, std::chrono::milliseconds limit,
                                  Engines* engines) {
  host::ProcReader proc(settings.config.host_root);
  const auto process = proc.process(pid);
  if (!process) return base::Error{fmt::format("there is no process {} in {}", pid, proc.directory())};
  Trace trace;
  trace.pid = pid;
  trace.comm = process->comm;
  trace.vpid = process->vpid;
  if (settings.config.static_engine.enabled) {
    read_cgroups(process->cgroups, settings.config, {}, trace);
    trace.verdict = Trace::Verdict::kStatic;
    trace.record = std::make_shared<const Container>(static_container(settings.config.static_engine));
    return trace;
  }
  std::unique_ptr<Engines> own;
  if (engines == nullptr) own = std::make_unique<Engines>(settings);
  Engines& asked = engines != nullptr ? *engines : *own;
  // What engines say decides before what paths look like.
  const auto deadline = std::chrono::steady_clock::now() + limit;
  asked.worker().wait_until_listed(limit);
  read_cgroups(process->cgroups, settings.config, asked.containers(), trace);
  const Match* match = trace.choice.match();
  if (match == nullptr) return trace;
  if (!can_be_asked(*match)) {
    trace.verdict = Trace::Verdict::kNobodyToAsk;
    Container record;
    record.type = match->type();
    record.full_id = match->full_id;
    record.source = core::Source::kCgroup;
    trace.fields = answers_of(*match, &record);
    trace.record = std::make_shared<const Container>(std::move(record));
    return trace;
  }
  trace.record = ask(*match, trace.choice.path(), deadline, asked);
  trace.sockets = asked.worker().sockets();
  const bool confirmed = !match->needs_confirmation ||
                         (trace.record && core::cgroup::confirms(*trace.record, *match, trace.choice.path()));
  if (!confirmed) trace.record.reset();
  trace.verdict = confirmed ? Trace::Verdict::kContainer : Trace::Verdict::kUnconfirmed;
  trace.fields = answers_of(*match, trace.record.get());
  return trace;
}

}  // namespace tools
