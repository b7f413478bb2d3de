// The worker against engines that really run on this machine, started privately by scripts/engines/.
#include <atomic>
#include <filesystem>
#include <map>
#include <thread>

#include "support/real_engine.h"
#include "worker_fixture.h"

namespace worker {
namespace {

using support::RealEngine;

constexpr milliseconds kLong{60000};  // one step of a slow machine
constexpr const char* kImage = "example.test/team/enginetest:1.0";

struct Kind {
  std::string name;
  core::ContainerType type;
  config::SocketEngine config::Config::*configured;
  const char* daemon;  // its name in the script's pid folder
};

struct Release {
  const char* test_name;
  Kind kind;
  std::vector<std::string> settings;  // of the script
  bool tells_of_updates;              // by an event
};

const Kind kDocker{"docker", core::ContainerType::kDocker, &config::Config::docker, "dockerd"};
const Kind kPodman{"podman", core::ContainerType::kPodman, &config::Config::podman, "service"};
// This machine's, and those of other Debian releases in the chroots that scripts/chroot.sh keeps.
const Release kReleases[] = {
    {"docker_here", kDocker, {}, true},
    {"podman_here", kPodman, {}, false},
    {"docker_trixie", kDocker, {"ENGINE_SUITE=trixie"}, true},
    {"docker_sid", kDocker, {"ENGINE_SUITE=sid"}, true},
    {"podman_sid", kPodman, {"ENGINE_SUITE=sid"}, true},
};

class RealEngines : public WorkerTest, public testing::WithParamInterface<Release> {
 protected:
  // One engine of a kind serves all its tests: starting one takes seconds.
  static RealEngine* engine(const Release& release) {
    auto& entry = engines()[release.test_name];
    if (!entry.tried) {
      entry.tried = true;
      base::Result<std::unique_ptr<RealEngine>> started =
          RealEngine::start(release.kind.name, release.settings);
      if (started) {
        entry.engine = std::move(*started);
      } else {
        entry.reason = started.error();
      }
    }
    return entry.engine.get();
  }
  static void TearDownTestSuite() { engines().clear(); }

  void SetUp() override {
    engine_ = engine(GetParam());
    if (engine_ == nullptr)
      GTEST_SKIP() << GetParam().test_name << " cannot be had: " << engines()[GetParam().test_name].reason;
    config_.docker.enabled = false;
    config::SocketEngine& configured = config_.*kind().configured;
    configured.enabled = true;
    configured.sockets = {engine_->socket()};
  }

  static const Kind& kind() { return GetParam().kind; }

  std::string run(const std::string& name, const std::vector<std::string>& args = {}) {
    base::Result<std::string> id = engine_->run(name, args);
    EXPECT_TRUE(id.ok()) << id.error();
    return id ? *id : "";
  }
  void cli(const std::vector<std::string>& args) {
    base::Result<std::string> output = engine_->cli(args);
    EXPECT_TRUE(output.ok()) << output.error();
  }
  // Killed first: a shell as process 1 ignores the polite signal, and the engines wait ten seconds.
  // One that is not running cannot be killed, which is just as well.
  void remove(const std::string& name) {
    (void)engine_->cli({"kill", name}).ok();
    cli({"rm", "-f", name});
  }
  bool reported(const std::string& id, const std::function<bool(const core::Container&)>& condition) {
    return eventually(
        [&] {
          const auto record = journal_.newest(id);
          return record != nullptr && condition(*record);
        },
        kLong);
  }

  RealEngine* engine_ = nullptr;

 private:
  struct Entry {
    bool tried = false;
    std::unique_ptr<RealEngine> engine;
    std::string reason;
  };
  static std::map<std::string, Entry>& engines() {
    static std::map<std::string, Entry> all;
    return all;
  }
};
void PrintTo(const Release& release, std::ostream* out) {
  *out << release.test_name;
}
INSTANTIATE_TEST_SUITE_P(All, RealEngines, testing::ValuesIn(kReleases),
                         [](const auto& chosen) { return std::string(chosen.param.test_name); });

// What takes long and is the worker's work more than the engine's.
class RealEnginesHere : public RealEngines {};
INSTANTIATE_TEST_SUITE_P(All, RealEnginesHere, testing::Values(kReleases[0], kReleases[1]),
                         [](const auto& chosen) { return std::string(chosen.param.test_name); });

TEST_P(RealEngines, TellsEverythingAboutAContainer) {
  // Of this machine's directories an engine in a chroot sees its own only.
  const std::string mounted = engine_->directory() + "/mounted";
  std::filesystem::create_directories(mounted);
  const std::string id = run("full", {"--label",
                                      "app=web",
                                      "--user",
                                      "1000:1000",
                                      "-v",
                                      mounted + ":/data:ro",
                                      "-p",
                                      "127.0.0.1:18080:80",
                                      "--memory",
                                      "64m",
                                      "--cpu-shares",
                                      "512",
                                      "--cpu-quota",
                                      "50000",
                                      "--cpuset-cpus",
                                      "0-1",
                                      "--env",
                                      "SECRET=x",
                                      "--health-cmd",
                                      "test -e /etc/passwd",
                                      "--health-interval",
                                      kind().name == "podman" ? "disable" : "1h"});
  start();
  ASSERT_TRUE(worker_->wait_until_listed(kLong));
  const auto record = journal_.newest(id);
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->type, kind().type);
  EXPECT_EQ(record->full_id, id);
  EXPECT_EQ(record->name, "full");
  EXPECT_EQ(record->image, kImage);
  EXPECT_EQ(record->image_repository, "example.test/team/enginetest");
  EXPECT_EQ(record->image_tag, "1.0");
  EXPECT_EQ(record->image_id.size(), 64U);
  EXPECT_EQ(record->user, "1000:1000");
  EXPECT_EQ(record->labels.at("app"), "web");
  EXPECT_FALSE(record->ip.empty());
  EXPECT_EQ(record->memory_limit, 64 * 1024 * 1024);
  EXPECT_EQ(record->cpu_shares, 512);
  EXPECT_EQ(record->cpu_quota, 50000);
  EXPECT_EQ(record->cpu_period, 100000);
  EXPECT_EQ(record->cpuset_cpu_count, 2);
  EXPECT_GT(record->created_time, 1700000000);
  EXPECT_EQ(record->size, -1);
  EXPECT_TRUE(record->env.empty());
  EXPECT_THAT(record->port_mappings, testing::ElementsAre(core::PortMapping{0x7f000001, 18080, 80}));
  ASSERT_EQ(record->mounts.size(), 1U);
  EXPECT_EQ(record->mounts[0].source, mounted);
  EXPECT_EQ(record->mounts[0].destination, "/data");
  EXPECT_FALSE(record->mounts[0].rw);
  EXPECT_EQ(record->healthcheck, (core::Probe{"/bin/sh", {"-c", "test -e /etc/passwd"}}));
  EXPECT_EQ(record->privileged, core::YesNo::kNo);
  EXPECT_EQ(record->host_pid, core::YesNo::kNo);
  worker_.reset();
  remove("full");
}

TEST_P(RealEngines, TellsTheStoryOfAContainer) {
  start();
  ASSERT_TRUE(worker_->wait_until_listed(kLong));
  ASSERT_TRUE(status().connected);
  const std::string id = run("story", {"--label", "n=1"});
  ASSERT_TRUE(reported(id, [](const core::Container& c) { return !c.ip.empty(); }));
  EXPECT_EQ(journal_.newest(id)->name, "story");
  EXPECT_EQ(journal_.newest(id)->labels.at("n"), "1");
  cli({"rename", "story", "tale"});
  EXPECT_TRUE(reported(id, [](const core::Container& c) { return c.name == "tale"; }));
  remove("tale");
  EXPECT_TRUE(eventually([&] { return journal_.removals(id) == 1; }, kLong));
  // The list may show a removal before its event is heard.
  EXPECT_TRUE(eventually([&] { return status().events > 3U; }, kLong)) << status().events;
  EXPECT_EQ(status().errors, 0U);
}

TEST_P(RealEngines, HostNamespacesAndPrivileges) {
  start();
  ASSERT_TRUE(worker_->wait_until_listed(kLong));
  const std::string id = run("bold", {"--privileged", "--pid", "host", "--network", "host", "--ipc", "host"});
  ASSERT_TRUE(reported(id, [](const core::Container& c) { return c.privileged == core::YesNo::kYes; }));
  const auto record = journal_.newest(id);
  EXPECT_EQ(record->host_pid, core::YesNo::kYes);
  EXPECT_EQ(record->host_network, core::YesNo::kYes);
  EXPECT_EQ(record->host_ipc, core::YesNo::kYes);
  remove("bold");
}

TEST_P(RealEngines, ASharedNetworkHasItsOwnersAddress) {
  const std::string owner = run("owner");
  const std::string guest = run("guest", {"--network", "container:owner"});
  start();
  ASSERT_TRUE(worker_->wait_until_listed(kLong));
  ASSERT_NE(journal_.newest(owner), nullptr);
  ASSERT_NE(journal_.newest(guest), nullptr);
  EXPECT_FALSE(journal_.newest(owner)->ip.empty());
  EXPECT_EQ(journal_.newest(guest)->ip, journal_.newest(owner)->ip);
  worker_.reset();
  remove("guest");
  remove("owner");
}

TEST_P(RealEnginesHere, ManyThatComeAndGo) {
  start();
  ASSERT_TRUE(worker_->wait_until_listed(kLong));
  std::vector<std::string> ids;
  for (int i = 0; i < 6; ++i) ids.push_back(run("brief" + std::to_string(i), {"--rm", "--", "true"}));
  for (const std::string& id : ids) {
    EXPECT_TRUE(eventually([&] { return journal_.reports(id) >= 1 && journal_.removals(id) == 1; }, kLong))
        << id;
  }
}

TEST_P(RealEnginesHere, OnDemand) {
  const std::string id = run("asked");
  start();
  ASSERT_TRUE(worker_->wait_until_listed(kLong));
  worker_->request({id, kind().type, ""});
  EXPECT_TRUE(eventually([&] { return worker_->lookups().found == 1; }, kLong));
  worker_->request({container_id("00ff"), kind().type, ""});
  EXPECT_TRUE(eventually([&] { return worker_->lookups().pending == 1; }, kLong));
  worker_.reset();
  remove("asked");
}

TEST_P(RealEnginesHere, ADaemonThatIsRestartedIsFollowedAgain) {
  const std::string before = run("before");
  start();
  ASSERT_TRUE(worker_->wait_until_listed(kLong));
  ASSERT_NE(journal_.newest(before), nullptr);
  base::Status killed = engine_->kill_daemon(kind().daemon);
  ASSERT_TRUE(killed.ok()) << killed.error();
  ASSERT_TRUE(eventually([&] { return !status().connected; }, kLong));
  EXPECT_NE(status().last_error, "");
  base::Status started = engine_->up();
  ASSERT_TRUE(started.ok()) << started.error();
  ASSERT_TRUE(eventually([&] { return status().connected; }, kLong));
  EXPECT_GE(status().reconnects, 1U);
  const std::string after = run("after");
  EXPECT_TRUE(reported(after, [](const core::Container& c) { return c.name == "after"; }));
  EXPECT_EQ(journal_.removals(before), 0);
  remove("before");
  remove("after");
  EXPECT_TRUE(
      eventually([&] { return journal_.removals(before) == 1 && journal_.removals(after) == 1; }, kLong));
}

TEST_P(RealEnginesHere, ADaemonThatIsRestartedInTheMiddleOfManyStarts) {
  constexpr int kContainers = 24;
  constexpr int kBeforeTheRestart = 6;
  const auto name = [](int number) { return "burst" + std::to_string(number); };
  start();
  ASSERT_TRUE(worker_->wait_until_listed(kLong));
  std::atomic<int> next = 0;
  std::atomic<int> started = 0;
  std::vector<std::thread> starters;
  for (int starter = 0; starter < 3; ++starter) {
    starters.emplace_back([&] {
      for (int number = next++; number < kContainers; number = next++) {
        // What the restart lets fail half way is made anew.
        const bool runs = eventually(
            [&] {
              if (engine_->run(name(number)).ok()) return true;
              (void)engine_->cli({"rm", "-f", name(number)}).ok();
              return false;
            },
            kLong);
        EXPECT_TRUE(runs) << name(number);
        ++started;
      }
    });
  }
  EXPECT_TRUE(eventually([&] { return started >= kBeforeTheRestart; }, kLong));
  base::Status killed = engine_->kill_daemon(kind().daemon);
  EXPECT_TRUE(killed.ok()) << killed.error();
  base::Status back = engine_->up();
  EXPECT_TRUE(back.ok()) << back.error();
  for (std::thread& starter : starters) starter.join();

  std::vector<std::string> ids;
  std::vector<std::string> remove_all{"rm", "-f", "-t", "0"};
  if (kind().name == "docker") remove_all.resize(2);  // which kills at once anyway
  for (int number = 0; number < kContainers; ++number) {
    base::Result<std::string> id = engine_->cli({"inspect", "--format", "{{.Id}}", name(number)});
    ASSERT_TRUE(id.ok()) << id.error();
    EXPECT_TRUE(reported(*id, [&](const core::Container& c) { return c.name == name(number); }))
        << name(number);
    EXPECT_EQ(journal_.removals(*id), 0) << name(number);
    ids.push_back(*id);
    remove_all.push_back(name(number));
  }
  cli(remove_all);
  for (const std::string& id : ids) {
    EXPECT_TRUE(eventually([&] { return journal_.removals(id) == 1; }, kLong)) << id;
  }
  EXPECT_GE(status().reconnects, 1U);
  std::map<std::string, std::shared_ptr<const core::Container>> last;
  for (const support::Journal::Entry& entry : journal_.entries()) {
    auto& before = last[entry.container->full_id];
    const bool repeated = !entry.removed && before != nullptr && *before == *entry.container;
    EXPECT_FALSE(repeated) << entry.container->name;
    before = entry.container;
  }
}

TEST_P(RealEngines, SizeAndEnvironmentOnRequest) {
  config_.with_size = true;
  config_.with_env = true;
  const std::string id = run("sized", {"--env", "SHOWN=yes", "--", "sh", "-c", "echo x >/new; sleep 1000"});
  start();
  ASSERT_TRUE(worker_->wait_until_listed(kLong));
  ASSERT_NE(journal_.newest(id), nullptr);
  EXPECT_THAT(journal_.newest(id)->env, testing::Contains("SHOWN=yes"));
  // Sizes are asked for after everything else: an engine walks the container's files for one.
  EXPECT_TRUE(reported(id, [](const core::Container& c) { return c.size >= 0; }));
  worker_.reset();
  remove("sized");
}

// What changes while a container runs: each row of the table in docs/engines.md.
TEST_P(RealEngines, ChangesOfARunningContainerAreSeen) {
  cli({"network", "create", "neta"});
  cli({"network", "create", "netb"});
  const std::string id = run("changing", {"--network", "neta"});
  const std::string sharer = run("sharer", {"--network", "container:changing"});
  start();
  ASSERT_TRUE(worker_->wait_until_listed(kLong));
  ASSERT_TRUE(reported(id, [](const core::Container& c) { return !c.ip.empty(); }));
  const std::string before = journal_.newest(id)->ip;
  EXPECT_TRUE(reported(sharer, [&](const core::Container& c) { return c.ip == before; }));
  cli({"network", "disconnect", "neta", "changing"});
  cli({"network", "connect", "netb", "changing"});
  const auto moved = [&](const core::Container& c) { return !c.ip.empty() && c.ip != before; };
  EXPECT_TRUE(reported(id, moved));
  EXPECT_TRUE(reported(sharer, moved));
  EXPECT_EQ(journal_.newest(id)->ip, journal_.newest(sharer)->ip);
  cli({"rename", "changing", "renamed"});
  EXPECT_TRUE(reported(id, [](const core::Container& c) { return c.name == "renamed"; }));
  cli({"update", "--cpu-shares", "512", "renamed"});
  if (GetParam().tells_of_updates) {
    EXPECT_TRUE(reported(id, [](const core::Container& c) { return c.cpu_shares == 512; }));
  } else {
    const auto told = engine_->cli({"inspect", "--format", "{{.HostConfig.CpuShares}}", "renamed"});
    EXPECT_EQ(told.ok() ? *told : told.error(), "0") << "it knows nothing of the update itself";
  }
  const std::string address = journal_.newest(id)->ip;
  (void)engine_->cli({"kill", "renamed"}).ok();
  // Which takes the address where engines give the first that is free.
  const std::string later = run("later", {"--network", "netb"});
  EXPECT_TRUE(reported(later, [](const core::Container& c) { return !c.ip.empty(); }));
  EXPECT_EQ(journal_.newest(id)->ip, address) << "a container that ended keeps what it had";
  cli({"start", "renamed"});
  EXPECT_TRUE(reported(id, [&](const core::Container& c) { return !c.ip.empty() && c.ip != address; }));
  remove("sharer");
  remove("renamed");
  remove("later");
  EXPECT_TRUE(eventually([&] { return journal_.removals(id) == 1; }, kLong));
  cli({"network", "rm", "neta"});
  cli({"network", "rm", "netb"});
}

}  // namespace
}  // namespace worker
