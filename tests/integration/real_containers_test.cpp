// The main job, end to end: real engines, real containers, real process events, every field against what the
// engine's own command line tool says.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <set>

#include "cli_answers.h"
#include "core/container_json.h"
#include "live_host.h"
#include "support/real_engine.h"

namespace {

using support::RealEngine;
using test::LiveHost;

class RealContainers : public testing::TestWithParam<const char*> {
 protected:
  // One engine for all tests of this program; starting one takes seconds.
  static RealEngine* engine(const std::string& name, std::string& reason) {
    static std::map<std::string, base::Result<std::unique_ptr<RealEngine>>> engines;
    auto found = engines.find(name);
    if (found == engines.end()) found = engines.emplace(name, RealEngine::start(name)).first;
    if (!found->second) {
      reason = found->second.error();
      return nullptr;
    }
    return found->second->get();
  }

  void SetUp() override {
    if (const auto events = host::ProcConnector::open(); !events)
      GTEST_SKIP() << "no live events: " << events.error();
    std::string reason;
    engine_ = engine(GetParam(), reason);
    if (engine_ == nullptr) GTEST_SKIP() << GetParam() << " cannot be used here: " << reason;
    for (const char* dir : {"m1", "m2"})
      std::filesystem::create_directories(engine_->directory() + "/" + dir);
  }
  void TearDown() override {
    if (engine_ == nullptr) return;
    for (const std::string& name : started_) remove(name);
  }

  std::string config() const {
    return std::string(R"({"verbosity":"debug","grace_period_s":3,"engines":{)") + R"("docker":{"enabled":)" +
           (is("docker") ? "true" : "false") + R"(,"sockets":[")" +
           (is("docker") ? engine_->socket() : "/nonexistent/d.sock") + R"("]},)" +
           R"("podman":{"enabled":)" + (is("podman") ? "true" : "false") + R"(,"sockets":[")" +
           (is("podman") ? engine_->socket() : "/nonexistent/p.sock") + R"("]},)" +
           R"("containerd":{"enabled":false},"cri":{"enabled":false}}})";
  }
  bool is(const std::string& name) const { return name == GetParam(); }

  std::string run(const std::string& name, std::vector<std::string> args) {
    started_.push_back(name);
    auto id = engine_->run(name, args);
    EXPECT_TRUE(id.ok()) << (id ? "" : id.error());
    return id ? id->substr(id->find_last_of('\n') + 1) : "";
  }
  // At once, without the ten seconds that a container has to end by itself.
  void remove(const std::string& name) {
    std::vector<std::string> args = {"rm", "-f", name};
    if (is("podman")) args.insert(args.end(), {"-t", "0"});
    (void)engine_->cli(args);
  }
  int64_t pid(const std::string& name) {
    const auto text = engine_->script({"pid", name});
    return text ? std::stoll(*text) : -1;
  }
  std::unique_ptr<LiveHost> live() {
    auto host = LiveHost::start(config());
    if (!host) {
      reason_ = host.error();
      return nullptr;
    }
    return std::move(*host);
  }
  void expect_as_cli_says(LiveHost& host, const std::string& name) {
    const auto expected = test::cli_answers(*engine_, name);
    ASSERT_TRUE(expected.ok()) << expected.error();
    const int64_t tid = pid(name);
    for (const auto& [field, answer] : *expected) {
      // Docker lists the mounts in another order each time.
      const bool unordered = field == "container.mounts";
      const std::string given = host.ask(tid, field);
      EXPECT_EQ(unordered ? sorted(given) : given, unordered ? sorted(answer) : answer)
          << name << " " << field;
    }
  }
  std::vector<std::string> rich_options() const {
    const std::string dir = engine_->directory();
    std::vector<std::string> options = {"--label",      "app=web",
                                        "--label",      "org.example.tier=front",
                                        "--label",      "flag=",
                                        "--env",        "SECRET=x",
                                        "-v",           dir + "/m1:/data:ro",
                                        "-v",           dir + "/m2:/data2:rw",
                                        "--user",       "1000:1000",
                                        "--memory",     "256m",
                                        "--cpu-shares", "512",
                                        "-p",           "127.0.0.1:18080:80",
                                        "--health-cmd", "test -e /etc/passwd"};
    // Podman's healthchecks want systemd's timers; here they are run by hand.
    options.insert(options.end(), {"--health-interval", is("podman") ? "disable" : "1s"});
    return options;
  }
  static std::string sorted(const std::string& list) {
    std::multiset<std::string> parts;
    for (size_t begin = 0; begin <= list.size();) {
      const size_t end = std::min(list.find(',', begin), list.size());
      parts.insert(list.substr(begin, end - begin));
      begin = end + 1;
    }
    std::string joined;
    for (const std::string& part : parts) joined += part + ',';
    return joined;
  }
  static std::vector<std::string> with_command(std::vector<std::string> options, const std::string& line) {
    options.insert(options.end(), {"--", "sh", "-c", line});
    return options;
  }

  RealEngine* engine_ = nullptr;
  std::string reason_;
  std::vector<std::string> started_;
};

TEST_P(RealContainers, ThatRanBeforeTheCapture) {
  run("before", with_command(rich_options(), "while sleep 1; do :; done"));
  const std::unique_ptr<LiveHost> host = live();
  ASSERT_NE(host, nullptr) << reason_;
  // At once: no event of the engine or of the container has been handled yet.
  expect_as_cli_says(*host, "before");
  EXPECT_GT(std::stoull(host->ask(pid("before"), "container.start_ts")), 1'600'000'000'000'000'000u);
  EXPECT_EQ(host->ask(getpid(), "container.id"), "host");
}

TEST_P(RealContainers, StartedMeanwhile) {
  const std::unique_ptr<LiveHost> host = live();
  ASSERT_NE(host, nullptr) << reason_;
  const std::string id = run("fresh", with_command(rich_options(), "while sleep 0.2; do true; done"));
  const int64_t tid = pid("fresh");
  ASSERT_TRUE(host->run_until([&] { return host->ask(tid, "container.ip") != "<NA>"; }))
      << host->ask(tid, "container.id");
  expect_as_cli_says(*host, "fresh");
  // A process that it starts later is attributed by its own events.
  std::string seen;
  ASSERT_TRUE(host->run_until([&] { return !seen.empty(); },
                              [&](const host::EventContext& context) {
                                if (context.thread != nullptr && context.thread->comm == "sleep" &&
                                    host->answer(context, "container.full_id") == id) {
                                  seen = host->answer(context, "container.name");
                                }
                              }));
  EXPECT_EQ(seen, "fresh");
}

TEST_P(RealContainers, PrivilegedInHostNamespaces) {
  run("strong", {"--privileged", "--pid", "host", "--network", "host", "--ipc", "host"});
  const std::unique_ptr<LiveHost> host = live();
  ASSERT_NE(host, nullptr) << reason_;
  expect_as_cli_says(*host, "strong");
  EXPECT_EQ(host->ask(pid("strong"), "container.privileged"), "true");
  EXPECT_EQ(host->ask(pid("strong"), "container.host_pid"), "true");
  EXPECT_EQ(host->ask(pid("strong"), "container.host_network"), "true");
  EXPECT_EQ(host->ask(pid("strong"), "container.host_ipc"), "true");
}

TEST_P(RealContainers, InANetworkOfItsOwnAndInAnothersNetwork) {
  ASSERT_TRUE(engine_->cli({"network", "create", "own-net"}).ok());
  run("networked", {"--network", "own-net"});
  run("joined", {"--network", "container:networked"});
  const std::unique_ptr<LiveHost> host = live();
  ASSERT_NE(host, nullptr) << reason_;
  expect_as_cli_says(*host, "networked");
  EXPECT_NE(host->ask(pid("networked"), "container.ip"), "<NA>");
  EXPECT_EQ(host->ask(pid("joined"), "container.ip"), host->ask(pid("networked"), "container.ip"));
}

TEST_P(RealContainers, Renamed) {
  run("first-name", {});
  const std::unique_ptr<LiveHost> host = live();
  ASSERT_NE(host, nullptr) << reason_;
  const int64_t tid = pid("first-name");
  EXPECT_EQ(host->ask(tid, "container.name"), "first-name");
  ASSERT_TRUE(engine_->cli({"rename", "first-name", "second-name"}).ok());
  started_.emplace_back("second-name");
  EXPECT_TRUE(host->run_until([&] { return host->ask(tid, "container.name") == "second-name"; }));
}

TEST_P(RealContainers, RemovedButStillAnsweredDuringTheGracePeriod) {
  run("short-lived", {});
  const std::unique_ptr<LiveHost> host = live();
  ASSERT_NE(host, nullptr) << reason_;
  const uint64_t before = host->metric("n_containers");
  std::string removed_name;
  remove("short-lived");
  EXPECT_TRUE(host->run_until([&] { return !removed_name.empty(); },
                              [&](const host::EventContext& context) {
                                // The event `container_removed` itself.
                                if (context.event.type() == 402 &&
                                    context.event.text(1) == "container_removed") {
                                  removed_name = host->answer(context, "container.name");
                                }
                              }));
  EXPECT_EQ(removed_name, "short-lived");
  EXPECT_EQ(host->metric("n_containers"), before) << "kept for the grace period";
  // A quiet machine has no process events by which the plugin's clock moves on: a process of our own has
  // some.
  EXPECT_TRUE(host->run_until([&] {
    (void)engine_->script({"socket"});
    return host->metric("n_containers") < before;
  })) << "and gone after it";
}

TEST_P(RealContainers, ManyAtOnce) {
  const std::unique_ptr<LiveHost> host = live();
  ASSERT_NE(host, nullptr) << reason_;
  std::map<std::string, int64_t> pids;
  for (int i = 0; i < 5; ++i) {
    const std::string name = "many-" + std::to_string(i);
    run(name, {"--label", "number=" + std::to_string(i)});
    pids[name] = pid(name);
  }
  for (const auto& [name, tid] : pids) {
    EXPECT_TRUE(host->run_until([&, &tid = tid, &name = name] {
      return host->ask(tid, "container.name") == name;
    })) << name;
    expect_as_cli_says(*host, name);
  }
}

TEST_P(RealContainers, HealthcheckProcessesAreSeen) {
  // Long enough to be read from /proc on a busy machine.
  run("checked", {"--health-cmd", "sleep 0.5; true", "--health-interval", is("podman") ? "disable" : "1s"});
  const std::unique_ptr<LiveHost> host = live();
  ASSERT_NE(host, nullptr) << reason_;
  // Podman's timers need systemd; here the check is run by hand, while the host goes on reading events.
  std::future<bool> by_hand;
  if (is("podman")) {
    by_hand = std::async(std::launch::async, [this] {
      return engine_->cli({"healthcheck", "run", "checked"}).ok();
    });
  }
  bool seen = false;
  EXPECT_TRUE(host->run_until([&] { return seen; },
                              [&](const host::EventContext& context) {
                                seen = seen ||
                                       (host->answer(context, "proc.is_container_healthcheck") == "true" &&
                                        host->answer(context, "container.name") == "checked");
                              }));
  if (by_hand.valid()) {
    EXPECT_TRUE(by_hand.get());
  }
  EXPECT_EQ(host->ask(pid("checked"), "proc.is_container_healthcheck"), "false");
}

TEST_P(RealContainers, EventsCarryTheContainerAndNoSecrets) {
  const std::unique_ptr<LiveHost> host = live();
  ASSERT_NE(host, nullptr) << reason_;
  std::set<std::string> names;
  std::string payload;
  run("announced", rich_options());
  EXPECT_TRUE(host->run_until([&] { return names.count("announced") > 0; },
                              [&](const host::EventContext& context) {
                                if (context.event.type() != 402) return;
                                names.insert(host->answer(context, "container.name"));
                                payload = std::string(context.event.text(2).value_or(""));
                              }));
  const auto container = core::from_json(payload);
  ASSERT_TRUE(container.ok()) << container.error();
  EXPECT_TRUE(container->env.empty()) << "environment variables stay out by default";
  EXPECT_EQ(payload.find("SECRET"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Engines, RealContainers, testing::Values("docker", "podman"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
