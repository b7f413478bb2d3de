// What the worker learns between two calls of the host, through the C interface and with an engine.
#include <gtest/gtest.h>

#include <string>

#include "api/events.h"
#include "core/limits.h"
#include "plugin_host.h"
#include "support/eventually.h"
#include "support/fake_docker.h"
#include "support/temp_dir.h"

namespace test {
namespace {

// A host that follows one Docker engine, which hears nothing of it before open().
class Mail : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(host_.ok()) << host_.error();
    host_.open(true);
    ASSERT_TRUE(support::eventually([&] { return engine_.asked("/containers/json") > 0; }));
  }
  const support::TempDir directory_;
  const std::string path_ = directory_ / "docker.sock";
  support::FakeDocker engine_{path_};
  PluginHost host_{
      R"({"engines":{"docker":{"sockets":[")" + path_ +
      R"("]},"podman":{"enabled":false},"containerd":{"enabled":false},"cri":{"enabled":false}}})"};
};

TEST_F(Mail, AContainerThatCameAndWentIsKnownToItsLateEvents) {
  for (const char* action : {"create", "start", "destroy"}) engine_.tell(action, kIdA, "short-lived");
  // Asked for after all of that was heard; the plugin has not been called since.
  engine_.add(kIdB, "later");
  engine_.tell("start", kIdB, "later");
  ASSERT_TRUE(support::eventually([&] { return engine_.asked(kIdB) > 0; }));

  const auto late = host::make_clone_exit(api::kEventCloneExit, thread(10, docker_cgroup(kIdA)), kStart);
  EXPECT_EQ(host_.ask(late, "container.name"), "short-lived");
  EXPECT_EQ(host_.ask(10, "container.image"), "busybox:1.36");
  EXPECT_EQ(host_.ask(10, "container.id"), "aaaaaaaaaaaa");
}

// What one call takes over is bounded; what the call's own event needs comes first.
TEST_F(Mail, WhatAnEventNeedsDoesNotWaitForItsTurn) {
  constexpr int kMany = 10 * core::limits::kMailPerCall;
  const auto id = [](int number) { return std::string(60, 'e') + std::to_string(1000 + number); };
  for (int number = 0; number < kMany; ++number) {
    engine_.add(id(number), "name" + std::to_string(number));
    engine_.tell("start", id(number), "name" + std::to_string(number));
  }
  // What has been told to the host waits in the mailbox as well: the plugin has not been called.
  ASSERT_TRUE(support::eventually([&] { return host_.instance().queue().size() >= kMany; }));
  for (const int number : {kMany - 1, kMany / 2, 0}) {
    const auto event =
        host::make_clone_exit(api::kEventCloneExit, thread(10 + number, docker_cgroup(id(number))), kStart);
    EXPECT_EQ(host_.ask(event, "container.name"), "name" + std::to_string(number));
  }
}

}  // namespace
}  // namespace test
