// Every attack on Falco's thread that we know of, one after another and on top of each other, against one
// instance of the plugin: prints the dearest call of each by the thread's CPU time. Not a test: what bounds
// the work is asserted in tests/, by counts. Run: build/bin/worst_call [containers]
#include <fmt/format.h>
#include <malloc.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/events.h"
#include "core/container.h"
#include "core/container_json.h"
#include "host/event_builder.h"
#include "host/plugin_library.h"
#include "host/session.h"
#include "host/table_registry.h"
#include "support/eventually.h"
#include "support/fake_docker.h"

namespace {

namespace fs = std::filesystem;

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint32_t kUser = 1000;

uint64_t cpu_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<uint64_t>(now.tv_sec) * kSecond + static_cast<uint64_t>(now.tv_nsec);
}

std::string id_of(std::string_view begin, int number) {
  std::string digits = std::to_string(number);
  return std::string(begin) + std::string(64 - begin.size() - digits.size(), '0') + digits;
}

// What the calls of one attack took.
struct Cost {
  uint64_t calls = 0;
  uint64_t worst_ns = 0;
  uint64_t total_ns = 0;
};

class Attacked {
 public:
  explicit Attacked(const std::string& socket) {
    auto library = host::PluginLibrary::load(PLUGIN_PATH);
    if (!library) fail(library.error());
    functions_ = &(*library)->functions();
    host::InstanceOptions options;
    options.config =
        R"({"engines":{"docker":{"sockets":[")" + socket +
        R"("]},"podman":{"enabled":false},"containerd":{"sockets":["/nonexistent"]},"cri":{"enabled":false}}})";
    if (auto added = session_.add_plugin(*library, std::move(options)); !added) fail(added.error());
    if (auto opened = session_.open(true); !opened) fail(opened.error());
    instance_ = session_.plugins().front().get();
    call_ = instance_->raw_call();
    for (size_t id = 0; id < instance_->fields().size(); ++id) {
      if (instance_->fields()[id].name == "container.name") field_.field_id = static_cast<uint32_t>(id);
    }
    field_.field = "container.name";
  }
  ~Attacked() { session_.close(); }
  Attacked(const Attacked&) = delete;
  Attacked& operator=(const Attacked&) = delete;

  // One event as Falco handles it: parsed, then asked for a field.
  void event(const host::EventBytes& bytes) {
    const api::EventInput input{reinterpret_cast<const api::Event*>(bytes.data()), ++number_, "syscall"};
    measured([&] { functions_->parse_event(call_.state, &input, &call_.parse); });
    call_.extract.num_fields = 1;
    call_.extract.fields = &field_;
    measured([&] { functions_->extract_fields(call_.state, &input, &call_.extract); });
  }
  // The plugin's own events, on their way back.
  void own_events() {
    while (auto event_bytes = instance_->queue().pop()) event(*event_bytes);
  }
  void measured(const std::function<void()>& call) {
    const uint64_t begin = cpu_ns();
    call();
    const uint64_t took = cpu_ns() - begin;
    ++cost_.calls;
    cost_.total_ns += took;
    cost_.worst_ns = std::max(cost_.worst_ns, took);
  }
  Cost take_cost() { return std::exchange(cost_, Cost{}); }

  host::Session& session() { return session_; }
  host::PluginInstance& instance() { return *instance_; }
  uint64_t now = 1'700'000'000 * kSecond;

 private:
  [[noreturn]] static void fail(const std::string& why) {
    fmt::print(stderr, "worst_call: {}\n", why);
    std::exit(1);
  }

  host::Session session_;
  host::PluginInstance* instance_ = nullptr;
  const host::PluginFunctions* functions_ = nullptr;
  host::PluginInstance::RawCall call_{};
  api::ExtractField field_{};
  uint64_t number_ = 0;
  Cost cost_;
};

host::ThreadData process(int64_t pid, const std::string& cgroup) {
  host::ThreadData data;
  data.tid = data.pid = data.vtid = data.vpid = pid;
  data.ptid = 1;
  data.uid = kUser;
  data.exe = data.comm = "x";
  data.cgroups = {{"cpu", cgroup}, {"memory", cgroup}};
  return data;
}

void announce(Attacked& plugin, const fs::path& bundle, const std::string& id) {
  host::ThreadData data = process(600, "/user.slice/user-1000.slice/session-1.scope");
  data.args = {"create", "--bundle", bundle.string(), id};
  plugin.session().threads().put(data);
  plugin.event(host::make_exec_exit(api::kEventExecve19Exit, data, plugin.now));
  plugin.own_events();
  plugin.session().threads().erase_thread(data.tid);
}

void begin_and_end(Attacked& plugin, int64_t pid, const std::string& cgroup) {
  const host::ThreadData data = process(pid, cgroup);
  plugin.session().threads().put(data);
  plugin.event(host::make_clone_exit(api::kEventCloneExit, data, plugin.now));
  plugin.event(host::make_procexit(pid, plugin.now, 0, 1));
  plugin.session().threads().erase_thread(pid);
}

// An OCI bundle of about `bytes`, whose list `key` has that element again and again.
fs::path write_bundle(const fs::path& directory, const std::string& name, std::string_view open,
                      const std::function<std::string(int)>& element, std::string_view close, size_t bytes) {
  std::string spec = R"({"ociVersion":"1.0.2",)" + std::string(open);
  for (int i = 0; spec.size() + 200 < bytes; ++i) spec += (i == 0 ? "" : ",") + element(i);
  fs::create_directories(directory / name);
  std::ofstream(directory / name / "config.json") << spec << close << "}";
  return directory / name;
}

struct Attack {
  const char* name;
  std::function<void()> run;
};

std::vector<Attack> attacks(Attacked& plugin, const fs::path& directory, int many) {
  static int next = 0;
  const auto bundles = [&plugin](const fs::path& bundle, int times) {
    for (int i = 0; i < times; ++i) announce(plugin, bundle, id_of("b", ++next));
  };
  const auto empty = [](int) { return std::string("{}"); };
  const auto label = [](int i) { return fmt::format(R"("k{}":"v")", i); };
  const auto lists = [](int) { return std::string("[[[[[[[[[[]]]]]]]]]]"); };
  std::vector<Attack> all;
  all.push_back({"bundle, 64 KiB of mounts",
                 [=] { bundles(write_bundle(directory, "a", R"("mounts":[)", empty, "]", 65536), 200); }});
  all.push_back({"bundle, 64 KiB of annotations", [=] {
                   bundles(write_bundle(directory, "b", R"("annotations":{)", label, "}", 65536), 200);
                 }});
  all.push_back({"bundle, 64 KiB of lists",
                 [=] { bundles(write_bundle(directory, "c", R"("x":[)", lists, "]", 65536), 200); }});
  all.push_back({"bundle, 256 KiB of mounts",
                 [=] { bundles(write_bundle(directory, "d", R"("mounts":[)", empty, "]", 262144), 200); }});
  all.push_back({"own events of large records", [&plugin] {
                   core::Container large;
                   large.type = core::ContainerType::kDocker;
                   for (int i = 0; i < 500; ++i)
                     large.mounts.push_back({std::string(200, 'm'), "/", "", true, ""});
                   for (int i = 0; i < 200; ++i) {
                     large.full_id = id_of("e", i);
                     plugin.event(host::make_async(plugin.now, "container", core::to_json(large)));
                   }
                 }});
  all.push_back({"cgroup ids of a user", [&plugin, many] {
                   for (int i = 0; i < many; ++i) {
                     begin_and_end(plugin, 700,
                                   "/user.slice/user-1000.slice/docker-" + id_of("c", i) + ".scope");
                   }
                 }});
  all.push_back({"cgroup ids of the machine", [&plugin, many] {
                   for (int i = 0; i < many; ++i) begin_and_end(plugin, 700, "/docker/" + id_of("d", i));
                 }});
  all.push_back({"ids with the same 12 digits", [&plugin, many] {
                   for (int i = 0; i < many; ++i)
                     begin_and_end(plugin, 700, "/docker/" + id_of("aaaaaaaaaaaa", i));
                 }});
  all.push_back({"threads in as many containers", [&plugin, many] {
                   for (int i = 0; i < many; ++i) {
                     const auto data = process(1'000'000 + i, "/docker/" + id_of("f", i));
                     plugin.session().threads().put(data);
                     plugin.event(host::make_clone_exit(api::kEventCloneExit, data, plugin.now));
                   }
                 }});
  all.push_back({"the metrics", [&plugin] {
                   for (int i = 0; i < 20; ++i) plugin.measured([&] { plugin.instance().metrics(); });
                 }});
  all.push_back({"the end of their grace periods", [&plugin, many] {
                   for (int i = 0; i < many; ++i)
                     plugin.event(host::make_procexit(1'000'000 + i, plugin.now, 0, 1));
                   plugin.now += 100 * kSecond;
                   for (int i = 0; i < many / 8; ++i) plugin.event(host::make_procexit(1, plugin.now, 0, 1));
                 }});
  return all;
}

// The worker's mail, all at once: an engine lists many containers before the host calls again.
void flood(Attacked& plugin, support::FakeDocker& engine, int many) {
  for (int i = 0; i < many; ++i) engine.add(id_of("9", i), "container" + std::to_string(i));
  engine.stop();
  engine.start();
  support::eventually([&] { return engine.asked(id_of("9", many - 1)) > 0; }, std::chrono::seconds(120));
  for (int i = 0; i < 4 * many; ++i) plugin.event(host::make_procexit(1, plugin.now, 0, 1));
  plugin.own_events();
}

void print(std::string_view name, const Cost& cost) {
  fmt::print(
      "{:<36}{:>10}{:>14.1f}{:>14.2f}{:>12.1f}\n", name, cost.calls,
      static_cast<double>(cost.worst_ns) / 1000.0,
      static_cast<double>(cost.total_ns) / 1000.0 / static_cast<double>(std::max<uint64_t>(cost.calls, 1)),
      static_cast<double>(::mallinfo2().uordblks + ::mallinfo2().hblkhd) / 1048576.0);
}

}  // namespace

int main(int argc, char** argv) {
  const int many = argc > 1 ? std::atoi(argv[1]) : 100'000;
  std::string pattern = (fs::temp_directory_path() / "worst_call_XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) return 1;
  const fs::path directory = pattern;
  {
    support::FakeDocker engine((directory / "docker.sock").string());
    Attacked plugin((directory / "docker.sock").string());
    fmt::print("{:<36}{:>10}{:>14}{:>14}{:>12}\n", "attack", "calls", "worst, us", "mean, us", "heap, MiB");
    uint64_t worst = 0;
    const auto done = [&](const char* name) {
      const Cost cost = plugin.take_cost();
      worst = std::max(worst, cost.worst_ns);
      print(name, cost);
    };
    for (const Attack& attack : attacks(plugin, directory, many)) {
      attack.run();
      done(attack.name);
    }
    flood(plugin, engine, many / 20);
    done("mail of the worker");
    fmt::print("worst call: {:.1f} us\n", static_cast<double>(worst) / 1000.0);
  }
  fs::remove_all(directory);
  return 0;
}
