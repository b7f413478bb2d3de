// Look-ups on demand: found, forgotten, given up when the cgroup goes; each asked for once at a time.
#include <filesystem>

#include "worker_fixture.h"

namespace worker {
namespace {

namespace fs = std::filesystem;

class FetcherTest : public TimedWorkerTest {
 protected:
  void request(const std::string& id, core::ContainerType hint = core::ContainerType::kDocker,
               const std::string& cgroup = "") {
    boost::asio::post(loop_, [=, this] { followers_->request({id, hint, cgroup}); });
  }
  void forget(const std::string& id) {
    boost::asio::post(loop_, [=, this] { followers_->forget(id); });
  }
  void start_connected(FakeDocker& fake) {
    (void)fake;
    start_timed();
    ASSERT_TRUE(board_.wait_until_settled(milliseconds(10000)));
  }
};

TEST_F(FetcherTest, FindsWhatNoEventTold) {
  FakeDocker fake(path_);
  start_connected(fake);
  const std::string id = container_id("a1");
  fake.add(id, "quiet");
  request(id);
  ASSERT_TRUE(eventually([&] { return journal_.reports(id) == 1; }));
  EXPECT_EQ(journal_.newest(id)->name, "quiet");
  ASSERT_TRUE(eventually([&] { return board_.lookups().pending == 0; }));
  EXPECT_EQ(board_.lookups().asked, 1U);
  EXPECT_EQ(board_.lookups().found, 1U);
  EXPECT_EQ(board_.lookups().failed, 0U);
}

TEST_F(FetcherTest, AsksAgainUntilItIsThere) {
  FakeDocker fake(path_);
  start_connected(fake);
  const std::string id = container_id("a1");
  request(id);
  request(id);
  ASSERT_TRUE(eventually([&] { return fake.asked(id) >= 3; }));
  EXPECT_EQ(board_.lookups().pending, 1U);
  EXPECT_EQ(board_.lookups().asked, 1U);
  fake.add(id, "late");
  EXPECT_TRUE(eventually([&] { return journal_.reports(id) == 1; }));
}

TEST_F(FetcherTest, ForgetsOnRequest) {
  FakeDocker fake(path_);
  start_connected(fake);
  const std::string id = container_id("a1");
  request(id);
  ASSERT_TRUE(eventually([&] { return fake.asked(id) >= 1; }));
  forget(id);
  forget(container_id("never-asked-for"));
  ASSERT_TRUE(eventually([&] { return board_.lookups().pending == 0; }));
  EXPECT_EQ(board_.lookups().found, 0U);
  EXPECT_EQ(board_.lookups().failed, 0U);
}

TEST_F(FetcherTest, AsksTheEngineHintedAtFirst) {
  const std::string other = directory_ / "podman.sock";
  config_.podman.enabled = true;
  config_.podman.sockets = {other};
  FakeDocker docker(path_);
  FakeDocker podman(other, FakeDocker::Kind::kPodman);
  start_connected(docker);
  const std::string one = container_id("a1"), two = container_id("b2");
  docker.add(one, "one");
  podman.add(two, "two");
  request(one, core::ContainerType::kDocker);
  ASSERT_TRUE(eventually([&] { return journal_.reports(one) == 1; }));
  EXPECT_EQ(podman.asked(one), 0);
  // A wrong hint costs a detour only.
  request(two, core::ContainerType::kDocker);
  ASSERT_TRUE(eventually([&] { return journal_.reports(two) == 1; }));
  EXPECT_GE(docker.asked(two), 1);
}

TEST_F(FetcherTest, WhatIsKnownIsToldAgain) {
  FakeDocker fake(path_);
  const std::string id = container_id("a1");
  fake.add(id, "known");
  start_connected(fake);
  ASSERT_EQ(journal_.reports(id), 1);
  const int asked = fake.asked(id);
  request(id);
  ASSERT_TRUE(eventually([&] { return journal_.reports(id) == 2; }));
  EXPECT_EQ(fake.asked(id), asked);
}

TEST_F(FetcherTest, AnEngineThatConnectsLaterAnswersByItsList) {
  start_timed();
  const std::string id = container_id("a1");
  request(id);
  ASSERT_TRUE(eventually([&] { return board_.lookups().pending == 1; }));
  FakeDocker fake(path_);
  fake.add(id, "listed");
  ASSERT_TRUE(eventually([&] { return journal_.reports(id) >= 1; }));
  EXPECT_TRUE(eventually([&] { return board_.lookups().found == 1; }));
}

TEST_F(FetcherTest, GivesUpWhenTheCgroupIsGone) {
  // Any cgroup hierarchy will do; there is none in some sandboxes.
  std::string made;
  const std::string name = "container-test-" + std::to_string(::getpid());
  for (const char* tree :
       {"/sys/fs/cgroup/freezer", "/sys/fs/cgroup/pids", "/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
    std::error_code error;
    if (fs::create_directory(fs::path(tree) / name, error)) {
      made = std::string(tree) + "/" + name;
      break;
    }
  }
  if (made.empty()) GTEST_SKIP() << "no cgroup hierarchy can be written to";
  FakeDocker fake(path_);
  start_connected(fake);
  const std::string id = container_id("a1");
  request(id, core::ContainerType::kDocker, "/" + name);
  // A cgroup that was never seen says nothing: that one is asked for on and on.
  request(container_id("b2"), core::ContainerType::kDocker, "/" + name + "/never");
  const bool asked = eventually([&] { return fake.asked(id) >= 2; });
  EXPECT_EQ(board_.lookups().failed, 0U);
  fs::remove(made);
  ASSERT_TRUE(asked);
  ASSERT_TRUE(eventually([&] { return board_.lookups().failed == 1; }));
  EXPECT_EQ(board_.lookups().pending, 1U);
}

TEST_F(FetcherTest, BoundsWhatIsPending) {
  start_timed();
  for (int i = 0; i < 5000; ++i) request(container_id("p" + std::to_string(i) + "x"));
  ASSERT_TRUE(eventually([&] { return board_.lookups().asked == 5000; }));
  EXPECT_EQ(board_.lookups().pending, 4096U);
  EXPECT_EQ(board_.lookups().failed, 5000U - 4096U);
}

TEST_F(FetcherTest, IdsThatAreNoneAreNotAskedFor) {
  FakeDocker fake(path_);
  start_connected(fake);
  for (const char* id : {"", "../x", "a b", "a\nb"}) request(id);
  request(container_id("ok"));
  ASSERT_TRUE(eventually([&] { return fake.asked(container_id("ok")) >= 1; }));
  EXPECT_EQ(board_.lookups().asked, 1U);
}

}  // namespace
}  // namespace worker
