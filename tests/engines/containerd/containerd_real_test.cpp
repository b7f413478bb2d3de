// containerd itself, and CRI as it serves it, followed by a real worker: containers made with ctr, and pods.
// This machine's containerd, and those of other Debian releases in the chroots that scripts/chroot.sh keeps.
// Skipped, with the reason, where one of them cannot be installed or started.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "support/eventually.h"
#include "support/journal.h"
#include "support/real_engine.h"
#include "worker/worker.h"

namespace engines::containerd {
namespace {

using core::ContainerType;
using support::eventually;
using support::Journal;
using support::RealEngine;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::StartsWith;
using Record = std::shared_ptr<const core::Container>;

constexpr const char* kImage = "example.test/team/enginetest:1.0";

struct Release {
  const char* test_name;
  std::vector<std::string> settings;
  const char* version;  // what its version begins with; "" for whatever this machine has
};

const Release kReleases[] = {
    {"containerd_here", {}, ""},
    {"containerd_trixie", {"ENGINE_SUITE=trixie"}, "1.7."},
    {"containerd_sid", {"ENGINE_SUITE=sid"}, "2."},
};
void PrintTo(const Release& release, std::ostream* out) {
  *out << release.test_name;
}

// One daemon for all tests of a release: it takes seconds to start.
class Real : public ::testing::TestWithParam<Release> {
 protected:
  static void TearDownTestSuite() {
    engine_.reset();
    tried_ = nullptr;
  }

  void SetUp() override {
    if (tried_ != GetParam().test_name) {
      engine_.reset();
      tried_ = GetParam().test_name;
      base::Result<std::unique_ptr<RealEngine>> started =
          RealEngine::start("containerd", GetParam().settings);
      if (started.ok()) {
        engine_ = *std::move(started);
      } else {
        why_not_ = started.error();
      }
    }
    if (engine_ == nullptr) GTEST_SKIP() << "no " << GetParam().test_name << ": " << why_not_;
    for (config::SocketEngine* engine :
         {&config_.docker, &config_.podman, &config_.containerd, &config_.cri}) {
      engine->enabled = false;
      engine->sockets.clear();
    }
    config_.podman_user_sockets = false;
    config_.with_env = true;
  }
  void TearDown() override {
    worker_.reset();
    for (const std::string& name : pods_) (void)engine_->script({"cri-rm", name}).ok();
    for (const std::string& name : containers_) remove(name);
  }

  void follow_containerd() { follow(config_.containerd); }
  void follow_cri() { follow(config_.cri); }
  bool connected() {
    return eventually([this] { return !worker_->sockets().empty() && worker_->sockets().front().connected; });
  }

  void run(const std::string& name, const std::vector<std::string>& args = {}) {
    containers_.push_back(name);
    const base::Result<std::string> ran = engine_->run(name, args);
    ASSERT_TRUE(ran.ok()) << ran.error();
  }
  void remove(const std::string& name) {
    (void)engine_->cli({"tasks", "rm", "-f", name}).ok();
    (void)engine_->cli({"containers", "rm", name}).ok();
  }
  // The ids of a new pod's sandbox and container.
  std::pair<std::string, std::string> run_pod(const std::string& name, std::vector<std::string> args = {}) {
    pods_.push_back(name);
    args.insert(args.begin(), {"cri-run", name});
    const base::Result<std::string> ran = engine_->script(args);
    EXPECT_TRUE(ran.ok()) << ran.error();
    std::pair<std::string, std::string> ids;
    if (ran.ok()) std::istringstream(*ran) >> ids.first >> ids.second;
    return ids;
  }
  void remove_pod(const std::string& name) {
    const base::Result<std::string> removed = engine_->script({"cri-rm", name});
    ASSERT_TRUE(removed.ok()) << removed.error();
    std::erase(pods_, name);
  }
  // The newest record, once it satisfies `condition`; else whatever there is.
  template <typename Condition>
  Record wait_for(const std::string& id, Condition condition) {
    EXPECT_TRUE(eventually([&] {
      const Record record = journal_.newest(id);
      return record != nullptr && condition(*record);
    })) << id;
    return journal_.newest(id);
  }
  Record wait_for(const std::string& id) {
    return wait_for(id, [](const core::Container&) { return true; });
  }

  static std::unique_ptr<RealEngine> engine_;
  static const char* tried_;  // the release whose engine that is, or should have been
  static std::string why_not_;
  config::Config config_;
  Journal journal_;
  std::unique_ptr<worker::Worker> worker_;

 private:
  void follow(config::SocketEngine& engine) {
    engine.enabled = true;
    engine.sockets = {engine_->socket()};
    worker_ = worker::Worker::start(config_, journal_, base::Logger());
    ASSERT_TRUE(connected()) << worker_->sockets().front().last_error;
  }
  std::vector<std::string> containers_;
  std::vector<std::string> pods_;
};

std::unique_ptr<RealEngine> Real::engine_;
const char* Real::tried_ = nullptr;
std::string Real::why_not_;

INSTANTIATE_TEST_SUITE_P(Containerd, Real, ::testing::ValuesIn(kReleases),
                         [](const auto& chosen) { return std::string(chosen.param.test_name); });

TEST_P(Real, IsTheReleaseThatWasMeant) {
  const base::Result<std::string> said = engine_->cli({"version"});
  ASSERT_TRUE(said.ok()) << said.error();
  const std::string server = said->substr(said->find("Server:"));
  EXPECT_THAT(server, HasSubstr(std::string("Version:  ") + GetParam().version));
}

TEST_P(Real, AContainerOfCtrIsReportedWhole) {
  follow_containerd();
  run("web.1-a", {"--label", "app=web", "--env", "FOO=bar", "--mount",
                  "type=bind,src=/tmp,dst=/data,options=rbind:rslave:ro", "--memory-limit", "104857600"});
  const Record record = wait_for("web.1-a", [](const core::Container& c) { return !c.image_digest.empty(); });
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->type, ContainerType::kContainerd);
  EXPECT_EQ(record->name, "web.1-a");
  EXPECT_EQ(record->image, kImage);
  EXPECT_EQ(record->image_repository, "example.test/team/enginetest");
  EXPECT_EQ(record->image_tag, "1.0");
  EXPECT_THAT(record->image_digest, StartsWith("sha256:"));
  EXPECT_THAT(record->labels, Contains(Pair("app", "web")));
  EXPECT_THAT(record->env, Contains("FOO=bar"));
  EXPECT_THAT(record->mounts, Contains(core::Mount{"/tmp", "/data", "", false, "rslave"}));
  EXPECT_EQ(record->memory_limit, 104857600);
  EXPECT_EQ(record->user, "0");
  EXPECT_EQ(record->privileged, core::YesNo::kNo);
  EXPECT_EQ(record->host_network, core::YesNo::kNo);
  EXPECT_EQ(record->host_pid, core::YesNo::kNo);
  EXPECT_EQ(record->host_ipc, core::YesNo::kNo);
  EXPECT_GT(record->created_time, 1'500'000'000);
}

TEST_P(Real, WhatChangesIsReportedAgainAndTheEndOnce) {
  follow_containerd();
  run("changing");
  ASSERT_NE(wait_for("changing"), nullptr);
  ASSERT_TRUE(engine_->cli({"containers", "label", "changing", "fresh=label"}).ok());
  wait_for("changing", [](const core::Container& c) { return c.labels.contains("fresh"); });
  remove("changing");
  EXPECT_TRUE(eventually([&] { return journal_.removals("changing") == 1; }));
}

TEST_P(Real, APrivilegedContainerOnTheHostsNetworkIsSeenAsOne) {
  follow_containerd();
  run("mighty", {"--privileged", "--net-host"});
  const Record record = wait_for("mighty");
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->privileged, core::YesNo::kYes);
  EXPECT_EQ(record->host_network, core::YesNo::kYes);
  EXPECT_EQ(record->host_pid, core::YesNo::kNo);
}

TEST_P(Real, WhatRunsAlreadyIsListed) {
  run("earlier");
  const auto [sandbox, container] = run_pod("earlier-pod");
  follow_containerd();
  EXPECT_TRUE(worker_->wait_until_listed(std::chrono::seconds(10)));
  EXPECT_NE(journal_.newest("earlier"), nullptr);
  ASSERT_NE(journal_.newest(container), nullptr);
  EXPECT_EQ(journal_.newest(container)->name, "earlier-pod");
  EXPECT_THAT(journal_.newest(container)->ip, StartsWith("10.99."));
}

TEST_P(Real, APodIsCompletedFromCri) {
  follow_containerd();
  const auto [sandbox, container] =
      run_pod("web", {"--label", "app=web", "--publish", "18090:80", "--pod", "web-0", "--namespace", "prod",
                      "--uid", "4fd1e0a5-0000-4000-8000-0123456789ab", "--user", "1000"});
  const Record record = wait_for(container, [](const core::Container& c) { return !c.image_id.empty(); });
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->type, ContainerType::kContainerd);
  EXPECT_EQ(record->name, "web");
  EXPECT_EQ(record->image, kImage);
  EXPECT_EQ(record->user, "1000");
  EXPECT_EQ(record->pod_name, "web-0");
  EXPECT_EQ(record->pod_namespace, "prod");
  EXPECT_EQ(record->pod_uid, "4fd1e0a5-0000-4000-8000-0123456789ab");
  EXPECT_EQ(record->pod_sandbox_id, sandbox);
  ASSERT_TRUE(record->pod_sandbox_labels);
  EXPECT_THAT(*record->pod_sandbox_labels, Contains(Pair("app", "web")));
  EXPECT_THAT(record->ip, StartsWith("10.99."));
  EXPECT_THAT(record->cni_json, HasSubstr(record->ip));
  EXPECT_THAT(record->cni_json, Not(HasSubstr("veth")));
  EXPECT_FALSE(record->is_pod_sandbox);
  const Record pod = wait_for(sandbox, [](const core::Container& c) { return !c.ip.empty(); });
  ASSERT_NE(pod, nullptr);
  EXPECT_TRUE(pod->is_pod_sandbox);
  EXPECT_EQ(pod->name, "web-0");
  EXPECT_EQ(pod->ip, record->ip);
  EXPECT_THAT(pod->port_mappings, Contains(core::PortMapping{0, 18090, 80}));
  remove_pod("web");
  EXPECT_TRUE(eventually([&, &container = container, &sandbox = sandbox] {
    return journal_.removals(container) == 1 && journal_.removals(sandbox) == 1;
  }));
}

TEST_P(Real, APrivilegedPodOnTheHostsNetworkIsSeenAsOne) {
  follow_containerd();
  const auto [sandbox, container] = run_pod("mighty-pod", {"--privileged", "--host-network"});
  const Record record = wait_for(container, [](const core::Container& c) { return !c.image_id.empty(); });
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->privileged, core::YesNo::kYes);
  EXPECT_EQ(record->host_network, core::YesNo::kYes);
  EXPECT_EQ(record->ip, "");
}

TEST_P(Real, OnDemandOnlyExactIdsAreFound) {
  config_.hook_create = false;  // and it is never started: nothing but a request finds it
  follow_containerd();
  const base::Result<std::string> created = engine_->cli({"containers", "create", kImage, "exact"});
  ASSERT_TRUE(created.ok()) << created.error();
  worker_->request({"exac", ContainerType::kContainerd, "/default/exac"});
  worker_->request({"other", ContainerType::kContainerd, "/default/other"});
  ASSERT_TRUE(eventually([&] { return worker_->lookups().asked == 2; }));
  EXPECT_EQ(journal_.newest("exact"), nullptr);
  worker_->request({"exact", ContainerType::kContainerd, "/default/exact"});
  EXPECT_NE(wait_for("exact"), nullptr);
  EXPECT_EQ(journal_.newest("exac"), nullptr);
  remove("exact");
}

TEST_P(Real, CriAloneFollowsPods) {
  follow_cri();
  run("not-of-cri");
  const auto [sandbox, container] = run_pod("listed", {"--label", "app=web"});
  const Record record = wait_for(container, [](const core::Container& c) { return !c.ip.empty(); });
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->type, ContainerType::kContainerd);
  EXPECT_EQ(record->name, "listed");
  EXPECT_EQ(record->pod_sandbox_id, sandbox);
  EXPECT_THAT(record->labels, Contains(Pair("app", "web")));
  ASSERT_NE(wait_for(sandbox, [](const core::Container& c) { return !c.ip.empty(); }), nullptr);
  EXPECT_TRUE(journal_.newest(sandbox)->is_pod_sandbox);
  EXPECT_EQ(journal_.newest("not-of-cri"), nullptr);
  remove_pod("listed");
  EXPECT_TRUE(eventually([&, &container = container, &sandbox = sandbox] {
    return journal_.removals(container) == 1 && journal_.removals(sandbox) == 1;
  }));
}

TEST_P(Real, ADaemonThatRestartsIsFollowedAgain) {
  follow_containerd();
  run("survivor");
  run("victim");
  ASSERT_NE(wait_for("survivor"), nullptr);
  ASSERT_NE(wait_for("victim"), nullptr);
  const base::Status killed = engine_->kill_daemon("containerd");
  ASSERT_TRUE(killed.ok()) << killed.error();
  ASSERT_TRUE(eventually([&] { return !worker_->sockets().front().connected; }));
  const base::Status up = engine_->up();
  ASSERT_TRUE(up.ok()) << up.error();
  ASSERT_TRUE(connected()) << worker_->sockets().front().last_error;
  EXPECT_EQ(journal_.removals("survivor"), 0);
  remove("victim");
  EXPECT_TRUE(eventually([&] { return journal_.removals("victim") == 1; }));
  run("newcomer");
  EXPECT_NE(wait_for("newcomer"), nullptr);
  EXPECT_EQ(journal_.removals("survivor"), 0);
  EXPECT_GE(worker_->sockets().front().reconnects, 1u);
}

}  // namespace
}  // namespace engines::containerd
