// Containers that nobody answers for: reported from what engines keep on disk, and from bundles; then the
// engine comes and tells once more.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "support/silent_fuse.h"
#include "worker_fixture.h"

namespace worker {
namespace {

namespace fs = std::filesystem;
using core::ContainerType;
using core::Source;

class LocalSourcesTest : public TimedWorkerTest {
 protected:
  LocalSourcesTest() {
    // The socket too is below the root.
    config_.host_root = directory_.path();
    config_.docker.sockets = {"/docker.sock"};
    config_.podman.enabled = true;
    config_.containerd.sockets = {"/run/containerd/containerd.sock"};
  }
  void put(const std::string& path, const std::string& text) {
    fs::create_directories(fs::path(directory_.path() + path).parent_path());
    std::ofstream(directory_.path() + path, std::ios::binary) << text;
  }
  // What Docker writes at `docker create`.
  void put_docker_state(const std::string& id, const std::string& name, const std::string& named_id = "") {
    const std::string directory = "/var/lib/docker/containers/" + id;
    put(directory + "/config.v2.json", R"({"ID":")" + (named_id.empty() ? id : named_id) + R"(","Name":"/)" +
                                           name +
                                           R"(","Config":{"Image":"busybox:1"},"State":{"Running":false}})");
    put(directory + "/hostconfig.json", R"({"Privileged":true,"Memory":1048576})");
  }
  std::string put_bundle(const std::string& id) {
    const std::string directory = "/run/docker/containerd/daemon/io.containerd.runtime.v2.task/moby/" + id;
    put(directory + "/config.json",
        R"({"ociVersion":"1.1","process":{"user":{"uid":7}},"linux":{"cgroupsPath":"/docker/x"}})");
    return directory;
  }
  void request(const std::string& id, ContainerType hint = ContainerType::kDocker) {
    boost::asio::post(loop_, [=, this] { followers_->request({id, hint, ""}); });
  }
  void read_bundle(const std::string& id, const std::string& directory, const std::string& name = "") {
    boost::asio::post(loop_, [=, this] { followers_->read_bundle({id, directory, name}); });
  }
  // The worker's thread has done what was asked of it before.
  void settle() {
    std::promise<void> done;
    boost::asio::post(loop_, [&] { done.set_value(); });
    done.get_future().wait();
  }

  const std::string id_ = container_id("a1");
};

TEST_F(LocalSourcesTest, ADeadEnginesContainerIsReportedFromDiskAndOnceMoreByTheEngine) {
  put_docker_state(id_, "from-disk");
  start_timed();
  request(id_);
  ASSERT_TRUE(eventually([&] { return journal_.reports(id_) == 1; }));
  EXPECT_EQ(journal_.newest(id_)->name, "from-disk");
  EXPECT_EQ(journal_.newest(id_)->image, "busybox:1");
  EXPECT_EQ(journal_.newest(id_)->memory_limit, 1048576);
  EXPECT_EQ(journal_.newest(id_)->privileged, core::YesNo::kYes);
  EXPECT_EQ(journal_.newest(id_)->source, Source::kDisk);
  EXPECT_EQ(board_.lookups().from_disk, 1U);
  EXPECT_EQ(board_.lookups().from_api, 0U);
  EXPECT_EQ(board_.lookups().pending, 1U);  // an engine may still tell more
  // Asking again while it is pending is nothing new.
  request(id_);
  settle();
  EXPECT_EQ(journal_.reports(id_), 1);

  FakeDocker fake(path_);
  fake.add(id_, "from-engine");
  ASSERT_TRUE(eventually([&] { return board_.lookups().pending == 0; }));
  ASSERT_TRUE(board_.wait_until_settled(milliseconds(10000)));
  EXPECT_EQ(journal_.reports(id_), 2);
  EXPECT_EQ(journal_.newest(id_)->name, "from-engine");
  EXPECT_EQ(journal_.newest(id_)->source, Source::kApi);
  EXPECT_EQ(board_.lookups().from_api, 1U);
}

TEST_F(LocalSourcesTest, AHungEngineHoldsUpNothing) {
  FakeDocker fake(path_);
  fake.hang(true);
  put_docker_state(id_, "from-disk");
  start_timed();
  ASSERT_TRUE(eventually([&] { return fake.connections() >= 1; }));
  request(id_);
  ASSERT_TRUE(eventually([&] { return journal_.reports(id_) == 1; }));
  EXPECT_EQ(journal_.newest(id_)->source, Source::kDisk);
}

TEST_F(LocalSourcesTest, WhatAnEngineToldIsNotReadFromDisk) {
  FakeDocker fake(path_);
  fake.add(id_, "from-engine");
  put_docker_state(id_, "from-disk");
  const std::string bundle = put_bundle(id_);
  start_timed();
  ASSERT_TRUE(board_.wait_until_settled(milliseconds(10000)));
  request(id_);
  read_bundle(id_, bundle);
  ASSERT_TRUE(eventually([&] { return journal_.reports(id_) == 2; }));
  settle();
  EXPECT_EQ(journal_.reports(id_), 2);
  EXPECT_EQ(journal_.newest(id_)->name, "from-engine");
  EXPECT_EQ(board_.lookups().from_disk + board_.lookups().from_bundle, 0U);
}

TEST_F(LocalSourcesTest, StateThatAppearsLateIsFound) {
  timing_.fetch_limit = milliseconds(50);
  start_timed();
  request(id_);
  ASSERT_TRUE(eventually([&] { return board_.lookups().pending == 1; }));
  EXPECT_EQ(journal_.reports(id_), 0);
  put_docker_state(id_, "late");
  EXPECT_TRUE(eventually([&] { return journal_.reports(id_) == 1; }));
}

TEST_F(LocalSourcesTest, SwitchedOffNothingIsRead) {
  config_.local_sources = false;
  put_docker_state(id_, "from-disk");
  const std::string bundle = put_bundle(id_);
  start_timed();
  request(id_);
  read_bundle(id_, bundle);
  settle();
  FakeDocker fake(path_);
  fake.add(id_, "from-engine");
  ASSERT_TRUE(eventually([&] { return journal_.reports(id_) == 1; }));
  EXPECT_EQ(journal_.newest(id_)->name, "from-engine");
}

TEST_F(LocalSourcesTest, ReadsABundleAndWhatCompletesIt) {
  put_docker_state(id_, "from-disk");
  const std::string bundle = put_bundle(id_);
  start_timed();
  read_bundle(id_, bundle);
  ASSERT_TRUE(eventually([&] { return journal_.reports(id_) == 1; }));
  EXPECT_EQ(journal_.newest(id_)->name, "from-disk");
  EXPECT_EQ(board_.lookups().from_bundle, 1U);
  const std::string other = container_id("b2");
  read_bundle(other, put_bundle(other), "told");
  ASSERT_TRUE(eventually([&] { return journal_.reports(other) == 1; }));
  EXPECT_EQ(journal_.newest(other)->name, "told");
  EXPECT_EQ(journal_.newest(other)->user, "7");
  EXPECT_EQ(journal_.newest(other)->source, Source::kBundle);
}

TEST_F(LocalSourcesTest, WhatIsNoBundleIsCountedAndReportedNowhere) {
  const std::string bundle = put_bundle(id_);
  put_docker_state(container_id("c3"), "other", id_);
  start_timed();
  read_bundle(container_id("b2"), bundle);  // another container's
  read_bundle(id_, "/nowhere");             // missing: not even counted
  read_bundle(id_, "relative");             // no path
  read_bundle("../../etc", bundle);         // no id
  request(container_id("c3"));              // state of another container
  ASSERT_TRUE(eventually([&] { return board_.lookups().refused >= 4; }));
  settle();
  EXPECT_TRUE(journal_.entries().empty());
  EXPECT_EQ(log_.count(base::Severity::kInfo, "local sources"), 0);
  EXPECT_GE(log_.count(base::Severity::kDebug, "the place of the container"), 1);
}

TEST_F(LocalSourcesTest, AFuseServerThatDoesNotAnswerHoldsUpNobody) {
  const std::string bundle = put_bundle(id_);
  const std::string other = container_id("b2");
  put_docker_state(other, "from-disk");
  support::SilentFuse fuse(directory_.path() + bundle, true);
  if (!fuse.mounted()) GTEST_SKIP() << "no FUSE here";
  start_timed();
  read_bundle(id_, bundle);
  request(id_);
  request(other);
  const bool found = eventually([&] { return journal_.reports(other) == 1; }, std::chrono::seconds(5));
  const int reports =
      journal_.reports(id_);  // once the server is gone, what lies below its mount may be read
  fuse.abort();
  EXPECT_TRUE(found);
  EXPECT_EQ(reports, 0);
}

}  // namespace
}  // namespace worker
