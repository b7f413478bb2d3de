// Real engines where machines have them in unusual ways: Docker with its containerd followed as well, one
// socket at several paths, an engine below HOST_ROOT, and the rootless Podman of a user who logs in and out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <map>

#include "live_host.h"
#include "support/eventually.h"
#include "support/journal.h"
#include "support/real_engine.h"
#include "tools/program.h"
#include "worker/worker.h"

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using core::ContainerType;
using support::eventually;
using support::RealEngine;

constexpr std::chrono::milliseconds kLong{30000};

// One directory or file seen at another path, until the end. Below the engine's directory, where its guard
// (support/engine_guard.sh) undoes it should the test be killed.
class BindMount {
 public:
  BindMount(const std::string& from, std::string to) : to_(std::move(to)) {
    ok_ = ::mount(from.c_str(), to_.c_str(), nullptr, MS_BIND, nullptr) == 0;
  }
  ~BindMount() {
    if (ok_) ::umount2(to_.c_str(), MNT_DETACH);
  }
  BindMount(const BindMount&) = delete;
  BindMount& operator=(const BindMount&) = delete;
  bool ok() const { return ok_; }

 private:
  std::string to_;
  bool ok_ = false;
};

class Setup : public testing::Test {
 protected:
  Setup() {
    for (config::SocketEngine* engine :
         {&config_.docker, &config_.podman, &config_.containerd, &config_.cri}) {
      engine->enabled = false;
      engine->sockets.clear();
    }
    config_.podman_user_sockets = false;
  }
  static void follow(config::SocketEngine& engine, std::vector<std::string> sockets) {
    engine.enabled = true;
    engine.sockets = std::move(sockets);
  }
  void start() {
    worker_ = worker::Worker::start(config_, journal_, book_.logger());
    ASSERT_TRUE(worker_->wait_until_listed(kLong));
  }
  size_t connected() const {
    size_t count = 0;
    for (const worker::SocketStatus& status : worker_->sockets()) count += status.connected ? 1 : 0;
    return count;
  }
  // Of which types a container was reported, and how often.
  std::map<ContainerType, int> types(const std::string& id) const {
    std::map<ContainerType, int> found;
    for (const auto& entry : journal_.entries()) {
      if (!entry.removed && entry.container->full_id == id) ++found[entry.container->type];
    }
    return found;
  }

  config::Config config_;
  support::Journal journal_;
  support::LogBook book_;
  std::unique_ptr<worker::Worker> worker_;  // last: it ends first
};

class docker_setups : public Setup {
 protected:
  static void TearDownTestSuite() { engine_.reset(); }
  void SetUp() override {
    if (engine_ == nullptr && why_not_.empty()) {
      auto started = RealEngine::start("docker");
      if (started) {
        engine_ = std::move(*started);
      } else {
        why_not_ = started.error();
      }
    }
    if (engine_ == nullptr) GTEST_SKIP() << "docker cannot be had: " << why_not_;
  }
  void TearDown() override {
    worker_.reset();
    for (const std::string& name : started_) (void)engine_->cli({"rm", "-f", name}).ok();
  }
  std::string run(const std::string& name) {
    started_.push_back(name);
    const auto id = engine_->run(name);
    EXPECT_TRUE(id.ok()) << (id ? "" : id.error());
    return id ? *id : "";
  }
  // Docker's own containerd, which it starts itself.
  static std::string containerd_socket() { return engine_->directory() + "/exec/containerd/containerd.sock"; }

  static std::unique_ptr<RealEngine> engine_;
  static std::string why_not_;
  std::vector<std::string> started_;
};
std::unique_ptr<RealEngine> docker_setups::engine_;
std::string docker_setups::why_not_;

TEST_F(docker_setups, BehindItsContainerdEveryContainerIsDockersOnce) {
  ASSERT_TRUE(fs::exists(containerd_socket())) << "this docker keeps its containerd elsewhere";
  const std::string early = run("early");
  follow(config_.docker, {engine_->socket()});
  follow(config_.containerd, {containerd_socket()});
  start();
  ASSERT_TRUE(eventually([this] { return connected() == 2; }));
  const std::string late = run("late");
  ASSERT_TRUE(eventually([&] {
    const auto record = journal_.newest(late);
    return record != nullptr && !record->ip.empty();
  }));
  for (const std::string& id : {early, late}) {
    EXPECT_EQ(types(id).size(), 1u) << "of one engine only";
    EXPECT_EQ(types(id).count(ContainerType::kDocker), 1u);
  }
  EXPECT_EQ(types(early)[ContainerType::kDocker], 1);
  ASSERT_TRUE(engine_->cli({"rm", "-f", "late"}).ok());
  ASSERT_TRUE(eventually([&] { return journal_.removals(late) > 0; }));
  // containerd's own deletion comes before Docker's, so it has been heard by now.
  EXPECT_EQ(journal_.removals(late), 1);
  EXPECT_EQ(journal_.removals(early), 0);
}

TEST_F(docker_setups, WithoutDockerItsContainersAreContainerds) {
  const std::string early = run("early");
  follow(config_.containerd, {containerd_socket()});
  start();
  ASSERT_NE(journal_.newest(early), nullptr);
  EXPECT_EQ(journal_.newest(early)->type, ContainerType::kContainerd);
  EXPECT_EQ(journal_.newest(early)->cpu_shares, 1024);
  const std::string late = run("late");
  ASSERT_TRUE(eventually([&] { return journal_.newest(late) != nullptr; }));
  EXPECT_EQ(types(late).count(ContainerType::kContainerd), 1u);
  EXPECT_EQ(types(late).size(), 1u);
  ASSERT_TRUE(engine_->cli({"rm", "-f", "late"}).ok());
  EXPECT_TRUE(eventually([&] { return journal_.removals(late) == 1; }));
}

TEST_F(docker_setups, ALinkAndABindMountOfTheSocketAreNoOtherSockets) {
  const std::string id = run("single");
  const std::string link = engine_->directory() + "/link.sock";
  const std::string file = engine_->directory() + "/bound.sock";
  fs::create_symlink(engine_->socket(), link);
  std::ofstream(file).flush();
  const BindMount bound(engine_->socket(), file);
  ASSERT_TRUE(bound.ok());
  follow(config_.docker, {link, file, engine_->socket()});
  start();
  EXPECT_EQ(connected(), 1u);
  EXPECT_EQ(worker_->sockets().size(), 3u);
  EXPECT_EQ(journal_.reports(id), 1);
  const std::string late = run("late");
  ASSERT_TRUE(eventually([&] {
    const auto record = journal_.newest(late);
    return record != nullptr && !record->ip.empty();
  }));
  ASSERT_TRUE(engine_->cli({"rm", "-f", "late"}).ok());
  ASSERT_TRUE(eventually([&] { return journal_.removals(late) > 0; }));
  EXPECT_EQ(journal_.removals(late), 1);
  worker_.reset();  // before the mount goes
}

// Falco in a container sees the host below a directory.
TEST_F(docker_setups, BelowHostRoot) {
  const std::string id = run("rooted");
  const std::string root = engine_->directory() + "/host/";
  // As on Debian: /var/run is a link to /run, and absolute.
  for (const char* directory : {"run/engine", "var", "srv", "proc"}) fs::create_directories(root + directory);
  fs::create_symlink("/run", root + "var/run");
  fs::create_symlink("/var/run/engine/docker.sock", root + "srv/engine.sock");
  const BindMount bound(engine_->directory(), root + "run/engine");
  const BindMount proc("/proc", root + "proc");
  ASSERT_TRUE(bound.ok() && proc.ok());
  for (const std::string socket :
       {"/var/run/engine/docker.sock", "/run/engine/docker.sock", "/srv/engine.sock"}) {
    // The same paths without the prefix lead nowhere.
    ASSERT_FALSE(fs::exists(socket));
    const support::TempDir scratch;
    std::ofstream(scratch / "config.json")
        << R"({"engines":{"docker":{"enabled":true,"sockets":[")" << socket
        << R"("]},"podman":{"enabled":false},"containerd":{"enabled":false},"cri":{"enabled":false}}})";
    const std::vector<std::string> arguments = {"list", "--json", "--config", scratch / "config.json"};
    EXPECT_EQ(tools_test::run_ctrmeta(arguments).exit_code, 3) << "without HOST_ROOT";
    tools_test::RunOptions options;
    options.environment["HOST_ROOT"] = engine_->directory() + "/host";
    const auto outcome = tools_test::run_ctrmeta(arguments, options);
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const json::value listed = json::parse(outcome.out);
    ASSERT_EQ(listed.as_array().size(), 1u) << outcome.out;
    EXPECT_EQ(listed.at(0).at("full_id").as_string(), id);
    EXPECT_EQ(listed.at(0).at("name").as_string(), "rooted");
  }
}

// containerd alone, also where its socket is configured for CRI only.
class containerd_setups : public Setup {
 protected:
  static void TearDownTestSuite() { engine_.reset(); }
  void SetUp() override {
    if (engine_ == nullptr && why_not_.empty()) {
      auto started = RealEngine::start("containerd");
      if (started) {
        engine_ = std::move(*started);
      } else {
        why_not_ = started.error();
      }
    }
    if (engine_ == nullptr) GTEST_SKIP() << "containerd cannot be had: " << why_not_;
  }
  void TearDown() override {
    for (const std::string& name : started_) {
      (void)engine_->cli({"tasks", "rm", "-f", name}).ok();
      (void)engine_->cli({"containers", "rm", name}).ok();
    }
  }
  void run(const std::string& name, const std::vector<std::string>& args = {}) {
    started_.push_back(name);
    const auto ran = engine_->run(name, args);
    ASSERT_TRUE(ran.ok()) << ran.error();
  }
  // A configuration with the socket in one place.
  std::string config(bool as_cri) const {
    const std::string own = "\"" + engine_->socket() + "\"";
    const std::string none = "\"/nonexistent/c.sock\"";
    const std::string path = directory_ / (as_cri ? "cri.json" : "containerd.json");
    std::ofstream(path) << R"({"engines":{"docker":{"enabled":false},"podman":{"enabled":false},)"
                        << R"("containerd":{"enabled":true,"sockets":[)" << (as_cri ? none : own)
                        << R"(]},"cri":{"enabled":true,"sockets":[)" << (as_cri ? own : none) << "]}}}";
    return path;
  }

  static std::unique_ptr<RealEngine> engine_;
  static std::string why_not_;
  std::vector<std::string> started_;
  support::TempDir directory_;
};
std::unique_ptr<RealEngine> containerd_setups::engine_;
std::string containerd_setups::why_not_;

TEST_F(containerd_setups, WhereItPutItsContainersIsKnownByEitherSocket) {
  run("webby");
  run("task1-2718281828", {"--cgroup", "/ecs/task1/task1-2718281828"});
  run("unitlike.scope", {"--cgroup", "/nomad.slice/unitlike.scope"});
  const auto pid = engine_->script({"pid", "task1-2718281828"});
  ASSERT_TRUE(pid.ok()) << pid.error();
  for (const bool as_cri : {false, true}) {
    const std::string file = config(as_cri);
    const auto resolved = tools_test::run_ctrmeta(
        {"resolve", "--config", file, "/default/webby", "/other/webby", "/ecs/task1/task1-2718281828/sub",
         "/ecs/task1", "/nomad.slice/unitlike.scope", "/nomad.slice", "/default/nobody", *pid});
    EXPECT_EQ(resolved.exit_code, 0) << resolved.err;
    EXPECT_THAT(tools_test::lines_of(resolved.out),
                testing::ElementsAre("webby\tcontainerd", "host", "task1-271828\tcontainerd", "host",
                                     "unitlike.sco\tcontainerd", "host", "host", "task1-271828\tcontainerd"))
        << file;
    const auto explained = tools_test::run_ctrmeta({"explain", "--config", file, *pid});
    EXPECT_EQ(explained.exit_code, 0) << explained.err;
    EXPECT_THAT(explained.out, testing::HasSubstr("as its engine says"));
    EXPECT_THAT(explained.out, testing::HasSubstr("container: task1-271828 (containerd)"));
  }
}

// By descent everybody is found who is seen to be started. Here nobody is: the plugin comes later, and reads
// no files.
TEST_F(containerd_setups, WhereItPutItsContainersIsKnownToThePlugin) {
  if (const auto events = host::ProcConnector::open(); !events)
    GTEST_SKIP() << "no live events: " << events.error();
  const auto pid_of = [](const std::string& name) {
    const auto pid = engine_->script({"pid", name});
    EXPECT_TRUE(pid.ok()) << pid.error();
    return pid.ok() ? std::stoll(*pid) : -1;
  };
  run("task1-2718281828", {"--cgroup", "/ecs/task1/task1-2718281828"});
  auto live = test::LiveHost::start(
      R"({"verbosity":"debug","local_sources":false,"engines":{"docker":{"enabled":false},"podman":{"enabled":false},)"
      R"("cri":{"enabled":false},"containerd":{"enabled":true,"sockets":[")" +
      engine_->socket() + "\"]}}}");
  ASSERT_TRUE(live.ok()) << live.error();
  test::LiveHost& host = **live;
  const int64_t early = pid_of("task1-2718281828");
  EXPECT_EQ(host.ask(early, "container.full_id"), "task1-2718281828");
  EXPECT_EQ(host.ask(early, "container.type"), "containerd");
  EXPECT_EQ(host.thread_text(early, "container_id"), "task1-271828");
  run("late.scope",
      {"--cgroup", "/nomad.slice/late.scope", "--", "sh", "-c", "while sleep 0.1; do true; done"});
  const int64_t late = pid_of("late.scope");
  EXPECT_TRUE(host.run_until([&] { return host.ask(late, "container.full_id") == "late.scope"; }));
  EXPECT_EQ(host.ask(::getpid(), "container.id"), "host");
}

class rootless_podman : public Setup {};

TEST_F(rootless_podman, OfAUserWhoLogsInAndOut) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to make a user";
  config_.podman.enabled = true;
  config_.podman_user_sockets = true;
  start();  // there is no such user yet
  const size_t before = worker_->sockets().size();
  auto started = RealEngine::start("podman-user");
  if (!started) GTEST_SKIP() << "rootless podman cannot be had: " << started.error();
  RealEngine& engine = **started;
  EXPECT_THAT(engine.socket(), testing::MatchesRegex("/run/user/[0-9]+/podman/podman.sock"));
  const auto status = [&] {
    for (const worker::SocketStatus& each : worker_->sockets()) {
      if (each.path == engine.socket()) return each;
    }
    return worker::SocketStatus();
  };
  ASSERT_TRUE(eventually([&] { return status().connected; }, kLong)) << status().last_error;
  EXPECT_EQ(worker_->sockets().size(), before + 1);

  const std::string mount = engine.directory() + "/images";
  const auto id = engine.run("mine", {"--label", "app=web", "--user", "1000", "-v", mount + ":/data:ro"});
  ASSERT_TRUE(id.ok()) << id.error();
  ASSERT_TRUE(eventually(
      [&] {
        const auto record = journal_.newest(*id);
        return record != nullptr && !record->image_id.empty();
      },
      kLong));
  const core::Container record = *journal_.newest(*id);
  EXPECT_EQ(record.type, ContainerType::kPodman);
  EXPECT_EQ(record.name, "mine");
  EXPECT_EQ(record.image, "example.test/team/enginetest:1.0");
  EXPECT_EQ(record.user, "1000");
  EXPECT_EQ(record.labels.at("app"), "web");
  EXPECT_EQ(record.privileged, core::YesNo::kNo);
  EXPECT_EQ(record.host_pid, core::YesNo::kNo);
  EXPECT_EQ(record.host_network, core::YesNo::kNo);
  EXPECT_EQ(record.ip, "");
  ASSERT_EQ(record.mounts.size(), 1u);
  EXPECT_EQ(record.mounts[0].source, mount);
  EXPECT_FALSE(record.mounts[0].rw);

  // Its events are followed.
  ASSERT_TRUE(engine.cli({"rename", "mine", "still-mine"}).ok());
  EXPECT_TRUE(eventually([&] { return journal_.newest(*id)->name == "still-mine"; }, kLong));
  const auto brief = engine.run("brief");
  ASSERT_TRUE(brief.ok()) << brief.error();
  ASSERT_TRUE(eventually([&] { return journal_.newest(*brief) != nullptr; }, kLong));
  ASSERT_TRUE(engine.script({"rm", "brief"}).ok());
  EXPECT_TRUE(eventually([&] { return journal_.removals(*brief) == 1; }, kLong));
  // A user without a session has no cgroup of his own for a container, so its cgroups alone say that it is
  // the host.
  const auto pid = engine.script({"pid", "still-mine"});
  ASSERT_TRUE(pid.ok()) << pid.error();
  EXPECT_EQ(tools_test::run_ctrmeta({"resolve", *pid}).out.substr(0, 4), "host");

  // The end of the session takes the directory away, and the container with it, although it still runs.
  EXPECT_EQ(journal_.removals(*id), 0);
  ASSERT_TRUE(engine.script({"logout"}).ok());
  EXPECT_TRUE(eventually([&] { return journal_.removals(*id) == 1; }, kLong));
  EXPECT_EQ(worker_->sockets().size(), before);
  EXPECT_TRUE(fs::exists("/proc/" + *pid));
}

}  // namespace
