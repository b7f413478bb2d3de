// See plugin_host.h.
#include "plugin_host.h"

#include <gtest/gtest.h>

#include "core/container_json.h"
#include "host/plugin_library.h"

namespace test {

host::ThreadData thread(int64_t tid, std::string_view cgroup, int64_t ptid) {
  host::ThreadData data;
  data.tid = data.pid = tid;
  data.vtid = data.vpid = tid;
  data.ptid = ptid;
  data.comm = data.exe = "sh";
  if (!cgroup.empty()) {
    data.cgroups = {{"cpu", std::string(cgroup)}, {"memory", std::string(cgroup)}};
  }
  return data;
}

std::string docker_cgroup(const std::string& id) {
  return "/docker/" + id;
}

core::Container full_container(const std::string& id) {
  core::Container c;
  c.type = core::ContainerType::kDocker;
  c.full_id = id;
  c.name = "web";
  c.image = "registry.example:5000/team/web:1.2";
  c.image_id = "1234567890ab";
  c.image_repository = "registry.example:5000/team/web";
  c.image_tag = "1.2";
  c.image_digest = "sha256:00ff";
  c.user = "1000:1000";
  c.ip = "172.17.0.2";
  c.privileged = core::YesNo::kYes;
  c.host_pid = core::YesNo::kNo;
  c.host_network = core::YesNo::kYes;
  c.host_ipc = core::YesNo::kYes;
  c.labels = {
      {"app", "web"}, {"empty", ""}, {"com.example/tier-1_x.y", "front"}, {"io.kubernetes.x", "hidden"}};
  c.mounts = {{"/host/a", "/a", "ro", false, "rprivate"}, {"/host/b", "/b", "", true, "rslave"}};
  c.pod_sandbox_id = "0123456789abcdef";
  c.pod_sandbox_labels = core::Labels{{"team", "blue"}, {"zone", "1"}};
  c.cni_json = R"({"eth0":{"IPConfigs":[{"IP":"10.0.0.2"}]}})";
  c.pod_name = "web-0";
  c.pod_namespace = "prod";
  c.pod_uid = "uid-1";
  c.healthcheck = core::Probe{"/bin/sh", {"-c", "test -e /ok"}};
  c.liveness_probe = core::Probe{"/live", {}};
  c.readiness_probe = core::Probe{"/ready", {"--fast"}};
  return c;
}

PluginHost::PluginHost(const std::string& config) {
  auto library = host::PluginLibrary::load(PLUGIN_PATH);
  if (!library) {
    error_ = library.error();
    return;
  }
  host::InstanceOptions options;
  options.config = config;
  options.logger = base::Logger(
      [lines = lines_](base::Severity, const std::string& line) {
        const std::lock_guard lock(lines->mutex);
        lines->lines.push_back(line);
      },
      base::Severity::kTrace);
  const auto status = session_.add_plugin(*library, std::move(options));
  if (!status) error_ = status.error();
}

void PluginHost::open(bool live) {
  const auto status = session_.open(live);
  ASSERT_TRUE(status.ok()) << (status ? "" : status.error());
}

bool PluginHost::feed(const host::EventBytes& event) {
  const uint64_t failures = session_.parse_failures();
  const auto status = session_.feed(event, {});
  return status.ok() && session_.parse_failures() == failures;
}

namespace {

std::string text_of(const host::Scalar& scalar) {
  if (const auto* text = std::get_if<std::string>(&scalar)) return *text;
  if (const auto* number = std::get_if<uint64_t>(&scalar)) return std::to_string(*number);
  return std::get<bool>(scalar) ? "true" : "false";
}

}  // namespace

std::string PluginHost::extract(const host::EventView& event, uint64_t number, std::string_view field) {
  const auto request = host::parse_field_request(instance().fields(), field);
  if (!request) return "error: " + request.error();
  if (!*request) return "error: no such field";
  const auto value = instance().extract(event, number, **request);
  if (!value) return "error: " + value.error();
  if (!value->is_set()) return kNoValue;
  std::string answer;
  for (const host::Scalar& scalar : value->values) {
    if (!answer.empty()) answer += ", ";
    answer += text_of(scalar);
  }
  return answer;
}

std::string PluginHost::ask(const host::EventBytes& event, std::string_view field) {
  std::string answer = "error: the event was not handed over";
  const auto status = session_.feed(event, [&](const host::EventContext& context) {
    answer = extract(context.event, context.number, field);
  });
  return status ? answer : "error: " + status.error();
}

std::string PluginHost::ask(int64_t tid, std::string_view field) {
  // Any type that the plugin does not parse: 0 stands for a system call.
  return ask(host::EventBuilder(0, tid, now_).build(), field);
}

std::string PluginHost::ask_before_parsing(const host::EventBytes& event, std::string_view field) {
  const auto view = host::EventView::parse(event);
  return view ? extract(*view, session_.events() + 1, field) : "error: " + view.error();
}

bool PluginHost::announce(const core::Container& container) {
  return feed(host::make_async(now_, "container", core::to_json(container)));
}

bool PluginHost::announce_removed(const core::Container& container) {
  return feed(host::make_async(now_, "container_removed", core::to_json(container)));
}

std::string PluginHost::thread_text(int64_t tid, std::string_view field) {
  const host::Thread* found = session_.threads().find(tid);
  return found != nullptr ? session_.threads().dynamic_text(*found, field) : "error: no such thread";
}

std::vector<std::string> PluginHost::log() {
  const std::lock_guard lock(lines_->mutex);
  return lines_->lines;
}

uint64_t PluginHost::metric(std::string_view name) {
  for (const host::MetricSample& sample : instance().metrics()) {
    if (sample.name == name) return std::get<uint64_t>(sample.value);
  }
  ADD_FAILURE() << "no metric " << name;
  return 0;
}

}  // namespace test
