// proc.is_container_*: only what the engine starts from outside is a probe.
#include <gtest/gtest.h>

#include "api/events.h"
#include "plugin_host.h"

namespace {

using test::docker_cgroup;
using test::kIdA;
using test::PluginHost;

class ProbeFields : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(host_.ok()) << host_.error();
    host_.put(test::thread(1, "/"));
    add(50, 1, "/", 50, "containerd-shim", {});
    add(100, 50, docker_cgroup(kIdA), 1, "app", {});
    host_.open();
    ASSERT_TRUE(host_.announce(test::full_container(kIdA)));
  }
  // A process that has just executed a program.
  void add(int64_t tid, int64_t ptid, const std::string& cgroup, int64_t vpid, const char* exe,
           std::vector<std::string> args) {
    host::ThreadData data = test::thread(tid, cgroup, ptid);
    data.vpid = data.vtid = vpid;
    data.exe = exe;
    data.args = std::move(args);
    host_.put(data);
    host_.feed(host::make_exec_exit(api::kEventExecve19Exit, data, test::kStart));
  }
  PluginHost host_;
};

TEST_F(ProbeFields, TheHealthcheckAndWhatItStarts) {
  add(200, 50, docker_cgroup(kIdA), 7, "/bin/sh", {"-c", "test -e /ok"});
  add(201, 200, docker_cgroup(kIdA), 8, "test", {"-e", "/ok"});
  EXPECT_EQ(host_.ask(200, "proc.is_container_healthcheck"), "true");
  EXPECT_EQ(host_.ask(201, "proc.is_container_healthcheck"), "true");
  EXPECT_EQ(host_.ask(200, "proc.is_container_liveness_probe"), "false");
  EXPECT_EQ(host_.ask(100, "proc.is_container_healthcheck"), "false");
}

// Podman runs a check of its own until the container has started.
TEST_F(ProbeFields, AStartupHealthcheckIsOne) {
  core::Container container = test::full_container(kIdA);
  container.startup_healthcheck = core::Probe{"/started", {"--yet"}};
  ASSERT_TRUE(host_.announce(container));
  add(200, 50, docker_cgroup(kIdA), 7, "/started", {"--yet"});
  EXPECT_EQ(host_.ask(200, "proc.is_container_healthcheck"), "true");
  EXPECT_EQ(host_.ask(200, "container.healthcheck"), "/bin/sh -c test -e /ok");
}

// Docker's CMD-SHELL with words behind its line.
TEST_F(ProbeFields, WordsBehindTheLineAreArguments) {
  core::Container container = test::full_container(kIdA);
  container.healthcheck = core::Probe{"/bin/sh", {"-c", "sleep 0.4; true", "first", "second"}};
  ASSERT_TRUE(host_.announce(container));
  add(200, 50, docker_cgroup(kIdA), 7, "/bin/sh", {"-c", "sleep 0.4; true", "first", "second"});
  EXPECT_EQ(host_.ask(200, "proc.is_container_healthcheck"), "true");
}

TEST_F(ProbeFields, TheSameCommandFromInsideIsNone) {
  add(300, 100, docker_cgroup(kIdA), 9, "/bin/sh", {"-c", "test -e /ok"});
  EXPECT_EQ(host_.ask(300, "proc.is_container_healthcheck"), "false");
}

TEST_F(ProbeFields, OtherArgumentsAreNone) {
  add(200, 50, docker_cgroup(kIdA), 7, "/bin/sh", {"-c"});
  add(201, 50, docker_cgroup(kIdA), 8, "/bin/sh", {"-c", "test -e /ok", "more"});
  add(202, 50, docker_cgroup(kIdA), 9, "/bin/sh", {"-c", "test -e /other"});
  for (const int64_t tid : {200, 201, 202}) {
    EXPECT_EQ(host_.ask(tid, "proc.is_container_healthcheck"), "false") << tid;
  }
}

TEST_F(ProbeFields, LivenessAndReadiness) {
  add(200, 50, docker_cgroup(kIdA), 7, "/live", {});
  add(201, 50, docker_cgroup(kIdA), 8, "/ready", {"--fast"});
  EXPECT_EQ(host_.ask(200, "proc.is_container_liveness_probe"), "true");
  EXPECT_EQ(host_.ask(201, "proc.is_container_readiness_probe"), "true");
  EXPECT_EQ(host_.ask(201, "proc.is_container_liveness_probe"), "false");
}

// `sh -c command` turns into the command, without a process of its own.
TEST_F(ProbeFields, AShellThatTurnsIntoItsCommandStaysAHealthcheck) {
  add(200, 50, docker_cgroup(kIdA), 7, "/bin/sh", {"-c", "test -e /ok"});
  add(200, 50, docker_cgroup(kIdA), 7, "test", {"-e", "/ok"});
  EXPECT_EQ(host_.ask(200, "proc.is_container_healthcheck"), "true");
  const auto child = test::thread(201, docker_cgroup(kIdA), 200);
  EXPECT_EQ(host_.ask(host::make_clone_exit(api::kEventCloneExit, child, test::kStart),
                      "proc.is_container_healthcheck"),
            "true");
  EXPECT_EQ(host_.ask(201, "proc.is_container_readiness_probe"), "false");
}

TEST_F(ProbeFields, ACircleOfParentsEnds) {
  add(401, 400, docker_cgroup(kIdA), 8, "x", {});
  add(400, 401, docker_cgroup(kIdA), 7, "/live", {});
  EXPECT_EQ(host_.ask(400, "proc.is_container_liveness_probe"), "false");
}

TEST_F(ProbeFields, ADisabledHealthcheckMatchesNothing) {
  core::Container container = test::full_container(kIdA);
  container.healthcheck = core::Probe{"NONE", {}};
  ASSERT_TRUE(host_.announce(container));
  add(200, 50, docker_cgroup(kIdA), 7, "NONE", {});
  EXPECT_EQ(host_.ask(200, "proc.is_container_healthcheck"), "false");
}

}  // namespace
