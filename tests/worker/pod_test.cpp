// Falco's pod: nothing of the host but its /proc, or single files of it, and few capabilities.
#include <linux/capability.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "base/local_files.h"
#include "support/pod.h"
#include "worker_fixture.h"

namespace worker {
namespace {

namespace fs = std::filesystem;
using support::IdleProcess;
using support::Pod;

constexpr const char* kHostRoot = "/host";
constexpr uint64_t bit(int capability) {
  return uint64_t{1} << capability;
}
constexpr uint64_t kAll = (uint64_t{1} << (CAP_LAST_CAP + 1)) - 1;
// The chart's leastPrivileged.
constexpr uint64_t kLeast = bit(CAP_BPF) | bit(CAP_PERFMON) | bit(CAP_SYS_RESOURCE) | bit(CAP_SYS_PTRACE);

class PodTest : public WorkerTest {
 protected:
  PodTest() { config_.host_root = kHostRoot; }

  void SetUp() override { make({}); }
  // mounts: see Pod::make().
  void make(const std::vector<Pod::Mount>& mounts) {
    auto made = Pod::make(first_.pid(), mounts);
    if (!made) GTEST_SKIP() << made.error();
    pod_ = std::move(*made);
  }
  bool reported(const std::string& id) {
    return eventually([&] { return journal_.reports(container_id(id)) >= 1; });
  }

  IdleProcess first_;
  std::unique_ptr<Pod> pod_;
};

TEST_F(PodTest, NothingButProc) {
  FakeDocker fake(path_);
  fake.add(container_id("a1"), "one");
  pod_->run([&] {
    start();
    EXPECT_TRUE(reported("a1"));
    EXPECT_EQ(status().path, kHostRoot + path_);
    worker_.reset();
  });
  EXPECT_EQ(log_.count(base::Severity::kWarning), 0);
}

TEST_F(PodTest, AnEngineThatComesLaterIsSeenAtOnce) {
  pod_->run([&] { start(); });
  // The engine is outside: only the worker's thread is in the pod.
  ASSERT_NE(worker_, nullptr);
  EXPECT_TRUE(worker_->wait_until_listed(milliseconds(10000)));
  FakeDocker fake(path_);
  fake.add(container_id("a1"), "one");
  EXPECT_TRUE(reported("a1"));
  worker_.reset();
}

// The engine starts over with a new socket; what is mounted in the pod is the old one, at which nobody
// listens.
TEST_F(PodTest, ASocketMountedAsAFileAndAnEngineThatRestarts) {
  FakeDocker fake(path_);
  fake.add(container_id("a1"), "one");
  make({{path_, path_}});
  pod_->run([&] { start(); });
  ASSERT_NE(worker_, nullptr);
  EXPECT_TRUE(reported("a1"));
  fake.stop();
  EXPECT_TRUE(eventually([&] { return !status().connected; }));
  fake.add(container_id("b2"), "two");
  fake.start();
  EXPECT_TRUE(reported("b2"));
  EXPECT_EQ(journal_.removals(container_id("a1")), 0);
  worker_.reset();
}

// Mounted somewhere else than the host has it: only HOST_ROOT shows it.
TEST_F(PodTest, ASocketThatOnlyThePodHas) {
  FakeDocker fake(path_);
  fake.add(container_id("a1"), "one");
  make({{path_, "/var/run/docker.sock"}});
  config_.docker.sockets = {"/var/run/docker.sock"};
  pod_->run([&] {
    start();
    EXPECT_TRUE(reported("a1"));
    worker_.reset();
  });
}

TEST_F(PodTest, WithoutTheCapabilityItIsSaidAndAllIsAsMounted) {
  FakeDocker fake(path_);
  fake.add(container_id("a1"), "one");
  FakeDocker hidden(directory_ / "hidden.sock");
  hidden.add(container_id("b2"), "two");
  make({{path_, path_}});
  config_.docker.sockets = {path_, directory_ / "hidden.sock"};
  pod_->run(
      [&] {
        start();
        EXPECT_TRUE(reported("a1"));
        EXPECT_TRUE(worker_->wait_until_listed(milliseconds(10000)));
        worker_.reset();
      },
      kAll & ~bit(CAP_SYS_PTRACE));
  EXPECT_EQ(journal_.reports(container_id("b2")), 0);
  EXPECT_EQ(log_.count(base::Severity::kWarning), 1);
  EXPECT_EQ(log_.count(base::Severity::kWarning, "SYS_PTRACE"), 1);
}

TEST_F(PodTest, TheChartsFourCapabilitiesAreEnough) {
  FakeDocker fake(path_);
  fake.add(container_id("a1"), "one");
  fs::create_directory(directory_ / "bundle");
  std::ofstream(directory_ / "bundle/config.json") << "{}";
  pod_->run(
      [&] {
        start();
        EXPECT_TRUE(reported("a1"));
        worker_.reset();
        base::LocalFiles files(kHostRoot);
        for (const base::Patience patience : {base::Patience::kCachedOnly, base::Patience::kMayWait}) {
          const auto text = files.read(directory_ / "bundle", "config.json", 100, patience);
          EXPECT_TRUE(text) << text.error().message;
        }
        EXPECT_TRUE(files.read("/etc", "passwd", 1 << 20, base::Patience::kMayWait));
      },
      kLeast);
  EXPECT_EQ(log_.count(base::Severity::kWarning), 0);
}

TEST_F(PodTest, LinksAreTheHosts) {
  fs::create_directory(directory_ / "bundle");
  std::ofstream(directory_ / "bundle/config.json") << "{}";
  fs::create_symlink(directory_ / "bundle", directory_ / "absolute");
  fs::create_symlink("../../../../../../.." + directory_ / "bundle", directory_ / "relative");
  pod_->run([&] {
    base::LocalFiles files(kHostRoot);
    for (const char* name : {"absolute", "relative"}) {
      EXPECT_TRUE(files.read(directory_ / name, "config.json", 100, base::Patience::kMayWait)) << name;
    }
  });
}

TEST_F(PodTest, AnEngineAtAnOddPathIsFound) {
  // Below directories that are root's alone: /tmp is not.
  const std::string odd = "/run/ctr-pod-test-" + std::to_string(::getpid());
  fs::create_directories(odd);
  const std::string open = directory_ / "docker.sock";  // below /tmp
  config_.docker.sockets.clear();
  config_.discover = true;
  {
    FakeDocker fake(odd + "/docker.sock");
    fake.add(container_id("a1"), "one");
    FakeDocker refused(open);
    refused.add(container_id("b2"), "two");
    pod_->run([&] {
      start();
      EXPECT_TRUE(worker_->wait_until_listed(milliseconds(10000)));
      EXPECT_TRUE(reported("a1"));
      EXPECT_THAT(status().path, HasSubstr(odd));
      worker_.reset();
    });
  }
  fs::remove_all(odd);
  EXPECT_EQ(journal_.reports(container_id("b2")), 0);
  EXPECT_EQ(log_.count(base::Severity::kInfo, "found " + (kHostRoot + odd)), 1);
  EXPECT_EQ(log_.count(base::Severity::kInfo, open + " is not followed"), 1);
}

}  // namespace
}  // namespace worker
