// What an ordinary user could do to the worker with a socket or a directory of his own: end it, hang it, or
// keep it from the others.
#include <fcntl.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "support/silent_fuse.h"
#include "worker_fixture.h"

namespace worker {
namespace {

namespace fs = std::filesystem;

constexpr int kManyContainers = 20000;
constexpr int kEndless = 600000;  // milliseconds
constexpr std::chrono::seconds kPatient{50};

std::string id_of(int number) {
  return container_id("d" + std::to_string(number) + "x");
}

class Starving : public TimedWorkerTest {
 protected:
  void request(const std::string& id, core::ContainerType hint) {
    boost::asio::post(loop_, [=, this] { followers_->request({id, hint, ""}); });
  }
};

// Each look-up failed at once, and led to the next one on the same stack.
TEST_F(Starving, AnEngineThatDiesWithThousandsOfLookUpsQueued) {
  config_.engine_timeout_ms = kEndless;
  FakeDocker engine(path_);
  engine.hang_inspects(true);
  for (int i = 0; i < kManyContainers; ++i) engine.add(id_of(i), "c");
  start_timed();
  ASSERT_TRUE(eventually([&] { return engine.asked(id_of(0)) > 0; }));
  engine.stop();
  // Thousands of look-ups fail: seconds on a busy machine, more under a sanitizer.
  ASSERT_TRUE(eventually([&] { return !timed_status().connected; }, kPatient));
  // All that the list told is reported, and the next session is as good as the first.
  ASSERT_TRUE(eventually([&] { return timed_status().containers == kManyContainers; }, kPatient));
  engine.hang_inspects(false);
  engine.add(container_id("e1"), "new");
  engine.start();
  EXPECT_TRUE(eventually([&] { return journal_.reports(container_id("e1")) > 0; }));
}

TEST_F(Starving, LookUpsThatAreNeverAnsweredDoNotStopTheOthers) {
  config_.engine_timeout_ms = kEndless;
  FakeDocker engine(path_);
  engine.hang_inspects(true);
  for (int i = 0; i < 8; ++i) engine.add(id_of(i), "c");
  start_timed();
  ASSERT_TRUE(eventually([&] {
    int asked = 0;
    for (int i = 0; i < 8; ++i) asked += engine.asked(id_of(i));
    return asked == 8;
  }));
  engine.hang_inspects(false);  // those eight stay unanswered
  engine.add(id_of(8), "other");
  engine.tell("create", id_of(8), "told");
  EXPECT_TRUE(eventually([&] {
    const auto record = journal_.newest(id_of(8));
    return record != nullptr && record->user == "7";
  }));
}

TEST_F(Starving, AnEngineThatHangsKeepsNoLookUpFromAnother) {
  config_.engine_timeout_ms = kEndless;
  const std::string other = directory_ / "podman.sock";
  config_.podman.enabled = true;
  config_.podman.sockets = {other};
  FakeDocker docker(path_);
  FakeDocker podman(other, FakeDocker::Kind::kPodman);
  start_timed();
  ASSERT_TRUE(board_.wait_until_settled(milliseconds(10000)));
  docker.hang_inspects(true);
  podman.add(container_id("a1"), "one");
  request(container_id("a1"), core::ContainerType::kDocker);
  EXPECT_TRUE(eventually([&] { return journal_.reports(container_id("a1")) == 1; }));
}

TEST_F(WorkerTest, StoppingWaitsForNoFileSystem) {
  config_.docker.enabled = false;
  config_.podman.enabled = true;
  config_.podman.sockets = {"/silent/podman.sock"};
  config_.host_root = directory_.path();
  fs::create_directories(directory_ / "silent");
  support::SilentFuse silent(directory_ / "silent", true);
  if (!silent.mounted()) GTEST_SKIP() << "no FUSE file system can be mounted here";
  start();
  // Its thread is in that file system, or on its way.
  EXPECT_FALSE(worker_->wait_until_listed(milliseconds(300)));
  const auto begin = std::chrono::steady_clock::now();
  worker_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(100));
  worker_.reset();
  const size_t reported = journal_.entries().size();
  silent.abort();
  EXPECT_EQ(journal_.entries().size(), reported);
}

// Programs that Falco starts would have root's engines at hand.
TEST_F(WorkerTest, NoDescriptorIsInherited) {
  const auto descriptors = [] {
    std::vector<int> all;
    for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
      all.push_back(std::stoi(entry.path().filename()));
    }
    return all;
  };
  const std::vector<int> before = descriptors();
  FakeDocker fake(path_);
  fake.add(container_id("a1"), "one");
  start();
  ASSERT_TRUE(worker_->wait_until_listed(milliseconds(10000)));
  int ours = 0;
  for (const int descriptor : descriptors()) {
    if (std::find(before.begin(), before.end(), descriptor) != before.end()) continue;
    const int flags = ::fcntl(descriptor, F_GETFD);
    if (flags < 0) continue;  // that of the directory, which is closed again
    ++ours;
    EXPECT_NE(flags & FD_CLOEXEC, 0) << fs::read_symlink("/proc/self/fd/" + std::to_string(descriptor));
  }
  EXPECT_GT(ours, 2);
}

}  // namespace
}  // namespace worker
