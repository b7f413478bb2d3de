// Engines of whose API a part fails while the rest works: what can be known is known, the engine's own reason
// is said once, and the rest is found as soon as it can be.
#include "worker_fixture.h"

namespace worker {
namespace {

constexpr const char* kBrokenContainer = "failed to read config content: content digest sha256:77: not found";
// Above the limit of one answer.
constexpr size_t kTooLarge = size_t{17} * 1024 * 1024;

bool asks_for(const std::string& target, std::string_view part) {
  return target.find(part) != std::string::npos;
}

class PartlyWorking : public TimedWorkerTest {
 protected:
  PartlyWorking() {
    timing_.pace.without_events = milliseconds(20);
    timing_.pace.silent = milliseconds(600000);
    timing_.pace.heard = milliseconds(600000);
    timing_.pace.retry_first = milliseconds(20);
    timing_.pace.retry_limit = milliseconds(100);
    timing_.pace.whole_first = milliseconds(50);
    timing_.pace.whole_limit = milliseconds(50);
    timing_.pace.events_first = milliseconds(50);
    timing_.pace.events_limit = milliseconds(50);
    timing_.pace.share = 0;
    timing_.reconnect_first = milliseconds(5);
    timing_.sightings = milliseconds(20);
    config_.engine_timeout_ms = 1000;
  }
  bool known(const std::string& id, const std::string& name) const {
    return eventually([&] {
      const auto record = journal_.newest(id);
      return record != nullptr && record->name == name &&
             record->user == "7";  // only a look-up tells the user
    });
  }
  bool removed(const std::string& id) const {
    return eventually([&] { return journal_.removals(id) > 0; });
  }
  bool in_trouble(const std::string& words) const {
    return eventually([&] { return timed_status().trouble.find(words) != std::string::npos; });
  }
};

// How a request is answered in place of what was asked for.
struct Failure {
  const char* name;
  bool (*answer)(FakeConnection&);
  const char* words;  // of the engine, as the log has them
};

bool forbids(FakeConnection& c) {
  return c.answer(403, "<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n");
}
bool fails(FakeConnection& c) {
  return c.answer(500, R"({"message":"log driver gone: no such file"})");
}
bool has_none_as_podman(FakeConnection& c) {
  c.begin_chunked();
  c.chunk(R"({"cause":"cannot read events with the \"none\" backend","response":500})");
  return c.write("0\r\n\r\n");
}
bool has_none_as_podman_4(FakeConnection& c) {
  c.begin_chunked();
  c.chunk(R"({"cause":"none","message":"cannot read events with the \"none\" backend","response":500})"
          "\n");
  return c.write("0\r\n\r\n");
}
bool ends_at_once(FakeConnection& c) {
  c.begin_chunked();
  return c.write("0\r\n\r\n");
}
bool sends_garbage(FakeConnection& c) {
  c.begin_chunked();
  return c.chunk("<!doctype html>");
}
bool sends_a_broken_object(FakeConnection& c) {
  c.begin_chunked();
  return c.chunk("{\"Type\":}");
}
bool says_null(FakeConnection& c) {
  return c.answer(200, "null");
}
bool is_cut_off(FakeConnection& c) {
  return c.answer(200, R"([{"Id":"a1)");
}
bool says_nothing(FakeConnection& c) {
  return c.answer(200, "");
}
bool is_too_large(FakeConnection& c) {
  return c.answer(200, std::string(kTooLarge, ' '));
}
bool breaks_on_one_container(FakeConnection& c) {
  return c.answer(500, std::string(R"({"message":")") + kBrokenContainer + "\"}");
}
bool never_answers(FakeConnection& c) {
  c.hold();
  return true;
}

constexpr Failure kEventFailures[] = {
    {"forbids", forbids, "Request forbidden by administrative rules."},
    {"fails", fails, "answered 500: log driver gone: no such file"},
    {"has_none_as_podman", has_none_as_podman, "cannot read events with the \"none\" backend"},
    {"has_none_as_podman_4", has_none_as_podman_4, "cannot read events with the \"none\" backend"},
    {"ends_at_once", ends_at_once, "ended the stream"},
    {"sends_garbage", sends_garbage, "no JSON object"},
    {"sends_a_broken_object", sends_a_broken_object, "event"},
};

class WithoutEvents : public PartlyWorking, public testing::WithParamInterface<Failure> {};
INSTANTIATE_TEST_SUITE_P(All, WithoutEvents, testing::ValuesIn(kEventFailures),
                         [](const auto& chosen) { return chosen.param.name; });

TEST_P(WithoutEvents, ListsTell) {
  FakeDocker engine(path_);
  engine.set_fault([](FakeConnection& c, const std::string& target) {
    return asks_for(target, "/events?") && GetParam().answer(c);
  });
  engine.add(container_id("a1"), "before");
  start_timed();
  EXPECT_TRUE(known(container_id("a1"), "before"));
  EXPECT_TRUE(in_trouble(GetParam().words)) << timed_status().trouble;
  EXPECT_TRUE(timed_status().connected);
  EXPECT_TRUE(timed_status().listed);
  engine.add(container_id("b2"), "after", "");
  EXPECT_TRUE(known(container_id("b2"), "after"));
  engine.add(container_id("b2"), "after", "172.17.0.9");
  EXPECT_TRUE(eventually([&] { return journal_.newest(container_id("b2"))->ip == "172.17.0.9"; }));
  engine.add(container_id("b2"), "renamed", "172.17.0.9");
  EXPECT_TRUE(known(container_id("b2"), "renamed"));
  engine.remove(container_id("a1"));
  EXPECT_TRUE(removed(container_id("a1")));
  EXPECT_GT(engine.asked("/events?"), 1) << "they may work another time";
  EXPECT_EQ(log_.count(base::Severity::kWarning), 1);
  EXPECT_EQ(log_.count(base::Severity::kWarning, GetParam().words), 1);
  EXPECT_EQ(timed_status().reconnects, 0U);
  EXPECT_EQ(journal_.reports(container_id("a1")), 1);
  // As soon as there are events again they tell.
  engine.set_fault(nullptr);
  const int asked = engine.asked("/events?");
  ASSERT_TRUE(eventually([&] { return engine.asked("/events?") > asked; }));
  engine.tell("update", container_id("b2"));
  EXPECT_TRUE(eventually([&] { return timed_status().trouble.empty(); }));
  EXPECT_EQ(log_.count(base::Severity::kInfo, "tells of events again"), 1);
}

constexpr Failure kListFailures[] = {
    {"breaks_on_one_container", breaks_on_one_container, kBrokenContainer},
    {"forbids", forbids, "answered 403"},
    {"says_null", says_null, "array"},
    {"is_cut_off", is_cut_off, "container list"},
    {"says_nothing", says_nothing, "container list"},
    {"is_too_large", is_too_large, "larger than"},
    {"never_answers", never_answers, "no whole answer"},
};

class WithoutWholeList : public PartlyWorking, public testing::WithParamInterface<Failure> {
 protected:
  FakeDocker::Fault fault_of(std::string_view part) {
    return [part](FakeConnection& c, const std::string& target) {
      return asks_for(target, part) && GetParam().answer(c);
    };
  }
};
INSTANTIATE_TEST_SUITE_P(All, WithoutWholeList, testing::ValuesIn(kListFailures),
                         [](const auto& chosen) { return chosen.param.name; });

TEST_P(WithoutWholeList, ThoseThatRunAreListed) {
  FakeDocker engine(path_);
  engine.set_fault(fault_of("all=true"));
  engine.add(container_id("a1"), "runs");
  engine.add(container_id("e1"), "exited");
  engine.end(container_id("e1"));
  start_timed();
  EXPECT_TRUE(known(container_id("a1"), "runs"));
  EXPECT_TRUE(in_trouble(GetParam().words)) << timed_status().trouble;
  EXPECT_TRUE(timed_status().connected);
  EXPECT_TRUE(timed_status().listed);
  EXPECT_TRUE(board_.wait_until_settled(milliseconds(20000)));
  EXPECT_EQ(journal_.reports(container_id("e1")), 0);
  // Events and look-ups on demand tell of what no list shows.
  engine.add(container_id("b2"), "told", "");
  engine.tell("create", container_id("b2"));
  EXPECT_TRUE(known(container_id("b2"), "told"));
  engine.remove(container_id("b2"));
  engine.tell("destroy", container_id("b2"));
  EXPECT_TRUE(removed(container_id("b2")));
  EXPECT_EQ(log_.count(base::Severity::kWarning), 1);
  EXPECT_EQ(log_.count(base::Severity::kWarning, GetParam().words), 1);
  // The whole list is asked for again.
  engine.set_fault(nullptr);
  EXPECT_TRUE(known(container_id("e1"), "exited"));
  EXPECT_TRUE(eventually([&] { return timed_status().trouble.empty(); }));
  EXPECT_EQ(log_.count(base::Severity::kInfo, "lists all containers again"), 1);
  EXPECT_EQ(journal_.reports(container_id("a1")), 1) << "what the smaller list told is not looked up again";
  EXPECT_EQ(timed_status().reconnects, 0U);
}

TEST_P(WithoutWholeList, NoListAtAllLeavesEventsAndLookUps) {
  FakeDocker engine(path_);
  engine.set_fault(fault_of("/containers/json"));
  engine.add(container_id("a1"), "before");
  start_timed();
  EXPECT_TRUE(in_trouble(GetParam().words)) << timed_status().trouble;
  EXPECT_TRUE(board_.wait_until_settled(milliseconds(20000)));
  EXPECT_TRUE(timed_status().connected);
  EXPECT_FALSE(timed_status().listed);
  engine.add(container_id("b2"), "told");
  engine.tell("start", container_id("b2"));
  EXPECT_TRUE(known(container_id("b2"), "told"));
  boost::asio::post(loop_, [&] {
    followers_->request({container_id("a1"), core::ContainerType::kDocker, ""});
  });
  EXPECT_TRUE(known(container_id("a1"), "before")) << "asked for on demand";
  EXPECT_EQ(log_.count(base::Severity::kWarning), 1);
  engine.set_fault(nullptr);
  EXPECT_TRUE(eventually([&] { return timed_status().listed; }));
  EXPECT_TRUE(eventually([&] { return timed_status().trouble.empty(); }));
  EXPECT_EQ(timed_status().reconnects, 0U);
}

// A proxy that lets nothing through but inspect.
TEST_F(PartlyWorking, WithNeitherEventsNorListsLookUpsAreLeft) {
  FakeDocker engine(path_);
  engine.set_fault([](FakeConnection& c, const std::string& target) {
    return (asks_for(target, "/events?") || asks_for(target, "/containers/json")) && forbids(c);
  });
  engine.add(container_id("a1"), "one");
  start_timed();
  EXPECT_TRUE(board_.wait_until_settled(milliseconds(20000)));
  EXPECT_TRUE(in_trouble("/events")) << timed_status().trouble;
  EXPECT_TRUE(in_trouble("/containers/json")) << timed_status().trouble;
  boost::asio::post(loop_, [&] {
    followers_->request({container_id("a1"), core::ContainerType::kDocker, ""});
  });
  EXPECT_TRUE(known(container_id("a1"), "one"));
  EXPECT_TRUE(timed_status().connected);
  EXPECT_EQ(log_.count(base::Severity::kWarning), 2);
  engine.stop();
  EXPECT_TRUE(eventually([&] { return !timed_status().connected; })) << "nobody is there";
}

// Five thousand that run: even their list is too large for one answer.
TEST_F(PartlyWorking, ThoseThatRunAreListedInPages) {
  constexpr int kContainers = 1201;
  FakeDocker engine(path_);
  engine.set_fault([](FakeConnection& c, const std::string& target) {
    return asks_for(target, "/containers/json") && !asks_for(target, "limit=") && is_too_large(c);
  });
  for (int i = 0; i < kContainers; ++i) engine.add(container_id(std::to_string(100000 + i)), "c");
  engine.add(container_id("e1"), "exited");
  engine.end(container_id("e1"));
  start_timed();
  EXPECT_TRUE(eventually([&] { return timed_status().containers == kContainers; }));
  EXPECT_EQ(journal_.reports(container_id("e1")), 0);
}

TEST_F(PartlyWorking, WhatAListOfSomeDoesNotShowIsAskedFor) {
  timing_.pace.heard = milliseconds(20);
  FakeDocker engine(path_);
  engine.add(container_id("a1"), "removed");
  engine.add(container_id("a2"), "ended");
  start_timed();
  ASSERT_TRUE(known(container_id("a1"), "removed"));
  ASSERT_TRUE(known(container_id("a2"), "ended"));
  engine.set_fault(
      [](FakeConnection& c, const std::string& target) { return asks_for(target, "all=true") && fails(c); });
  engine.tell("update", container_id("a1"));
  ASSERT_TRUE(in_trouble("log driver gone"));
  engine.end(container_id("a2"));
  engine.remove(container_id("a1"));  // and no event tells of it
  EXPECT_TRUE(removed(container_id("a1")));
  EXPECT_EQ(journal_.removals(container_id("a2")), 0) << "it exists";
}

TEST_F(PartlyWorking, AnEventThatNeverCameCostsAMinuteAndNotALife) {
  timing_.pace.heard = milliseconds(30);
  FakeDocker engine(path_);
  engine.add(container_id("a1"), "one");
  start_timed();
  ASSERT_TRUE(known(container_id("a1"), "one"));
  engine.tell("update", container_id("a1"));
  ASSERT_TRUE(eventually([&] { return timed_status().events == 1; }));
  engine.remove(container_id("a1"));
  engine.add(container_id("b2"), "two");
  EXPECT_TRUE(known(container_id("b2"), "two"));
  EXPECT_TRUE(removed(container_id("a1")));
  EXPECT_EQ(journal_.reports(container_id("b2")), 1);
  const int inspected = engine.asked("/containers/" + container_id("b2"));
  const int lists = engine.asked("all=true");
  ASSERT_TRUE(eventually([&] { return engine.asked("all=true") > lists + 3; }));
  EXPECT_EQ(engine.asked("/containers/" + container_id("b2")), inspected) << "nothing changed";
}

// An engine walks a container's files for its size, which may never end.
class WithSize : public PartlyWorking {
 protected:
  WithSize() {
    config_.with_size = true;
    config_.engine_timeout_ms = 200;
    timing_.pace.size_first = milliseconds(5);
    timing_.pace.size_limit = milliseconds(5);
  }
};

TEST_F(WithSize, ASizeThatNeverComesCostsTheSizeAndNothingElse) {
  FakeDocker engine(path_);
  engine.set_fault([](FakeConnection& c, const std::string& target) {
    return asks_for(target, "size=true") && asks_for(target, container_id("a1")) && never_answers(c);
  });
  engine.add(container_id("a1"), "endless");
  start_timed();
  EXPECT_TRUE(known(container_id("a1"), "endless"));
  engine.add(container_id("b2"), "next");
  engine.tell("start", container_id("b2"));
  EXPECT_TRUE(known(container_id("b2"), "next"));
  EXPECT_TRUE(eventually([&] { return journal_.newest(container_id("b2"))->size == 4711; }))
      << "the others have theirs";
  EXPECT_EQ(journal_.newest(container_id("a1"))->size, -1);
}

TEST_F(WithSize, ALaterLookUpKeepsTheSize) {
  FakeDocker engine(path_);
  engine.add(container_id("a1"), "one");
  start_timed();
  ASSERT_TRUE(known(container_id("a1"), "one"));
  ASSERT_TRUE(eventually([&] { return journal_.newest(container_id("a1"))->size == 4711; }));
  engine.set_fault(
      [](FakeConnection& c, const std::string& target) { return asks_for(target, "size=true") && fails(c); });
  engine.add(container_id("a1"), "renamed");
  engine.tell("rename", container_id("a1"));
  EXPECT_TRUE(known(container_id("a1"), "renamed"));
  EXPECT_EQ(journal_.newest(container_id("a1"))->size, 4711);
}

class NetworkChanges : public PartlyWorking {
 protected:
  bool at(const std::string& id, const std::string& address) const {
    return eventually([&] {
      const auto record = journal_.newest(id);
      return record != nullptr && record->ip == address;
    });
  }
};

TEST_F(NetworkChanges, AreSeenByTheContainerAndByWhoSharesItsNetwork) {
  FakeDocker engine(path_);
  engine.add(container_id("a1"), "owner", "172.18.0.2");
  engine.add(container_id("b2"), "sharer");
  engine.share_network(container_id("b2"), container_id("a1"));
  start_timed();
  ASSERT_TRUE(at(container_id("a1"), "172.18.0.2"));
  ASSERT_TRUE(at(container_id("b2"), "172.18.0.2"));
  engine.add(container_id("a1"), "owner", "");
  engine.tell_network("disconnect", container_id("a1"));
  EXPECT_TRUE(at(container_id("a1"), "")) << "it runs, without a network";
  EXPECT_TRUE(at(container_id("b2"), ""));
  engine.add(container_id("a1"), "owner", "172.19.0.3");
  engine.tell_network("connect", container_id("a1"));
  EXPECT_TRUE(at(container_id("a1"), "172.19.0.3"));
  EXPECT_TRUE(at(container_id("b2"), "172.19.0.3"));
  // A start gives it another address as well.
  engine.add(container_id("a1"), "owner", "172.19.0.4");
  engine.tell("start", container_id("a1"));
  EXPECT_TRUE(at(container_id("b2"), "172.19.0.4"));
}

TEST_F(NetworkChanges, TheEndOfAContainerTakesNoAddress) {
  FakeDocker engine(path_);
  engine.add(container_id("a1"), "one", "172.18.0.2");
  start_timed();
  ASSERT_TRUE(at(container_id("a1"), "172.18.0.2"));
  engine.end(container_id("a1"));
  const int asked = engine.asked("/containers/" + container_id("a1"));
  engine.tell_network("disconnect", container_id("a1"));
  ASSERT_TRUE(eventually([&] { return engine.asked("/containers/" + container_id("a1")) > asked; }));
  engine.add(container_id("b2"), "later");
  engine.tell("create", container_id("b2"));
  ASSERT_TRUE(known(container_id("b2"), "later"));
  EXPECT_EQ(journal_.newest(container_id("a1"))->ip, "172.18.0.2");
  EXPECT_EQ(journal_.reports(container_id("a1")), 1);
}

TEST_F(NetworkChanges, OneThatTheEngineDoesNotKnowIsNoContainer) {
  FakeDocker engine(path_);
  start_timed();
  ASSERT_TRUE(eventually([&] { return timed_status().listed; }));
  engine.tell_network("connect", container_id("c3"));
  engine.add(container_id("b2"), "later");
  engine.tell("create", container_id("b2"));
  ASSERT_TRUE(known(container_id("b2"), "later"));
  EXPECT_EQ(journal_.reports(container_id("c3")), 0);
}

// A container that ended keeps what it was known by: late events of it are still to come.
TEST_F(PartlyWorking, AListThatShowsItsEndTakesNoAddress) {
  timing_.pace.silent = milliseconds(20);
  FakeDocker engine(path_);
  engine.add(container_id("a1"), "one", "172.17.0.7");
  start_timed();
  ASSERT_TRUE(known(container_id("a1"), "one"));
  engine.end(container_id("a1"));
  const int lists = engine.asked("all=true");
  ASSERT_TRUE(eventually([&] { return engine.asked("all=true") > lists + 2; }));
  EXPECT_EQ(journal_.newest(container_id("a1"))->ip, "172.17.0.7");
}

}  // namespace
}  // namespace worker
