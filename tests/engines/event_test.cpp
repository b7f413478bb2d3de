// Events of both engines: what they mean, and what they tell of the container without asking.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "engines/docker/docker_mapping.h"
#include "engines/inspect_json.h"
#include "engines/podman/podman_mapping.h"
#include "support/recorded.h"

namespace engines {
namespace {

struct Recording {
  const char* file;
  std::span<const std::string_view> (*keys)();
  std::string id;  // of rec1
  std::map<Meaning, int> counts;
};

const Recording kRecordings[] = {
    {"docker-20.10.24/events.jsonl",
     docker::event_keys,
     "bd6b59a3a8433f5df344631f7b0c2f486697d7d0237e75393bee677125117405",
     {{Meaning::kCreated, 3},
      {Meaning::kStarted, 3},
      {Meaning::kChanged, 2},
      {Meaning::kRemoved, 3},
      {Meaning::kConnected, 3},
      {Meaning::kDisconnected, 3}}},
    {"docker-28.5.2/events.jsonl",
     docker::event_keys,
     "3cfb5ca95fbf820f4f76e90c7b9451ee7ca17e9f4179dc68917e628b092e12ba",
     {{Meaning::kCreated, 3},
      {Meaning::kStarted, 3},
      {Meaning::kChanged, 2},
      {Meaning::kRemoved, 3},
      {Meaning::kConnected, 3},
      {Meaning::kDisconnected, 3}}},
    {"podman-4.3.1/libpod-events.jsonl",
     podman::event_keys,
     "ccff5e74cd71d67d102bfc319ceab3e7f6de8a7a48c03228bab5ded898af48aa",
     {{Meaning::kCreated, 5}, {Meaning::kStarted, 5}, {Meaning::kChanged, 1}, {Meaning::kRemoved, 5}}},
    {"podman-5.8.6/libpod-events.jsonl",
     podman::event_keys,
     "ba0be3b66d4a1dd35860164764a73cc5ee6231269f6f1e6ec4182e451bc6a614",
     {{Meaning::kCreated, 5}, {Meaning::kStarted, 5}, {Meaning::kChanged, 2}, {Meaning::kRemoved, 5}}},
};

class RecordedEvents : public testing::TestWithParam<Recording> {};
INSTANTIATE_TEST_SUITE_P(All, RecordedEvents, testing::ValuesIn(kRecordings),
                         [](const auto& chosen) { return "recording" + std::to_string(chosen.index); });

TEST_P(RecordedEvents, MeanWhatHappened) {
  std::istringstream lines(support::recorded(GetParam().file));
  std::map<Meaning, int> counts;
  std::string line;
  while (std::getline(lines, line)) {
    base::Result<Event> event = map_event(line, GetParam().keys(), {});
    ASSERT_TRUE(event.ok()) << event.error();
    EXPECT_GT(event->time_ns, 1795332000000000000);
    ++counts[meaning_of(*event)];
  }
  counts.erase(Meaning::kNothing);
  EXPECT_EQ(counts, GetParam().counts);
}

TEST_P(RecordedEvents, TellWhoIsCreated) {
  std::istringstream lines(support::recorded(GetParam().file));
  std::string line;
  ASSERT_TRUE(std::getline(lines, line));
  base::Result<Event> event = map_event(line, GetParam().keys(), {});
  ASSERT_TRUE(event.ok());
  EXPECT_EQ(meaning_of(*event), Meaning::kCreated);
  const core::Container& container = event->container;
  EXPECT_EQ(container.full_id, GetParam().id);
  EXPECT_EQ(container.name, "rec1");
  EXPECT_EQ(container.image, "example.test/team/enginetest:1.0");
  EXPECT_EQ(container.image_repository, "example.test/team/enginetest");
  EXPECT_EQ(container.image_tag, "1.0");
  // No "name", "image", "podId", "containerExitCode" among them.
  EXPECT_EQ(container.labels, (core::Labels{{"app", "web"},
                                            {"maintainer", "engine tests"},
                                            {"org.example.image", "enginetest"},
                                            {"org.example.tier", "front"}}));
}

TEST(Events, OfNetworksNameTheContainer) {
  const base::Result<Event> docker = map_event(
      R"({"Type":"network","Action":"connect","Actor":{"ID":"f41e","Attributes":{"container":"bd6b",)"
      R"("name":"bridge","type":"bridge"}}})",
      docker::event_keys(), {});
  ASSERT_TRUE(docker.ok());
  EXPECT_EQ(meaning_of(*docker), Meaning::kConnected);
  EXPECT_EQ(docker->id, "bd6b");
  EXPECT_EQ(docker->container.name, "") << "the network's";
  const base::Result<Event> podman = map_event(
      R"({"Type":"network","Action":"disconnect","Actor":{"ID":"ccff","Attributes":{"name":"web"}}})",
      podman::event_keys(), {});
  ASSERT_TRUE(podman.ok());
  EXPECT_EQ(meaning_of(*podman), Meaning::kDisconnected);
  EXPECT_EQ(podman->id, "ccff");
  for (const char* other : {"create", "destroy", "remove", "prune"}) {
    const base::Result<Event> event =
        map_event(std::string(R"({"Type":"network","Action":")") + other + R"(","Actor":{"ID":"f41e"}})",
                  docker::event_keys(), {});
    EXPECT_EQ(meaning_of(*event), Meaning::kNothing) << other << ": of the network itself";
  }
}

TEST(Events, OthersMeanNothing) {
  const auto meaning = [](const std::string& text) {
    base::Result<Event> event = map_event(text, docker::event_keys(), {});
    EXPECT_TRUE(event.ok());
    return event ? meaning_of(*event) : Meaning::kNothing;
  };
  EXPECT_EQ(meaning(R"({"Type":"container","Action":"create","Actor":{"ID":"a1"}})"), Meaning::kCreated);
  EXPECT_EQ(meaning(R"({"Type":"image","Action":"create","Actor":{"ID":"a1"}})"), Meaning::kNothing);
  EXPECT_EQ(meaning(R"({"Type":"container","Action":"health_status: healthy","Actor":{"ID":"a1"}})"),
            Meaning::kNothing);
  EXPECT_EQ(meaning(R"({"Type":"container","Action":"create","Actor":{"ID":"../x"}})"), Meaning::kNothing);
  EXPECT_EQ(meaning(R"({"Type":"container","Action":"create"})"), Meaning::kNothing);
  EXPECT_EQ(meaning("{}"), Meaning::kNothing);
  EXPECT_FALSE(map_event("[]", docker::event_keys(), {}).ok());
  EXPECT_FALSE(map_event("{", docker::event_keys(), {}).ok());
}

TEST(Events, FiltersAreEncodedJson) {
  EXPECT_EQ(event_filters().find_first_of("{}\"[], "), std::string::npos);
  EXPECT_THAT(event_filters(), testing::HasSubstr("%22create%22%2C%22start%22"));
}

TEST(ContainerIds, AreWhatEnginesGiveOut) {
  EXPECT_TRUE(is_container_id("bd6b59a3a843"));
  EXPECT_TRUE(is_container_id(std::string(128, 'a')));
  EXPECT_TRUE(is_container_id("my_name-1.x"));
  for (const std::string& text :
       {std::string(), std::string(129, 'a'), std::string("a/b"), std::string("-a"), std::string("a b"),
        std::string("a\r\nb"), std::string("a?b"), std::string("..")}) {
    EXPECT_FALSE(is_container_id(text)) << text;
  }
}

}  // namespace
}  // namespace engines
