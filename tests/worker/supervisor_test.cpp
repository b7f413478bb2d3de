// The life of a connection: sockets that come late, go, hang, are replaced; what is reported, once.
#include <sys/stat.h>

#include <filesystem>

#include "worker_fixture.h"

namespace worker {
namespace {

namespace fs = std::filesystem;

TEST_F(WorkerTest, ReportsWhatRunsBeforeItIsWaitedFor) {
  FakeDocker fake(path_);
  fake.add(container_id("a1"), "one");
  fake.add(container_id("b2"), "two");
  start();
  EXPECT_TRUE(worker_->wait_until_listed(milliseconds(10000)));
  ASSERT_NE(journal_.newest(container_id("a1")), nullptr);
  const core::Container record = *journal_.newest(container_id("a1"));
  EXPECT_EQ(record.name, "one");
  EXPECT_EQ(record.user, "7");  // only inspect tells it
  EXPECT_EQ(record.type, core::ContainerType::kDocker);
  EXPECT_EQ(record.source, core::Source::kApi);
  EXPECT_EQ(record.image_digest, "sha256:aa");
  EXPECT_EQ(journal_.reports(container_id("a1")), 1);
  EXPECT_EQ(journal_.reports(container_id("b2")), 1);
  const SocketStatus seen = status();
  EXPECT_TRUE(seen.connected);
  EXPECT_EQ(seen.engine, "docker");
  EXPECT_EQ(seen.path, path_);
  EXPECT_EQ(seen.last_error, "");
  EXPECT_EQ(seen.containers, 2U);
}

TEST_F(WorkerTest, WaitsForNothingWhenThereIsNoSocket) {
  start();
  EXPECT_TRUE(worker_->wait_until_listed(milliseconds(10000)));
  EXPECT_FALSE(status().connected);
  EXPECT_THAT(status().last_error, HasSubstr(path_));
  EXPECT_EQ(log_.count(base::Severity::kInfo), 0);
}

TEST_F(WorkerTest, WaitsForNothingWhenAllIsOff) {
  config_.docker.enabled = false;
  start();
  EXPECT_TRUE(worker_->wait_until_listed(milliseconds(10000)));
  EXPECT_TRUE(worker_->sockets().empty());
}

TEST_F(WorkerTest, FollowsEvents) {
  FakeDocker fake(path_);
  start();
  ASSERT_TRUE(worker_->wait_until_listed(milliseconds(10000)));
  const std::string id = container_id("c3");
  fake.add(id, "first", "");
  fake.tell("create", id);
  ASSERT_TRUE(eventually([&] { return journal_.reports(id) == 1; }));
  EXPECT_EQ(journal_.newest(id)->ip, "");
  fake.add(id, "first", "172.17.0.5");
  fake.tell("start", id);
  ASSERT_TRUE(eventually([&] { return journal_.reports(id) == 2; }));
  EXPECT_EQ(journal_.newest(id)->ip, "172.17.0.5");
  fake.add(id, "second", "172.17.0.5");
  fake.tell("rename", id);
  ASSERT_TRUE(eventually([&] { return journal_.reports(id) == 3; }));
  EXPECT_EQ(journal_.newest(id)->name, "second");
  // Nothing changed: nothing is reported. Then it goes.
  fake.tell("update", id);
  fake.remove(id);
  fake.tell("destroy", id);
  ASSERT_TRUE(eventually([&] { return journal_.removals(id) == 1; }));
  EXPECT_EQ(journal_.reports(id), 3);
  EXPECT_EQ(journal_.entries().back().container->name, "second");
  EXPECT_TRUE(eventually([&] { return status().events == 5; }));
  EXPECT_EQ(status().containers, 0U);
}

// Docker lists a container's mounts in another order each time.
TEST_F(WorkerTest, MountsInAnotherOrderAreNoNews) {
  const std::string logs = R"({"Type":"bind","Source":"/logs","Destination":"/l","RW":true})";
  const std::string data = R"({"Type":"bind","Source":"/data","Destination":"/d","RW":false})";
  FakeDocker fake(path_);
  fake.set_mounts(logs + ',' + data);
  const std::string id = container_id("a0");
  const std::string marker = container_id("a9");
  fake.add(id, "mounting");
  start();
  ASSERT_TRUE(worker_->wait_until_listed(milliseconds(10000)));
  ASSERT_EQ(journal_.newest(id)->mounts.size(), 2U);
  fake.set_mounts(data + ',' + logs);
  fake.tell("update", id);
  ASSERT_TRUE(eventually([&] { return fake.asked(id) == 2; }));
  // The marker is asked for later, so it is reported later.
  fake.add(marker, "marker");
  fake.tell("create", marker);
  ASSERT_TRUE(eventually([&] { return journal_.reports(marker) == 1; }));
  EXPECT_EQ(journal_.reports(id), 1);
  // Another mount is news, in whatever order.
  fake.set_mounts(data + ',' + data);
  fake.tell("update", id);
  ASSERT_TRUE(eventually([&] { return journal_.reports(id) == 2; }));
  EXPECT_EQ(journal_.newest(id)->mounts[1].source, "/data");
  // And so is another name, with the mounts in another order at the same time.
  fake.set_mounts(logs + ',' + data);
  fake.tell("update", id);
  ASSERT_TRUE(eventually([&] { return journal_.reports(id) == 3; }));
  fake.set_mounts(data + ',' + logs);
  fake.add(id, "renamed");
  fake.tell("rename", id);
  ASSERT_TRUE(eventually([&] { return journal_.reports(id) == 4; }));
  EXPECT_EQ(journal_.newest(id)->name, "renamed");
}

TEST_F(WorkerTest, AContainerThatIsGoneBeforeItIsAskedForIsReportedAllTheSame) {
  FakeDocker fake(path_);
  start();
  ASSERT_TRUE(worker_->wait_until_listed(milliseconds(10000)));
  const std::string id = container_id("dd");
  fake.tell("create", id, "short");
  ASSERT_TRUE(eventually([&] { return journal_.reports(id) == 1; }));
  EXPECT_EQ(journal_.newest(id)->name, "short");
  EXPECT_EQ(journal_.newest(id)->image_repository, "busybox");
  EXPECT_EQ(journal_.newest(id)->labels.at("app"), "told");
  EXPECT_EQ(journal_.newest(id)->type, core::ContainerType::kDocker);
  fake.tell("destroy", id);
  ASSERT_TRUE(eventually([&] { return journal_.removals(id) == 1; }));
}

TEST_F(WorkerTest, WhatAnEventToldNeverReplacesARecord) {
  FakeDocker fake(path_);
  const std::string id = container_id("ee");
  fake.add(id, "known");
  start();
  ASSERT_TRUE(worker_->wait_until_listed(milliseconds(10000)));
  fake.remove(id);
  fake.tell("update", id, "poorer");
  fake.tell("create", container_id("ef"));
  ASSERT_TRUE(eventually([&] { return journal_.reports(container_id("ef")) == 1; }));
  EXPECT_EQ(journal_.reports(id), 1);
  EXPECT_EQ(journal_.newest(id)->name, "known");
}

TEST_F(WorkerTest, WithoutTheCreateHookOnlyAStartCounts) {
  config_.hook_create = false;
  config_.hook_start = true;
  FakeDocker fake(path_);
  start();
  ASSERT_TRUE(worker_->wait_until_listed(milliseconds(10000)));
  const std::string id = container_id("c3");
  fake.add(id, "x");
  fake.tell("create", id);
  fake.tell("pause", id);
  ASSERT_TRUE(eventually([&] { return status().events == 2; }));
  EXPECT_EQ(fake.asked("/containers/" + id), 0);
  fake.tell("start", id);
  EXPECT_TRUE(eventually([&] { return journal_.reports(id) == 1; }));
}

TEST_F(WorkerTest, ConnectsWithinASecondOfASocketsAppearing) {
  const std::string late = directory_ / "run/engine/docker.sock";
  config_.docker.sockets = {late};
  start();
  ASSERT_TRUE(worker_->wait_until_listed(milliseconds(10000)));
  fs::create_directories(fs::path(late).parent_path());
  FakeDocker fake(late);
  fake.add(container_id("a1"), "one");
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(eventually([&] { return status().connected; }));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(1000));
}

TEST_F(WorkerTest, NothingIsLostWhileTheEngineIsAway) {
  FakeDocker fake(path_);
  const std::string stays = container_id("aa"), goes = container_id("bb"), comes = container_id("cc");
  fake.add(stays, "stays");
  fake.add(goes, "goes");
  start();
  ASSERT_TRUE(worker_->wait_until_listed(milliseconds(10000)));
  fake.stop();
  ASSERT_TRUE(eventually([&] { return !status().connected; }));
  EXPECT_EQ(journal_.removals(stays), 0);  // an engine that is away says nothing of its containers
  fake.remove(goes);
  fake.add(comes, "comes");
  fake.start();
  ASSERT_TRUE(connected());
  ASSERT_TRUE(eventually([&] { return journal_.reports(comes) == 1; }));
  ASSERT_TRUE(eventually([&] { return journal_.removals(goes) == 1; }));
  EXPECT_EQ(journal_.reports(stays), 1);  // unchanged: not reported again
  EXPECT_EQ(journal_.removals(stays), 0);
  EXPECT_EQ(status().reconnects, 1U);
}

TEST_F(WorkerTest, AsksForTheEventsThatItMissed) {
  FakeDocker fake(path_);
  start();
  ASSERT_TRUE(worker_->wait_until_listed(milliseconds(10000)));
  fake.tell("create", container_id("a1"));
  ASSERT_TRUE(eventually([&] { return journal_.reports(container_id("a1")) == 1; }));
  fake.stop();
  ASSERT_TRUE(eventually([&] { return !status().connected; }));
  // Came and went: no list will ever show it.
  fake.tell("create", container_id("b2"), "missed");
  fake.tell("destroy", container_id("b2"));
  fake.start();
  ASSERT_TRUE(eventually([&] { return journal_.removals(container_id("b2")) == 1; }));
  EXPECT_EQ(journal_.newest(container_id("b2"))->name, "missed");
}

TEST_F(WorkerTest, TwoPathsToOneSocketAreOneConnection) {
  FakeDocker fake(path_);
  fake.add(container_id("a1"), "one");
  fs::create_symlink(path_, directory_ / "link.sock");
  fs::create_hard_link(path_, directory_ / "hard.sock");
  config_.docker.sockets = {path_, directory_ / "link.sock", directory_ / "hard.sock"};
  start();
  ASSERT_TRUE(worker_->wait_until_listed(milliseconds(10000)));
  EXPECT_EQ(journal_.reports(container_id("a1")), 1);
  // Events are asked for before the list, on a connection of their own, which the peer may come to later.
  EXPECT_TRUE(eventually([&] { return fake.asked("/events") > 0; }));
  EXPECT_EQ(fake.asked("/events"), 1);
  ASSERT_EQ(worker_->sockets().size(), 3U);
  EXPECT_FALSE(status(1).connected);
  EXPECT_THAT(status(1).last_error, HasSubstr(path_));
}

TEST_F(WorkerTest, DockersPathThatLeadsToPodmanIsPodmans) {
  const std::string podman = directory_ / "podman.sock";
  FakeDocker fake(podman, FakeDocker::Kind::kPodman);
  fake.add(container_id("a1"), "one");
  fs::create_symlink(podman, path_);
  config_.podman.enabled = true;
  config_.podman.sockets = {podman};
  start();
  ASSERT_TRUE(worker_->wait_until_listed(milliseconds(10000)));
  ASSERT_EQ(journal_.reports(container_id("a1")), 1);
  EXPECT_EQ(journal_.newest(container_id("a1"))->type, core::ContainerType::kPodman);
  EXPECT_EQ(journal_.newest(container_id("a1"))->name, "/one");  // as Podman tells it
}

// One engine's path may lead to another's socket: neither keeps it from the other by trying.
TEST_F(WorkerTest, ASocketBelongsToTheEngineThatAnswers) {
  FakeDocker fake(path_);
  fake.add(container_id("a1"), "one");
  config_.podman.enabled = true;
  config_.podman.sockets = {path_};
  start();
  EXPECT_TRUE(eventually([&] { return journal_.reports(container_id("a1")) == 1; }));
  EXPECT_EQ(journal_.newest(container_id("a1"))->type, core::ContainerType::kDocker);
}

TEST_F(WorkerTest, AUsersLinkTakesNoSocketFromRoot) {
  FakeDocker fake(directory_ / "docker.sock");
  fake.add(container_id("a1"), "one");
  config_.podman.enabled = true;
  config_.podman_user_sockets = true;
  config_.host_root = directory_.path();
  config_.docker.sockets = {"/docker.sock"};
  fs::create_directories(directory_ / "run/user/4242/podman");
  fs::create_symlink("/docker.sock", directory_ / "run/user/4242/podman/podman.sock");
  start();
  ASSERT_TRUE(worker_->wait_until_listed(milliseconds(10000)));
  EXPECT_EQ(journal_.reports(container_id("a1")), 1);
  EXPECT_EQ(worker_->sockets().size(), 1U);
  EXPECT_EQ(fake.asked("libpod"), 0);
}

// A user shares his directory with root's Docker: a hard link in the place of his Podman's socket.
TEST_F(WorkerTest, AUsersSocketGivesWayToRoots) {
  FakeDocker fake(directory_ / "docker.sock", FakeDocker::Kind::kPodman);
  fake.add(container_id("a1"), "one");
  config_.docker.enabled = false;
  config_.podman.enabled = true;
  config_.podman_user_sockets = true;
  config_.host_root = directory_.path();
  fs::create_directories(directory_ / "run/user/4242/podman");
  fs::create_hard_link(directory_ / "docker.sock", directory_ / "run/user/4242/podman/podman.sock");
  config_.podman.sockets = {"/later.sock"};
  start();
  ASSERT_TRUE(eventually([&] { return journal_.reports(container_id("a1")) == 1; }));
  fs::create_symlink("docker.sock", directory_ / "later.sock");
  EXPECT_TRUE(connected(0));
  EXPECT_TRUE(eventually([&] { return !status(1).connected; }));
  EXPECT_THAT(status(1).last_error, HasSubstr("later.sock"));
}

TEST_F(WorkerTest, ASocketOfAnotherKindIsNamedOnce) {
  FakePeer peer(path_, [](FakeConnection& c) {
    while (!c.read_request().empty()) c.answer(404, R"({"message":"nothing here"})");
  });
  start();
  EXPECT_TRUE(worker_->wait_until_listed(milliseconds(10000)));
  ASSERT_TRUE(eventually([&] { return peer.connections() >= 3; }));
  EXPECT_EQ(log_.count(base::Severity::kWarning), 1);
  EXPECT_EQ(log_.count(base::Severity::kWarning, path_), 1);
  EXPECT_THAT(status().last_error, HasSubstr("nothing here"));
}

TEST_F(WorkerTest, PathsBelowHostRoot) {
  fs::create_directories(directory_ / "host/run");
  fs::create_directories(directory_ / "host/var");
  fs::create_symlink("/run", directory_ / "host/var/run");
  FakeDocker fake(directory_ / "host/run/docker.sock");
  fake.add(container_id("a1"), "one");
  config_.host_root = directory_ / "host";
  config_.docker.sockets = {"/var/run/docker.sock"};
  start();
  ASSERT_TRUE(worker_->wait_until_listed(milliseconds(10000)));
  EXPECT_EQ(journal_.reports(container_id("a1")), 1);
  EXPECT_EQ(status().path, directory_ / "host/var/run/docker.sock");
}

TEST_F(WorkerTest, FollowsTheSocketsOfUsersWhoComeLater) {
  config_.docker.enabled = false;
  config_.podman.enabled = true;
  config_.podman_user_sockets = true;
  config_.host_root = directory_.path();
  start();
  ASSERT_TRUE(worker_->wait_until_listed(milliseconds(10000)));
  EXPECT_TRUE(worker_->sockets().empty());
  const std::string home = directory_ / "run/user/1000";
  fs::create_directories(home + "/podman");
  auto fake = std::make_unique<FakeDocker>(home + "/podman/podman.sock", FakeDocker::Kind::kPodman);
  fake->add(container_id("a1"), "one");
  ASSERT_TRUE(eventually([&] { return journal_.reports(container_id("a1")) == 1; }));
  fs::create_directories(directory_ / "run/user/not-a-uid");
  ASSERT_EQ(worker_->sockets().size(), 1U);
  EXPECT_EQ(status().path, home + "/podman/podman.sock");
  // The user leaves, and with him his containers.
  fake.reset();
  fs::remove_all(home);
  EXPECT_TRUE(eventually([&] { return journal_.removals(container_id("a1")) == 1; }));
  EXPECT_TRUE(eventually([&] { return worker_->sockets().empty(); }));
}

TEST_F(TimedWorkerTest, ASilentSessionIsProbed) {
  timing_.probe = milliseconds(50);
  config_.engine_timeout_ms = 100;
  FakeDocker fake(path_);
  start_timed();
  ASSERT_TRUE(eventually([&] { return timed_status().connected && fake.asked("/_ping") >= 3; }));
  EXPECT_EQ(timed_status().reconnects, 0U);
  fake.hang_pings(true);  // the stream stays open, and nobody is there
  ASSERT_TRUE(eventually([&] { return !timed_status().connected; }));
  EXPECT_THAT(timed_status().last_error, HasSubstr("100 ms"));
  EXPECT_GT(timed_status().timeouts, 0U);
  fake.hang_pings(false);
  EXPECT_TRUE(eventually([&] { return timed_status().connected; }));
}

TEST_F(TimedWorkerTest, ASocketThatIsReplacedIsFollowedInItsPlace) {
  timing_.probe = milliseconds(600000);
  FakeDocker first(path_);
  first.add(container_id("a1"), "one");
  start_timed();
  ASSERT_TRUE(eventually([&] { return journal_.reports(container_id("a1")) == 1; }));
  // The old process keeps its connections; the path leads to another one.
  const std::string aside = directory_ / "aside.sock";
  FakeDocker second(aside);
  second.add(container_id("b2"), "two");
  fs::rename(aside, path_);
  ASSERT_TRUE(eventually([&] { return journal_.reports(container_id("b2")) == 1; }));
  EXPECT_TRUE(eventually([&] { return journal_.removals(container_id("a1")) == 1; }));
}

TEST_F(TimedWorkerTest, ALongListIsReportedBeforeItIsLookedUp) {
  timing_.sightings = milliseconds(50);
  FakeDocker fake(path_);
  fake.hang_inspects(true);
  for (int i = 0; i < 50; ++i)
    fake.add(container_id("f" + std::to_string(i) + "x"), "/c" + std::to_string(i));
  start_timed();
  ASSERT_TRUE(eventually([&] { return journal_.entries().size() >= 50; }));
  const auto record = journal_.newest(container_id("f7x"));
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->name, "c7");
  EXPECT_EQ(record->image_repository, "busybox");
  EXPECT_EQ(record->user, "");
  // What a list does not tell is not known; only inspect tells it.
  EXPECT_EQ(record->source, core::Source::kSighting);
  EXPECT_EQ(record->privileged, core::YesNo::kUnknown);
  EXPECT_EQ(record->host_pid, core::YesNo::kUnknown);
  EXPECT_EQ(record->memory_limit, std::nullopt);
  EXPECT_EQ(record->cpu_shares, std::nullopt);
  EXPECT_FALSE(board_.wait_until_settled(milliseconds(0)));
}

TEST_F(TimedWorkerTest, ALookUpThatFailsIsTriedAgain) {
  timing_.sightings = milliseconds(20);
  config_.engine_timeout_ms = 50;
  FakeDocker fake(path_);
  const std::string id = container_id("a1");
  fake.add(id, "/one");
  fake.hang_inspects(true);
  start_timed();
  ASSERT_TRUE(eventually([&] { return fake.asked(id) >= 2; }));
  EXPECT_EQ(journal_.reports(id), 1);
  fake.hang_inspects(false);
  ASSERT_TRUE(eventually([&] { return journal_.reports(id) == 2; }));
  EXPECT_EQ(journal_.newest(id)->user, "7");
  EXPECT_TRUE(board_.wait_until_settled(milliseconds(1000)));
}

TEST_F(TimedWorkerTest, ManyContainersAreLookedUpAFewAtATime) {
  FakeDocker fake(path_);
  for (int i = 0; i < 500; ++i) fake.add(container_id("e" + std::to_string(i) + "x"), "c");
  start_timed();
  ASSERT_TRUE(board_.wait_until_settled(milliseconds(20000)));
  EXPECT_EQ(timed_status().containers, 500U);
  // One for events, one for the list and the look-ups of each line.
  EXPECT_LE(fake.connections(), 2 + static_cast<int>(engines::kMaxLookups));
}

}  // namespace
}  // namespace worker
