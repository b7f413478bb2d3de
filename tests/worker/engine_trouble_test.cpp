// Engines in trouble: whatever happens to them, what started meanwhile is known once they are back, and
// nothing is reported twice.
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <iterator>
#include <map>

#include "worker_fixture.h"

namespace worker {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kNobody = 65534;

class EngineTrouble : public TimedWorkerTest {
 protected:
  EngineTrouble() {
    // A list is answered completely before it is reported: then every report but the first is one too many.
    timing_.sightings = milliseconds(600000);
    timing_.reconnect_first = milliseconds(5);
    timing_.reconnect_limit = milliseconds(50);
    timing_.recheck = milliseconds(20);
    timing_.probe = milliseconds(50);
    config_.engine_timeout_ms = 200;
  }

  static std::string id(int number) { return container_id("c" + std::to_string(number) + "x"); }
  static std::string name(int number) { return "name" + std::to_string(number); }
  // Containers [from, to) are started, one event after the other.
  static void run(FakeDocker& engine, int from, int to) {
    for (int i = from; i < to; ++i) {
      engine.add(id(i), name(i), "");
      engine.tell("create", id(i), name(i));
      engine.tell("start", id(i), name(i));
    }
  }
  static void end(FakeDocker& engine, int from, int to) {
    for (int i = from; i < to; ++i) {
      engine.remove(id(i));
      engine.tell("destroy", id(i), name(i));
    }
  }
  bool all_reported(int from, int to) const {
    return eventually([&] {
      for (int i = from; i < to; ++i) {
        const auto record = journal_.newest(id(i));
        if (record == nullptr || record->user != "7") return false;  // only a look-up tells the user
      }
      return true;
    });
  }
  bool all_removed(int from, int to) const {
    return eventually([&] {
      for (int i = from; i < to; ++i) {
        if (journal_.removals(id(i)) == 0) return false;
      }
      return true;
    });
  }
  // Each of [from, to) was reported once and removed `removals` times.
  void expect_each_once(int from, int to, int removals) const {
    for (int i = from; i < to; ++i) EXPECT_EQ(journal_.reports(id(i)), 1) << name(i);
    expect_no_repeats(from, to, removals);
  }
  // The same for look-ups that fail half way: there may have been what the event told, a record without its
  // image's digest, and all; but nothing twice.
  void expect_no_repeats(int from, int to, int removals) const {
    std::map<std::string, std::shared_ptr<const core::Container>> last;
    for (const support::Journal::Entry& entry : journal_.entries()) {
      auto& before = last[entry.container->full_id];
      const bool repeated = !entry.removed && before != nullptr && *before == *entry.container;
      EXPECT_FALSE(repeated) << entry.container->name;
      before = entry.removed ? nullptr : entry.container;
    }
    for (int i = from; i < to; ++i) {
      EXPECT_LE(journal_.reports(id(i)), 3) << name(i);
      EXPECT_EQ(journal_.removals(id(i)), removals) << name(i);
      ASSERT_NE(journal_.newest(id(i)), nullptr) << name(i);
      EXPECT_EQ(journal_.newest(id(i))->name, name(i));
    }
  }
};

TEST_F(EngineTrouble, StartedAfterUs) {
  start_timed();
  ASSERT_TRUE(eventually([&] { return !timed_status().last_error.empty(); }));
  FakeDocker engine(path_);
  run(engine, 0, 20);
  EXPECT_TRUE(all_reported(0, 20));
  end(engine, 0, 20);
  EXPECT_TRUE(all_removed(0, 20));
  expect_each_once(0, 20, 1);
}

TEST_F(EngineTrouble, RestartedInTheMiddleOfAHundredStarts) {
  FakeDocker engine(path_);
  start_timed();
  ASSERT_TRUE(eventually([&] { return timed_status().connected; }));
  run(engine, 0, 40);
  ASSERT_TRUE(all_reported(0, 1));
  engine.stop();  // some are told of, some are being looked up, some are known
  run(engine, 40, 60);
  end(engine, 0, 10);
  engine.start();
  run(engine, 60, 100);
  EXPECT_TRUE(all_reported(10, 100));
  EXPECT_TRUE(eventually([&] { return timed_status().containers == 90; }));
  expect_no_repeats(10, 100, 0);
  end(engine, 10, 100);
  EXPECT_TRUE(all_removed(0, 100)) << "also those that came and went while the engine was away";
  expect_no_repeats(0, 100, 1);
  EXPECT_GE(timed_status().reconnects, 1U);
}

// Connections are kept for the next look-ups, as many as are asked at once, and no more.
TEST_F(EngineTrouble, DescriptorsDoNotGrowWithContainers) {
  const auto descriptors = [] {
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
  };
  FakeDocker engine(path_);
  start_timed();
  ASSERT_TRUE(eventually([&] { return timed_status().listed; }));
  const auto before = descriptors();
  for (int round = 0; round < 3; ++round) {
    run(engine, 100 * round, 100 * round + 100);
    ASSERT_TRUE(all_reported(100 * round, 100 * round + 100));
    end(engine, 100 * round, 100 * round + 100);
    ASSERT_TRUE(all_removed(100 * round, 100 * round + 100));
    // Both ends of them are this process'. While look-ups are slow there may be more of them at once.
    constexpr ptrdiff_t kKept = 2 * static_cast<ptrdiff_t>(engines::kMaxLookups);
    EXPECT_TRUE(eventually([&] { return descriptors() - before <= kKept; }))
        << round << ": " << descriptors() - before;
  }
}

TEST_F(EngineTrouble, WhatWasToldAndNotAnsweredIsReportedWhenASessionEnds) {
  FakeDocker engine(path_);
  start_timed();
  ASSERT_TRUE(eventually([&] { return timed_status().connected; }));
  engine.hang_inspects(true);
  run(engine, 0, 20);  // more than are looked up at once
  ASSERT_TRUE(eventually([&] { return timed_status().events == 40; }));
  engine.stop();
  EXPECT_TRUE(eventually([&] {
    int reported = 0;
    for (int i = 0; i < 20; ++i) reported += journal_.reports(id(i));
    return reported == 20;
  })) << "the engine is away: nobody else tells of them";
  end(engine, 0, 20);
  engine.hang_inspects(false);
  engine.start();
  EXPECT_TRUE(all_removed(0, 20));
  expect_each_once(0, 20, 1);
}

// The list says first that it is gone; the events of the time before it tell of it once more.
TEST_F(EngineTrouble, WhatAListShowsToBeGoneIsNotReportedAnewByOlderEvents) {
  FakeDocker engine(path_);
  start_timed();
  run(engine, 0, 10);
  ASSERT_TRUE(all_reported(0, 10));
  engine.stop();
  for (int i = 0; i < 5; ++i) engine.tell("start", id(i), name(i));
  end(engine, 0, 5);
  engine.start();
  EXPECT_TRUE(all_removed(0, 5));
  run(engine, 10, 11);
  ASSERT_TRUE(all_reported(10, 11)) << "events come in order: the older ones are through";
  expect_each_once(0, 5, 1);
  expect_each_once(5, 11, 0);
}

TEST_F(EngineTrouble, WhatAListShowsToBeGoneMayComeBack) {
  FakeDocker engine(path_);
  start_timed();
  run(engine, 0, 10);
  ASSERT_TRUE(all_reported(0, 10));
  engine.stop();
  end(engine, 0, 5);
  engine.start();
  EXPECT_TRUE(all_removed(0, 5));
  run(engine, 0, 5);
  EXPECT_TRUE(eventually([&] { return timed_status().containers == 10; }));
  EXPECT_TRUE(eventually([&] { return journal_.reports(id(0)) >= 2 && journal_.reports(id(4)) >= 2; }));
  expect_no_repeats(0, 5, 1);
}

TEST_F(EngineTrouble, RestartedOverAndOver) {
  FakeDocker engine(path_);
  start_timed();
  for (int round = 0; round < 10; ++round) {
    run(engine, 10 * round, 10 * round + 10);
    ASSERT_TRUE(eventually([&] { return timed_status().connected; })) << round;
    engine.stop(round % 2 == 0);
    engine.start();
  }
  EXPECT_TRUE(all_reported(0, 100));
  expect_no_repeats(0, 100, 0);
}

TEST_F(EngineTrouble, HungForAWhile) {
  FakeDocker engine(path_);
  start_timed();
  run(engine, 0, 10);
  ASSERT_TRUE(all_reported(0, 10));
  engine.hang(true);
  ASSERT_TRUE(eventually([&] { return !timed_status().connected; }));
  run(engine, 10, 40);
  end(engine, 0, 5);
  // Tried again, and again in vain.
  const int tried = engine.connections();
  ASSERT_TRUE(eventually([&] { return engine.connections() > tried + 2; }));
  EXPECT_EQ(journal_.removals(id(0)), 0) << "one that hangs says nothing of its containers";
  engine.hang(false);
  EXPECT_TRUE(all_reported(10, 40));
  EXPECT_TRUE(all_removed(0, 5));
  expect_each_once(0, 5, 1);
  expect_each_once(5, 40, 0);
  EXPECT_GT(timed_status().timeouts, 0U);
}

TEST_F(EngineTrouble, LookUpsThatHangAreMadeUpFor) {
  timing_.sightings = milliseconds(20);
  FakeDocker engine(path_);
  start_timed();
  ASSERT_TRUE(eventually([&] { return timed_status().connected; }));
  engine.hang_inspects(true);
  run(engine, 0, 30);
  ASSERT_TRUE(eventually([&] { return engine.asked(id(0)) > 1; }));
  engine.hang_inspects(false);
  EXPECT_TRUE(all_reported(0, 30));
  expect_no_repeats(0, 30, 0);
}

TEST_F(EngineTrouble, AnImageThatIsRemovedKeepsItsNames) {
  FakeDocker engine(path_);
  start_timed();
  run(engine, 0, 1);
  ASSERT_TRUE(all_reported(0, 1));
  const std::string digest = journal_.newest(id(0))->image_digest;
  EXPECT_NE(digest, "");
  engine.remove_images();
  engine.stop();  // images are asked for anew in the next session
  engine.start();
  run(engine, 1, 2);
  ASSERT_TRUE(all_reported(1, 2));
  EXPECT_EQ(journal_.newest(id(1))->image_digest, "");
  engine.add(id(0), "renamed", "");
  engine.tell("rename", id(0), "renamed");
  ASSERT_TRUE(eventually([&] { return journal_.newest(id(0))->name == "renamed"; }));
  EXPECT_EQ(journal_.newest(id(0))->image_digest, digest);
}

TEST_F(EngineTrouble, AnsweringGarbageThenHealthy) {
  const std::vector<std::string> garbage{
      "",
      "\n\n\n",
      "SSH-2.0-OpenSSH_9.2\r\n",
      std::string(200000, 'A'),
      "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
      "HTTP/1.1 200 OK\r\nApi-Version: \xff\xfe/../..\r\nContent-Length: 2\r\n\r\nOK"};
  std::atomic<size_t> turn = 0;
  auto liar = std::make_unique<FakePeer>(path_, [&](FakeConnection& connection) {
    if (!connection.read_request().empty()) connection.write(garbage[turn++ % garbage.size()]);
  });
  start_timed();
  ASSERT_TRUE(eventually([&] { return turn > 2 * garbage.size(); }));
  EXPECT_FALSE(timed_status().connected);
  EXPECT_GT(timed_status().errors, 0U);
  EXPECT_TRUE(journal_.entries().empty());
  liar.reset();
  FakeDocker engine(path_);
  run(engine, 0, 20);
  EXPECT_TRUE(all_reported(0, 20));
  expect_each_once(0, 20, 0);
  EXPECT_EQ(timed_status().last_error, "");
}

TEST_F(EngineTrouble, GarbageInTheMiddleLosesNothing) {
  FakeDocker engine(path_);
  start_timed();
  run(engine, 0, 10);
  ASSERT_TRUE(all_reported(0, 10));
  engine.stop();
  std::atomic<int> lies = 0;
  {
    // Healthy but for the list.
    FakePeer liar(path_, [&](FakeConnection& connection) {
      for (std::string target = connection.read_request(); !target.empty();
           target = connection.read_request()) {
        if (target == "/_ping") {
          connection.answer(200, "OK", "Api-Version: 1.41\r\n");
        } else if (target.find("/events?") != std::string::npos) {
          connection.begin_chunked();
        } else {
          connection.answer(200, lies++ % 2 == 0 ? R"({"Id":7})" : R"([{"Id":"../x"},[]]])");
        }
      }
    });
    ASSERT_TRUE(eventually([&] { return lies > 3; }));
  }
  EXPECT_EQ(journal_.removals(id(0)), 0) << "a broken list says nothing";
  end(engine, 0, 5);
  run(engine, 10, 20);
  engine.start();
  EXPECT_TRUE(all_reported(10, 20));
  EXPECT_TRUE(all_removed(0, 5));
  expect_each_once(0, 5, 1);
  expect_each_once(5, 20, 0);
}

TEST_F(EngineTrouble, TheSocketIsReplacedByAnotherInode) {
  FakeDocker first(path_);
  start_timed();
  run(first, 0, 10);
  ASSERT_TRUE(all_reported(0, 10));
  // The engine that comes in its place knows the same containers, one less, ten more.
  const std::string aside = directory_ / "aside.sock";
  FakeDocker second(aside);
  for (int i = 1; i < 20; ++i) second.add(id(i), name(i), "");
  fs::rename(aside, path_);
  EXPECT_TRUE(all_reported(10, 20));
  EXPECT_TRUE(all_removed(0, 1));
  expect_each_once(0, 1, 1);
  expect_each_once(1, 20, 0);
  run(second, 20, 30);
  EXPECT_TRUE(all_reported(20, 30));
  expect_each_once(20, 30, 0);
}

// The worker's thread of these tests is nobody's, to whom permissions apply.
class WithoutPermission : public EngineTrouble {
 protected:
  WithoutPermission() { ::chmod(directory_.path().c_str(), 0755); }  // mkdtemp makes it private
  void start_as_nobody() {
    followers_.emplace(loop_.get_executor(), config_, journal_, board_, log_.logger(), timing_);
    followers_->run();
    thread_ = std::thread([this] {
      // The system call itself changes this thread only; libc's function would change all. Not root's: as is.
      if (::geteuid() == 0) ::syscall(SYS_setresuid, kNobody, kNobody, kNobody);
      loop_.run();
    });
  }
};

TEST_F(WithoutPermission, TakenAwayFromTheSocketAndGivenBack) {
  FakeDocker engine(path_);
  ::chmod(path_.c_str(), 0666);
  start_as_nobody();
  run(engine, 0, 10);
  ASSERT_TRUE(all_reported(0, 10));
  ::chmod(path_.c_str(), 0000);
  engine.stop(false);  // connections end with the daemon that lost them
  engine.start();
  ::chmod(path_.c_str(), 0000);
  ASSERT_TRUE(eventually([&] { return timed_status().last_error.find("permission") != std::string::npos; }));
  run(engine, 10, 20);
  EXPECT_THAT(timed_status().last_error, HasSubstr(path_));
  EXPECT_EQ(
      log_.count(base::Severity::kWarning, "no permission to connect to " + path_ + ": run Falco as root"),
      1);
  EXPECT_EQ(journal_.removals(id(0)), 0);
  ::chmod(path_.c_str(), 0666);
  EXPECT_TRUE(all_reported(10, 20));
  expect_each_once(0, 20, 0);
}

TEST_F(WithoutPermission, ADirectoryThatMayNotBeEntered) {
  const std::string closed = directory_ / "closed";
  fs::create_directory(closed);
  const std::string path = closed + "/docker.sock";
  config_.docker.sockets = {path};
  FakeDocker engine(path);
  ::chmod(path.c_str(), 0666);
  ::chmod(closed.c_str(), 0000);
  start_as_nobody();
  ASSERT_TRUE(eventually([&] { return timed_status().last_error.find("permission") != std::string::npos; }));
  run(engine, 0, 10);
  EXPECT_EQ(log_.count(base::Severity::kWarning), 1);
  EXPECT_EQ(log_.count(base::Severity::kWarning, path), 1);
  EXPECT_EQ(engine.connections(), 0);
  ::chmod(closed.c_str(), 0755);
  EXPECT_TRUE(all_reported(0, 10));
  expect_each_once(0, 10, 0);
  EXPECT_EQ(log_.count(base::Severity::kWarning), 1);
  EXPECT_EQ(log_.count(base::Severity::kInfo, "following " + path), 1);
}

TEST_F(WithoutPermission, AMissingSocketIsStillNoProblem) {
  start_as_nobody();
  ASSERT_TRUE(eventually([&] { return !timed_status().last_error.empty(); }));
  EXPECT_THAT(timed_status().last_error, HasSubstr("there is no " + path_));
  EXPECT_EQ(log_.count(base::Severity::kInfo), 0);
}

}  // namespace
}  // namespace worker
