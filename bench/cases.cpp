// See cases.h.
#include "cases.h"

#include <array>
#include <cstring>

#include "api/events.h"
#include "core/container.h"
#include "core/container_json.h"
#include "host/event_builder.h"
#include "host/plugin_library.h"
#include "host/session.h"

namespace bench {
namespace {

constexpr uint64_t kNow = 1'700'000'000'000'000'000;
constexpr int64_t kContainerThread = 10;
constexpr int64_t kHostThread = 20;
constexpr int64_t kNewThread = 30;

std::string id_of(uint64_t number) {
  std::string digits = std::to_string(number);
  return std::string(64 - digits.size(), 'c') + digits;
}

host::ThreadData thread(int64_t tid, const std::string& path) {
  host::ThreadData data;
  data.tid = data.pid = data.vtid = data.vpid = tid;
  data.ptid = 1;
  data.exe = data.comm = "sh";
  // As many lines as cgroup v1 has.
  for (const char* subsystem : {"cpuset", "cpu", "cpuacct", "blkio", "memory"}) {
    data.cgroups.push_back({subsystem, path});
  }
  return data;
}

core::Container container(const std::string& id) {
  core::Container c;
  c.type = core::ContainerType::kDocker;
  c.full_id = id;
  c.name = "web";
  c.image = "registry.example/team/web:1.2";
  c.image_repository = "registry.example/team/web";
  c.image_tag = "1.2";
  c.image_digest = "sha256:" + std::string(64, 'd');
  c.ip = "172.17.0.2";
  // Labels and mounts fill the JSON to about 2 KiB.
  for (int i = 0; i < 12; ++i) c.labels["org.example.label-" + std::to_string(i)] = std::string(40, 'v');
  for (int i = 0; i < 5; ++i) {
    c.mounts.push_back(
        {"/srv/data/" + std::to_string(i), "/data/" + std::to_string(i), "", true, "rprivate"});
  }
  return c;
}

}  // namespace

struct Cases::State {
  host::Session session;
  host::PluginInstance::RawCall call{};
  const host::PluginFunctions* functions = nullptr;
  uint64_t number = 0;  // of the event; a new one each time, as in a capture
  std::array<api::ExtractField, 6> fields{};
  std::vector<host::EventBytes> events;

  const api::Event* keep(host::EventBytes event) {
    events.push_back(std::move(event));
    return reinterpret_cast<const api::Event*>(events.back().data());
  }
  void parse(const api::Event* event) {
    const api::EventInput input{event, ++number, "syscall"};
    functions->parse_event(call.state, &input, &call.parse);
  }
  void extract(const api::Event* event, uint32_t count) {
    const api::EventInput input{event, ++number, "syscall"};
    // One call for each field: so does libsinsp.
    for (uint32_t i = 0; i < count; ++i) {
      call.extract.num_fields = 1;
      call.extract.fields = &fields[i];
      functions->extract_fields(call.state, &input, &call.extract);
    }
  }
};

Cases::Cases() : state_(std::make_unique<State>()) {}
Cases::~Cases() = default;

base::Result<std::unique_ptr<Cases>> Cases::load(const std::string& plugin) {
  auto library = host::PluginLibrary::load(plugin);
  if (!library) return base::Error{library.error()};
  std::unique_ptr<Cases> cases(new Cases);
  State& state = *cases->state_;
  state.functions = &(*library)->functions();
  host::InstanceOptions options;
  options.config = R"({"engines":{"docker":{"sockets":["/nonexistent/docker.sock"]}}})";
  if (auto added = state.session.add_plugin(*library, std::move(options)); !added)
    return base::Error{added.error()};
  state.session.threads().put(thread(kContainerThread, "/docker/" + id_of(1)));
  state.session.threads().put(thread(kHostThread, "/system.slice/cron.service"));
  if (auto opened = state.session.open(false); !opened) return base::Error{opened.error()};
  host::PluginInstance& instance = *state.session.plugins().front();
  state.call = instance.raw_call();

  constexpr std::array kNames = {"container.id",        "container.name", "container.image.repository",
                                 "container.image.tag", "k8s.ns.name",    "k8s.pod.name"};
  for (size_t i = 0; i < kNames.size(); ++i) {
    for (size_t id = 0; id < instance.fields().size(); ++id) {
      if (instance.fields()[id].name == kNames[i]) state.fields[i].field_id = static_cast<uint32_t>(id);
    }
    state.fields[i].field = kNames[i];
  }
  state.events.reserve(16);
  state.parse(state.keep(host::make_async(kNow, "container", core::to_json(container(id_of(1))))));
  cases->add_extraction();
  cases->add_parsing();
  cases->add_resolution();
  return cases;
}

void Cases::add_extraction() {
  State& state = *state_;
  const api::Event* in_container = state.keep(host::EventBuilder(0, kContainerThread, kNow).build());
  const api::Event* on_host = state.keep(host::EventBuilder(0, kHostThread, kNow).build());
  cases_.push_back(
      {"extract, 1 field, container", [&state, in_container] { state.extract(in_container, 1); }});
  cases_.push_back(
      {"extract, 6 fields, container", [&state, in_container] { state.extract(in_container, 6); }});
  cases_.push_back({"extract, 1 field, host", [&state, on_host] { state.extract(on_host, 1); }});
  cases_.push_back({"extract, 6 fields, host", [&state, on_host] { state.extract(on_host, 6); }});
}

void Cases::add_parsing() {
  State& state = *state_;
  const auto child = thread(kContainerThread, "/docker/" + id_of(1));
  const api::Event* exec = state.keep(host::make_exec_exit(api::kEventExecve19Exit, child, kNow));
  const api::Event* host_exec = state.keep(
      host::make_exec_exit(api::kEventExecve19Exit, thread(kHostThread, "/system.slice/cron.service"), kNow));
  const api::Event* clone = state.keep(
      host::make_clone_exit(api::kEventCloneExit, thread(kNewThread, "/docker/" + id_of(1)), kNow));
  const std::string json = core::to_json(container(id_of(1)));
  const api::Event* event = state.keep(host::make_async(kNow, "container", json));

  cases_.push_back({"parse exec, same container", [&state, exec] { state.parse(exec); }});
  cases_.push_back({"parse exec, host", [&state, host_exec] { state.parse(host_exec); }});
  // The thread is new to the table each time, as after a real clone; the table's own work is in the figure.
  cases_.push_back({"parse clone, new thread", [&state, clone] {
                      static const host::ThreadData data = thread(kNewThread, "/docker/" + id_of(1));
                      state.session.threads().erase_thread(kNewThread);
                      state.session.threads().put(data);
                      state.parse(clone);
                    }});
  cases_.push_back({"parse container event, " + std::to_string(json.size()) + " bytes",
                    [&state, event] { state.parse(event); }});
}

void Cases::add_resolution() {
  State& state = *state_;
  // A thread whose every exec is in another container: the path has never been seen.
  const api::Event* exec = state.keep(
      host::make_exec_exit(api::kEventExecve19Exit, thread(kNewThread, "/docker/" + id_of(1)), kNow));
  cases_.push_back({"resolve cgroups, unseen path, new container", [&state, exec] {
                      static uint64_t next = 1000;
                      state.session.threads().put(thread(kNewThread, "/docker/" + id_of(++next)));
                      state.parse(exec);
                    }});
  cases_.push_back({"(of that, filling the table)", [&state] {
                      static uint64_t next = 1000;
                      state.session.threads().put(thread(kNewThread, "/docker/" + id_of(++next)));
                    }});
}

}  // namespace bench
