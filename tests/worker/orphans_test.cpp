// Containers whose threads have ended while their engine is away: gone with their cgroup, unless the engine
// says otherwise first.
#include "support/own_cgroup.h"
#include "worker_fixture.h"

namespace worker {
namespace {

using support::OwnCgroup;

class OrphansTest : public TimedWorkerTest {
 protected:
  OrphansTest() {
    timing_.orphans = milliseconds(20);
    timing_.sightings = milliseconds(600000);  // each is reported once
    config_.podman.enabled = true;
    config_.podman.sockets = {other_path_};
    for (const std::string& witness : witnesses_) other_.add(witness, "witness");
  }
  void SetUp() override {
    if (!cgroup_.exists()) GTEST_SKIP() << "no cgroup hierarchy can be written to";
  }
  void start_with(const std::vector<std::string>& ids) {
    for (const std::string& id : ids) fake_.add(id, "known");
    start_timed();
    for (const std::string& id : ids) {
      ASSERT_TRUE(eventually([&] { return journal_.reports(id) == 1; })) << id;
    }
    ASSERT_TRUE(eventually([&] { return journal_.reports(witnesses_.back()) == 1; }));
    other_.stop();
    ASSERT_TRUE(eventually([&] { return !timed_status(other_row()).connected; }));
  }
  size_t docker_row() const { return timed_status(0).engine == "docker" ? 0 : 1; }
  size_t other_row() const { return 1 - docker_row(); }
  void go_away() {
    fake_.stop();
    ASSERT_TRUE(eventually([&] { return !timed_status(docker_row()).connected; }));
  }
  void orphaned(const std::string& id, const std::string& cgroup) {
    boost::asio::post(loop_, [=, this] { followers_->orphaned(id, cgroup); });
  }
  // Lets two looks at the orphans pass: a container of another engine, which is away, goes meanwhile.
  void let_looks_pass() {
    ASSERT_LT(used_, witnesses_.size());
    const std::string& witness = witnesses_[used_++];
    orphaned(witness, cgroup_.path() + "/never");
    ASSERT_TRUE(eventually([&] { return journal_.removals(witness) == 1; })) << witness;
  }

  const std::string id_ = container_id("a1");
  const std::vector<std::string> witnesses_{container_id("f1"), container_id("f2")};
  size_t used_ = 0;
  const std::string other_path_ = directory_ / "podman.sock";
  FakeDocker other_{other_path_, FakeDocker::Kind::kPodman};
  OwnCgroup cgroup_{"orphan"};
  FakeDocker fake_{path_};
};

TEST_F(OrphansTest, GoneWithItsCgroupAndReportedOnce) {
  start_with({id_});
  go_away();
  orphaned(id_, cgroup_.path());
  let_looks_pass();
  EXPECT_EQ(journal_.removals(id_), 0) << "its cgroup is still there";
  cgroup_.remove();
  ASSERT_TRUE(eventually([&] { return journal_.removals(id_) == 1; }));
  orphaned(id_, cgroup_.path());
  let_looks_pass();
  EXPECT_EQ(journal_.removals(id_), 1);
  EXPECT_EQ(timed_status(docker_row()).containers, 0U);
}

TEST_F(OrphansTest, AConnectedEngineDecides) {
  start_with({id_});
  cgroup_.remove();
  orphaned(id_, cgroup_.path());
  let_looks_pass();
  EXPECT_EQ(journal_.removals(id_), 0);
  fake_.remove(id_);
  fake_.tell("destroy", id_);
  EXPECT_TRUE(eventually([&] { return journal_.removals(id_) == 1; }));
}

TEST_F(OrphansTest, TheListOfAnEngineThatIsBackDecides) {
  timing_.orphans = milliseconds(200);
  const std::string gone = container_id("b2");
  start_with({id_, gone});
  go_away();
  cgroup_.remove();
  orphaned(id_, cgroup_.path());
  orphaned(gone, cgroup_.path());
  fake_.remove(gone);
  fake_.start();
  ASSERT_TRUE(eventually([&] { return journal_.removals(gone) == 1; }));
  let_looks_pass();
  EXPECT_EQ(journal_.removals(id_), 0) << "stopped, not removed";
  EXPECT_EQ(journal_.reports(id_), 1);
  EXPECT_EQ(journal_.removals(gone), 1);
}

TEST_F(OrphansTest, PathsThatCannotBeSeenSayNothing) {
  start_with({id_});
  go_away();
  orphaned(id_, "");
  let_looks_pass();
  EXPECT_EQ(journal_.removals(id_), 0);
}

TEST_F(OrphansTest, AReportedRemovalIsForgottenForGood) {
  start_with({id_});
  go_away();
  cgroup_.remove();
  orphaned(id_, cgroup_.path());
  ASSERT_TRUE(eventually([&] { return journal_.removals(id_) == 1; }));
  fake_.remove(id_);
  fake_.add(container_id("b2"), "new");
  fake_.start();
  ASSERT_TRUE(eventually([&] { return journal_.reports(container_id("b2")) == 1; }));
  EXPECT_EQ(journal_.removals(id_), 1) << "the list does not report it again";
}

TEST_F(OrphansTest, AContainerThatItsEngineStillHasComesBackWithTheList) {
  start_with({id_});
  go_away();
  cgroup_.remove();
  orphaned(id_, cgroup_.path());
  ASSERT_TRUE(eventually([&] { return journal_.removals(id_) == 1; }));
  fake_.start();
  EXPECT_TRUE(eventually([&] { return journal_.reports(id_) == 2; }));
}

TEST_F(OrphansTest, ManyAreLookedAtInTurns) {
  std::vector<std::string> ids;
  for (int i = 0; i < 2500; ++i) ids.push_back(container_id("e" + std::to_string(i) + "x"));
  start_with(ids);
  go_away();
  for (const std::string& id : ids) orphaned(id, cgroup_.path() + "/never");
  orphaned(container_id("nobody-knows-it"), cgroup_.path() + "/never");
  // 2500 paths and removals: seconds on a busy machine, more under a sanitizer.
  ASSERT_TRUE(
      eventually([&] { return timed_status(docker_row()).containers == 0; }, std::chrono::seconds(50)));
  for (const std::string& id : ids) ASSERT_EQ(journal_.removals(id), 1) << id;
  EXPECT_EQ(journal_.entries().size(), 2 * ids.size() + witnesses_.size());
}

TEST_F(WorkerTest, OrphansFromAnyThread) {
  FakeDocker fake(path_);
  fake.add(container_id("a1"), "one");
  start();
  ASSERT_TRUE(worker_->wait_until_listed(milliseconds(10000)));
  worker_->orphaned(container_id("a1"), "/never");
  worker_->orphaned("", "");
  worker_->stop();
  worker_->orphaned(container_id("a1"), "/never");
  EXPECT_EQ(journal_.removals(container_id("a1")), 0);
}

}  // namespace
}  // namespace worker
