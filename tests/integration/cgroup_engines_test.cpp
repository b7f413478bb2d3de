// The engines that nobody can be asked about, end to end: their containers are known by their cgroups alone.
// lxc and libvirt-lxc with real containers; bpm with real processes in cgroups of its naming; static by
// configuration.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "core/container_json.h"
#include "live_host.h"
#include "support/real_engine.h"
#include "test_cgroup.h"
#include "tools/program.h"

namespace {

using support::RealEngine;
using test::LiveHost;
using testing::HasSubstr;

constexpr uint16_t kAsyncEvent = 402;

std::string config_with(const std::string& engines) {
  return R"({"verbosity":"debug","engines":{"docker":{"enabled":false},"podman":{"enabled":false},)"
         R"("containerd":{"enabled":false},"cri":{"enabled":false})" +
         engines + "}}";
}

// ctrmeta with the engines that have sockets switched off.
tools_test::Outcome ctrmeta(std::vector<std::string> arguments) {
  const support::TempDir directory;
  const std::string config = directory / "config.json";
  std::ofstream(config) << config_with("");
  arguments.insert(arguments.end(), {"--config", config});
  return tools_test::run_ctrmeta(arguments);
}

// "id<TAB>engine" or "host", as ctrmeta says.
std::string resolved(int64_t pid) {
  const auto outcome = ctrmeta({"resolve", std::to_string(pid)});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  return outcome.out.substr(0, outcome.out.find('\n'));
}

std::string listed() {
  return ctrmeta({"list", "--json"}).out;
}

// A zombie is not: it only waits to be asked how it ended.
bool is_alive(int64_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  const std::string text{std::istreambuf_iterator<char>(stat), std::istreambuf_iterator<char>()};
  return !text.empty() && text.find(") Z ") == std::string::npos;
}

// The processes whose cgroups contain `part`.
std::set<int64_t> processes_in(const std::string& part) {
  std::set<int64_t> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream file(entry.path() / "cgroup");
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (text.find(part) != std::string::npos) found.insert(std::stoll(name));
  }
  return found;
}

// What Falco gets to hear about containers, in order.
struct Heard {
  struct Message {
    bool removed = false;
    core::Container container;
  };
  std::vector<Message> messages;

  void operator()(const host::EventContext& context) {
    if (context.event.type() != kAsyncEvent) return;
    auto container = core::from_json(std::string(context.event.text(2).value_or("")));
    ASSERT_TRUE(container.ok()) << container.error();
    messages.push_back({context.event.text(1) == "container_removed", std::move(*container)});
  }
  int count(const std::string& id, bool removed) const {
    int n = 0;
    for (const Message& message : messages)
      n += message.removed == removed && message.container.full_id == id ? 1 : 0;
    return n;
  }
};

class CgroupTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto events = host::ProcConnector::open(); !events)
      GTEST_SKIP() << "no live events: " << events.error();
  }
  std::unique_ptr<LiveHost> live(const std::string& engines = "") {
    auto host = LiveHost::start(config_with(engines));
    EXPECT_TRUE(host.ok()) << (host ? "" : host.error());
    return host ? std::move(*host) : nullptr;
  }
  static void expect_container(LiveHost& host, int64_t tid, const std::string& name,
                               const std::string& type) {
    EXPECT_EQ(host.ask(tid, "container.id"), name) << tid;
    EXPECT_EQ(host.ask(tid, "container.full_id"), name) << tid;
    EXPECT_EQ(host.ask(tid, "container.name"), name) << tid;
    EXPECT_EQ(host.ask(tid, "container.type"), type) << tid;
    EXPECT_EQ(host.ask(tid, "container.image"), "<NA>") << tid;
    EXPECT_EQ(host.thread_text(tid, "container_id"), name) << tid;
  }
  static void expect_host(LiveHost& host, int64_t tid) {
    EXPECT_EQ(host.ask(tid, "container.id"), "host") << tid;
    EXPECT_EQ(host.ask(tid, "container.name"), "host") << tid;
    EXPECT_EQ(host.thread_text(tid, "container_id"), "") << tid;
  }
};

struct Kind {
  const char* test_name;
  const char* script;
  const char* type;  // as container.type says
  std::vector<std::string> settings;
};

const Kind kKinds[] = {
    {"lxc_here", "lxc", "lxc", {}},
    {"lxc_v2", "lxc", "lxc", {"ENGINE_CGROUPS=v2"}},
    {"libvirt_lxc", "libvirt-lxc", "libvirt-lxc", {}},
};
void PrintTo(const Kind& kind, std::ostream* out) {
  *out << kind.test_name;
}

class CgroupEngines : public CgroupTest, public testing::WithParamInterface<Kind> {
 protected:
  static void TearDownTestSuite() { engines().clear(); }

  void SetUp() override {
    CgroupTest::SetUp();
    if (IsSkipped()) return;
    auto found = engines().find(GetParam().test_name);
    if (found == engines().end()) {
      found = engines()
                  .emplace(GetParam().test_name, RealEngine::start(GetParam().script, GetParam().settings))
                  .first;
    }
    if (!found->second)
      GTEST_SKIP() << GetParam().script << " cannot be used here: " << found->second.error();
    engine_ = found->second->get();
  }
  void TearDown() override {
    for (const std::string& name : started_) remove(name);
  }

  // A container in which a new process starts all the time. The pid of its first one.
  int64_t run(const std::string& name) {
    started_.insert(name);
    const auto ran = engine_->run(name, {"--", "sh", "-c", "while sleep 0.1; do true; done"});
    EXPECT_TRUE(ran.ok()) << (ran ? "" : ran.error());
    const auto text = engine_->script({"pid", name});
    EXPECT_TRUE(text.ok()) << (text ? "" : text.error());
    return text ? std::stoll(*text) : -1;
  }
  void remove(const std::string& name) {
    (void)engine_->script({"rm", name}).ok();
    started_.erase(name);
  }
  bool is_libvirt() const { return std::string(GetParam().script) == "libvirt-lxc"; }
  static int64_t parent_of(int64_t pid) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string word; status >> word;) {
      int64_t parent = -1;
      if (word == "PPid:" && status >> parent) return parent;
    }
    return -1;
  }

  RealEngine* engine_ = nullptr;

 private:
  static std::map<std::string, base::Result<std::unique_ptr<RealEngine>>>& engines() {
    static std::map<std::string, base::Result<std::unique_ptr<RealEngine>>> all;
    return all;
  }
  std::set<std::string> started_;
};
INSTANTIATE_TEST_SUITE_P(Engines, CgroupEngines, testing::ValuesIn(kKinds),
                         [](const auto& chosen) { return std::string(chosen.param.test_name); });

TEST_P(CgroupEngines, ThatRanBeforeTheCapture) {
  const int64_t first = run("before.1-a");
  const int64_t monitor = parent_of(first);
  const auto host = live();
  ASSERT_NE(host, nullptr);
  // At once, from the scan alone.
  expect_container(*host, first, "before.1-a", GetParam().type);
  expect_host(*host, ::getpid());
  EXPECT_EQ(resolved(first), std::string("before.1-a\t") + GetParam().type);
  EXPECT_EQ(resolved(::getpid()), "host");
  EXPECT_THAT(listed(), HasSubstr(R"("full_id":"before.1-a","name":"before.1-a")"));
  if (is_libvirt()) {
    // libvirt puts its controller into the container's own cgroup: nothing tells the two apart.
    expect_container(*host, monitor, "before.1-a", GetParam().type);
  } else {
    expect_host(*host, monitor);
    EXPECT_EQ(resolved(monitor), "host");
  }
  // And said to Falco, once.
  Heard heard;
  EXPECT_TRUE(host->run_until([&] { return heard.count("before.1-a", false) > 0; }, std::ref(heard)));
}

TEST_P(CgroupEngines, FromItsFirstExecToItsLastThread) {
  const auto host = live();
  ASSERT_NE(host, nullptr);
  Heard heard;
  const int64_t first = run("fresh");
  std::set<std::string> programs;
  ASSERT_TRUE(host->run_until([&] { return programs.contains("sleep") && heard.count("fresh", false) > 0; },
                              [&](const host::EventContext& context) {
                                heard(context);
                                if (context.thread != nullptr &&
                                    host->answer(context, "container.full_id") == "fresh" &&
                                    host->answer(context, "container.type") == GetParam().type) {
                                  programs.insert(context.thread->comm);
                                }
                              }));
  expect_container(*host, first, "fresh", GetParam().type);
  // libvirt's controller went into the container's cgroup after its last exec, so nothing tells of that; it
  // outlives the container, on a busy machine for long, and nobody waits for it.
  const int64_t monitor = parent_of(first);
  if (!is_libvirt()) expect_host(*host, monitor);
  EXPECT_EQ(heard.messages.front().container.name, "fresh");
  EXPECT_EQ(heard.count("fresh", false), 1);
  EXPECT_EQ(heard.count("fresh", true), 0) << "children come and go, the container stays";

  remove("fresh");
  ASSERT_TRUE(host->run_until([&] { return heard.count("fresh", true) > 0; }, std::ref(heard)));
  EXPECT_FALSE(is_alive(first));
  std::set<int64_t> left = processes_in("fresh");
  std::erase_if(left, [&](int64_t pid) { return pid == monitor || !is_alive(pid); });
  EXPECT_THAT(left, testing::IsEmpty()) << "removed before its last thread had ended";
  EXPECT_EQ(heard.count("fresh", true), 1);

  // The same name again is a container again.
  const int64_t again = run("fresh");
  ASSERT_TRUE(host->run_until([&] { return heard.count("fresh", false) > 1; }, std::ref(heard)));
  expect_container(*host, again, "fresh", GetParam().type);
}

TEST_P(CgroupEngines, SwitchedOffItsContainersAreTheHosts) {
  const int64_t first = run("hidden");
  const auto host = live(R"(,"lxc":{"enabled":false},"libvirt_lxc":{"enabled":false})");
  ASSERT_NE(host, nullptr);
  expect_host(*host, first);
}

// Where both kinds of hierarchy are there, a bpm cgroup of either is enough.
class bpm : public CgroupTest, public testing::WithParamInterface<int> {};
INSTANTIATE_TEST_SUITE_P(Cgroups, bpm, testing::Values(1, 2),
                         [](const auto& chosen) { return "v" + std::to_string(chosen.param); });

TEST_P(bpm, AProcessInACgroupOfItsNaming) {
  const auto mount = test::cgroup_mount(GetParam());
  if (!mount) GTEST_SKIP() << "this machine has no cgroup v" << GetParam();
  const std::string name = "router_1.a-" + std::to_string(::getpid());
  test::TestCgroup early(*mount, "bpm-" + name);
  test::TestCgroup late(*mount, "bpm-tests-" + name + "/bpm-late-" + name + ".scope");
  test::TestCgroup no_name(*mount, "notbpm-" + name);
  ASSERT_TRUE(early.ok() && late.ok() && no_name.ok());
  const pid_t first = early.start("while sleep 0.1; do true; done");
  const pid_t other = no_name.start("sleep 1000");
  ASSERT_GT(first, 0);
  ASSERT_GT(other, 0);
  const auto host = live();
  ASSERT_NE(host, nullptr);
  expect_container(*host, first, name, "bpm");
  expect_host(*host, other);
  EXPECT_EQ(resolved(first), name + "\tbpm");

  Heard heard;
  const std::string late_name = "late-" + name;
  const pid_t second = late.start("while sleep 0.1; do true; done");
  std::set<std::string> programs;
  ASSERT_TRUE(host->run_until([&] { return programs.contains("sleep") && heard.count(late_name, false) > 0; },
                              [&](const host::EventContext& context) {
                                heard(context);
                                if (context.thread != nullptr &&
                                    host->answer(context, "container.full_id") == late_name) {
                                  programs.insert(context.thread->comm);
                                }
                              }));
  expect_container(*host, second, late_name, "bpm");
  late.kill_all();
  ASSERT_TRUE(host->run_until([&] { return heard.count(late_name, true) > 0; }, std::ref(heard)));
  EXPECT_EQ(heard.count(late_name, true), 1);
  EXPECT_EQ(heard.count(name, true), 0);
}

class static_engine : public CgroupTest {};

TEST_F(static_engine, EverythingIsItsContainer) {
  const auto mount = test::cgroup_mount(1) ? test::cgroup_mount(1) : test::cgroup_mount(2);
  if (!mount) GTEST_SKIP() << "this machine has no cgroups";
  test::TestCgroup own(*mount, "bpm-static-" + std::to_string(::getpid()));
  ASSERT_TRUE(own.ok());
  const pid_t inside = own.start("while sleep 0.1; do true; done");
  ASSERT_GT(inside, 0);
  const auto host = live(
      R"(,"static":{"enabled":true,"container_id":"box-1","container_name":"task","container_image":"host/app:2"})");
  ASSERT_NE(host, nullptr);
  for (const int64_t tid : {static_cast<int64_t>(::getpid()), static_cast<int64_t>(inside)}) {
    EXPECT_EQ(host->ask(tid, "container.id"), "box-1");
    EXPECT_EQ(host->ask(tid, "container.full_id"), "box-1");
    EXPECT_EQ(host->ask(tid, "container.name"), "task");
    EXPECT_EQ(host->ask(tid, "container.image"), "host/app:2");
    EXPECT_EQ(host->ask(tid, "container.type"), "static");
    EXPECT_EQ(host->thread_text(tid, "container_id"), "box-1");
  }
  Heard heard;
  bool seen = false;
  ASSERT_TRUE(host->run_until([&] { return seen && heard.count("box-1", false) > 0; },
                              [&](const host::EventContext& context) {
                                heard(context);
                                seen =
                                    seen || (context.thread != nullptr && context.thread->comm == "sleep" &&
                                             host->answer(context, "container.name") == "task");
                              }));
  EXPECT_EQ(heard.count("box-1", false), 1);
  EXPECT_EQ(heard.messages.front().container.image, "host/app:2");
}

}  // namespace
