// Events that describe a container: the async ones and the three of old captures. Spec: docs/event-json.md.
#include <gtest/gtest.h>

#include "api/events.h"
#include "core/container_json.h"
#include "plugin_host.h"

namespace {

using test::docker_cgroup;
using test::kIdA;
using test::kIdB;
using test::kNoValue;
using test::kSecond;
using test::kStart;
using test::PluginHost;

class ContainerEvents : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(host_.ok()) << host_.error();
    host_.put(test::thread(10, docker_cgroup(kIdA)));
    host_.open();
  }
  PluginHost host_;
};

TEST_F(ContainerEvents, AllFormsTellTheSame) {
  const std::string json = core::to_json(test::full_container(kIdA));
  for (const auto& event : {host::make_async(kStart, "container", json),
                            host::make_container_json(api::kEventContainerJson, kStart, json),
                            host::make_container_json(api::kEventContainerJson2, kStart, json)}) {
    PluginHost host;
    host.put(test::thread(10, docker_cgroup(kIdA)));
    host.open();
    ASSERT_TRUE(host.feed(event));
    EXPECT_EQ(host.ask(10, "container.image.tag"), "1.2");
    EXPECT_EQ(host.ask(10, "container.label[app]"), "web");
  }
}

TEST_F(ContainerEvents, OldestFormHasFourParameters) {
  ASSERT_TRUE(host_.feed(host::make_container(kStart, "aaaaaaaaaaaa", 0, "old", "host:5000/img:7")));
  EXPECT_EQ(host_.ask(10, "container.name"), "old");
  EXPECT_EQ(host_.ask(10, "container.image"), "host:5000/img:7");
  EXPECT_EQ(host_.ask(10, "container.image.repository"), "host:5000/img");
  EXPECT_EQ(host_.ask(10, "container.image.tag"), "7");
  EXPECT_EQ(host_.ask(10, "container.id"), "aaaaaaaaaaaa");
  EXPECT_EQ(host_.ask(10, "container.full_id"), kIdA);
}

// What a capture knows by its short id only is completed by the cgroup of its threads, removed or not.
TEST_F(ContainerEvents, TheCgroupCompletesAShortId) {
  ASSERT_TRUE(host_.feed(host::make_container(kStart, "bbbbbbbbbbbb", 0, "old", "img:7")));
  const auto child = test::thread(11, docker_cgroup(kIdB));
  EXPECT_EQ(host_.ask(host::make_clone_exit(api::kEventCloneExit, child, kStart), "container.full_id"), kIdB);
  EXPECT_EQ(host_.ask(11, "container.name"), "old");

  const std::string other = "c" + kIdB.substr(1);
  ASSERT_TRUE(host_.feed(host::make_container(kStart, other.substr(0, 12), 0, "gone", "img:7")));
  ASSERT_TRUE(host_.feed(host::make_async(kStart, "container_removed",
                                          R"({"container":{"id":")" + other.substr(0, 12) + R"("}})")));
  const auto late = test::thread(12, docker_cgroup(other));
  EXPECT_EQ(host_.ask(host::make_clone_exit(api::kEventCloneExit, late, kStart), "container.name"), "gone");
  ASSERT_TRUE(host_.feed(host::make_procexit(99, kStart + 31 * kSecond)));
  EXPECT_EQ(host_.ask(12, "container.name"), kNoValue) << "still gone after the grace period";
}

TEST_F(ContainerEvents, UnknownKeysNullsAndMissingKeysAreFine) {
  ASSERT_TRUE(host_.feed(host::make_async(
      kStart, "container",
      R"({"container":{"type":7,"id":"aaaaaaaaaaaa","full_id":")" + kIdA +
          R"(","name":"n","pod_sandbox_labels":null,"Mounts":null,"env":null,"surprise":{"a":[1,2]},"lookup_state":1}})")));
  EXPECT_EQ(host_.ask(10, "container.name"), "n");
  EXPECT_EQ(host_.ask(10, "container.type"), "containerd");
  EXPECT_EQ(host_.ask(10, "container.image"), kNoValue);
  EXPECT_EQ(host_.ask(10, "container.privileged"), "false");
}

TEST_F(ContainerEvents, AnswerAboutThemselvesBeforeAndAfterTheyAreParsed) {
  const auto event = host::make_async(kStart, "container", core::to_json(test::full_container(kIdB)));
  EXPECT_EQ(host_.ask_before_parsing(event, "container.name"), "web");
  EXPECT_EQ(host_.ask_before_parsing(event, "container.id"), "bbbbbbbbbbbb");
  EXPECT_EQ(host_.ask(event, "container.name"), "web");
  const auto removed =
      host::make_async(kStart, "container_removed", core::to_json(test::full_container(kIdB)));
  EXPECT_EQ(host_.ask(removed, "container.name"), "web");
}

TEST_F(ContainerEvents, BrokenPayloadsAreRefusedCountedAndSaidOnce) {
  ASSERT_TRUE(host_.announce(test::full_container(kIdA)));
  const char* const broken[] = {"",
                                "{",
                                "[]",
                                "null",
                                R"({"container":7})",
                                R"({"container":{"name":"x"}})",
                                R"({"container":{"id":"","full_id":""}})"};
  for (const char* json : broken) {
    EXPECT_FALSE(host_.feed(host::make_async(kStart, "container", json))) << json;
  }
  EXPECT_FALSE(host_.feed(host::make_async(kStart, "container", std::string(100'000, '['))));
  EXPECT_FALSE(host_.feed(host::EventBuilder(api::kEventContainer, 0, kStart).text("id").text("x").build()));
  EXPECT_EQ(host_.metric("events_refused"), 9u);
  EXPECT_EQ(host_.ask(10, "container.name"), "web");
  size_t lines = 0;
  for (const std::string& line : host_.log()) lines += line.find("refused") != std::string::npos ? 1 : 0;
  EXPECT_EQ(lines, 1u);
}

TEST_F(ContainerEvents, AsyncEventsOfOtherPluginsAreNone) {
  EXPECT_TRUE(host_.feed(host::make_async(kStart, "k8s", "no json at all")));
  EXPECT_EQ(host_.metric("events_refused"), 0u);
}

TEST_F(ContainerEvents, RemovedContainersResolveForTheGracePeriod) {
  const core::Container container = test::full_container(kIdA);
  ASSERT_TRUE(host_.announce(container));
  host_.set_now(kStart + 1);
  ASSERT_TRUE(host_.announce_removed(container));
  EXPECT_EQ(host_.ask(10, "container.name"), "web");
  host_.set_now(kStart + 1 + 29 * kSecond);
  ASSERT_TRUE(host_.feed(host::make_procexit(99, host_.now())));
  EXPECT_EQ(host_.ask(10, "container.name"), "web");
  host_.set_now(kStart + 1 + 30 * kSecond);
  ASSERT_TRUE(host_.feed(host::make_procexit(99, host_.now())));
  EXPECT_EQ(host_.ask(10, "container.name"), kNoValue);
  EXPECT_EQ(host_.ask(10, "container.id"), "aaaaaaaaaaaa");
}

TEST_F(ContainerEvents, APoorerEventErasesNothing) {
  ASSERT_TRUE(host_.announce(test::full_container(kIdA)));
  core::Container poor;
  poor.type = core::ContainerType::kDocker;
  poor.full_id = kIdA;
  poor.source = core::Source::kSighting;
  ASSERT_TRUE(host_.announce(poor));
  // Other plugins do not say how much of the engine's answer theirs is.
  ASSERT_TRUE(host_.feed(
      host::make_async(kStart, "container", R"({"container":{"type":0,"id":")" + kIdA + R"("}})")));
  EXPECT_EQ(host_.ask(10, "container.name"), "web");
  EXPECT_EQ(host_.ask(10, "container.image.digest"), "sha256:00ff");
  // What is not in the engine's whole answer is not there.
  poor.source = core::Source::kApi;
  ASSERT_TRUE(host_.announce(poor));
  EXPECT_EQ(host_.ask(10, "container.name"), kNoValue);
  EXPECT_EQ(host_.ask(10, "container.image.digest"), kNoValue);
}

TEST_F(ContainerEvents, BigNumbersSurvive) {
  core::Container container = test::full_container(kIdA);
  container.memory_limit = 5'368'709'120;
  ASSERT_TRUE(host_.announce(container));
  const auto dump = host_.instance().dump_state();
  ASSERT_TRUE(dump.ok()) << dump.error();
  ASSERT_EQ(dump->size(), 1u);
  const std::string text(reinterpret_cast<const char*>(dump->front().data()), dump->front().size());
  EXPECT_NE(text.find("\"memory_limit\":5368709120"), std::string::npos);
}

TEST(CacheMax, OldestGoFirstAndComeBackByTheirCgroup) {
  PluginHost host(R"({"cache_max":2})");
  ASSERT_TRUE(host.ok()) << host.error();
  for (int64_t i = 0; i < 4; ++i) {
    std::string id = kIdA;
    id[0] = static_cast<char>('0' + i);
    host.put(test::thread(100 + i, docker_cgroup(id)));
  }
  host.open();
  EXPECT_EQ(host.metric("n_containers"), 2u);
  EXPECT_EQ(host.metric("cache_evictions"), 2u);
  for (int64_t i = 0; i < 4; ++i) {
    EXPECT_EQ(host.ask(100 + i, "container.id"), std::to_string(i) + "aaaaaaaaaaa");
  }
}

}  // namespace
