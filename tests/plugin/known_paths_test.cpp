// Containers in cgroups that no layout knows, through the C interface: where an engine or a bundle said that
// they are. Spec: docs/cgroups.md, "What engines tell".
#include <gtest/gtest.h>

#include <string>

#include "bundle_fixture.h"
#include "core/limits.h"

namespace {

using test::kIdA;
using test::kSecond;
using test::kStart;
using test::PluginHost;

const std::string kTask = "/ecs/task1/task1-2718281828";
constexpr const char* kTaskId = "task1-2718281828";

core::Container told(const std::string& id, const std::string& cgroup_path,
                     core::Owner owner = core::Owner::machine()) {
  core::Container container = test::full_container(id);
  container.type = core::ContainerType::kContainerd;
  container.cgroup_path = cgroup_path;
  container.owner = owner;
  return container;
}

// A capture in which engines' words are events, as the live plugin wrote them.
class KnownPaths : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(host_.ok()) << host_.error();
    host_.open();
  }
  std::string born(int64_t tid, const std::string& cgroup, std::string_view field = "container.id") {
    return host_.ask(host::make_clone_exit(api::kEventCloneExit, test::thread(tid, cgroup), host_.now()),
                     field);
  }
  PluginHost host_;
};

TEST_F(KnownPaths, ACgroupThatNoLayoutHas) {
  ASSERT_TRUE(host_.announce(told(kTaskId, kTask)));
  const std::string redis = "8a1c2f3e-1111-2222-3333-444455556666.redis.scope";
  ASSERT_TRUE(host_.announce(told(redis, "/nomad.slice/" + redis)));
  ASSERT_TRUE(host_.announce(told("ctr1", "system.slice:ctr:ctr1")));
  EXPECT_EQ(born(11, kTask), "task1-271828");
  EXPECT_EQ(host_.ask(11, "container.full_id"), kTaskId);
  EXPECT_EQ(host_.ask(11, "container.type"), "containerd");
  EXPECT_EQ(host_.ask(11, "container.name"), "web");
  EXPECT_EQ(host_.thread_text(11, "container_id"), "task1-271828");
  EXPECT_EQ(born(12, kTask + "/sub/init.scope"), "task1-271828");
  EXPECT_EQ(born(13, "/nomad.slice/" + redis, "container.full_id"), redis);
  EXPECT_EQ(born(14, "/system.slice/ctr-ctr1.scope", "container.full_id"), "ctr1");
  // Beside and above it.
  for (const std::string& cgroup : {kTask + "x", std::string("/ecs/task1"), std::string("/nomad.slice")}) {
    EXPECT_EQ(born(20, cgroup), "host") << cgroup;
  }
}

TEST_F(KnownPaths, ThreadsThatWereThereBeforeAreFoundToo) {
  for (const int64_t tid : {10, 11}) host_.put(test::thread(tid, kTask));
  EXPECT_EQ(born(12, kTask), "host");
  EXPECT_EQ(born(13, "/ecs/other"), "host");
  ASSERT_TRUE(host_.announce(told(kTaskId, kTask)));
  for (const int64_t tid : {10, 11, 12}) {
    EXPECT_EQ(host_.ask(tid, "container.full_id"), kTaskId) << tid;
    EXPECT_EQ(host_.thread_text(tid, "container_id"), "task1-271828") << tid;
  }
  EXPECT_EQ(host_.ask(13, "container.id"), "host");
}

// However many there are: one call looks at some of them.
TEST_F(KnownPaths, ManyThreadsThatWereThereBeforeAreFoundInPortions) {
  constexpr int64_t kMany = 5 * core::limits::kThreadsPerCall;
  EXPECT_EQ(born(10, kTask), "host");
  for (int64_t tid = 100; tid < 100 + kMany; ++tid) host_.put(test::thread(tid, kTask));
  const auto found = [&] {
    size_t count = 0;
    for (int64_t tid = 100; tid < 100 + kMany; ++tid) {
      count += host_.thread_text(tid, "container_id") == "task1-271828" ? 1 : 0;
    }
    return count;
  };
  ASSERT_TRUE(host_.announce(told(kTaskId, kTask)));
  EXPECT_LE(found(), core::limits::kThreadsPerCall);
  for (size_t before = found(); before < kMany; before = found()) {
    ASSERT_TRUE(host_.feed(host::make_procexit(4711, host_.now())));
    ASSERT_GT(found(), before);
    ASSERT_LE(found(), before + core::limits::kThreadsPerCall);
  }
}

// Paths, too.
TEST_F(KnownPaths, ManyPathsThatWereAskedForAreAskedForAgainInPortions) {
  EXPECT_EQ(born(10, kTask), "host");
  constexpr int64_t kMany = 3 * core::limits::kPathsPerCall;
  for (int64_t tid = 100; tid < 100 + kMany; ++tid) born(tid, "/x/" + std::to_string(tid));
  ASSERT_TRUE(host_.announce(told(kTaskId, kTask)));
  EXPECT_EQ(host_.thread_text(10, "container_id"), "");
  for (int64_t call = 0; call < 4 + kMany / static_cast<int64_t>(core::limits::kThreadsPerCall); ++call) {
    ASSERT_TRUE(host_.feed(host::make_procexit(4711, host_.now())));
  }
  EXPECT_EQ(host_.thread_text(10, "container_id"), "task1-271828");
}

// A moment later another one is told of: all threads are looked at at most once in a second.
TEST_F(KnownPaths, ThreadsAreLookedAtAgainNowAndThen) {
  EXPECT_EQ(born(10, "/a/b/one"), "host");
  EXPECT_EQ(born(11, "/a/b/two"), "host");
  ASSERT_TRUE(host_.announce(told("one", "/a/b/one")));
  ASSERT_TRUE(host_.announce(told("two", "/a/b/two")));
  EXPECT_EQ(host_.ask(10, "container.id"), "one");
  EXPECT_EQ(host_.ask(11, "container.id"), "host");
  EXPECT_EQ(born(12, "/a/b/two"), "two") << "what is new is asked for at once";
  host_.set_now(kStart + 2 * kSecond);
  born(13, "/");
  EXPECT_EQ(host_.ask(11, "container.id"), "two");
}

TEST_F(KnownPaths, WhatIsGoneIsForgotten) {
  ASSERT_TRUE(host_.announce(told(kTaskId, kTask)));
  ASSERT_TRUE(host_.announce_removed(told(kTaskId, kTask)));
  EXPECT_EQ(born(10, kTask, "container.name"), "web") << "a late event";
  host_.feed(host::make_procexit(10, host_.now()));
  host_.set_now(kStart + 60 * kSecond);
  EXPECT_EQ(born(11, kTask), "host");
  EXPECT_EQ(born(12, kTask), "host");
}

TEST_F(KnownPaths, AnotherContainerInThatPlace) {
  ASSERT_TRUE(host_.announce(told("one", "/pool/slot")));
  EXPECT_EQ(born(10, "/pool/slot"), "one");
  ASSERT_TRUE(host_.announce_removed(told("one", "/pool/slot")));
  ASSERT_TRUE(host_.announce(told("two", "/pool/slot")));
  EXPECT_EQ(born(11, "/pool/slot"), "two");
}

TEST_F(KnownPaths, AnInnerContainerIsTheNearerOne) {
  ASSERT_TRUE(host_.announce(told(kTaskId, kTask)));
  EXPECT_EQ(born(10, kTask + test::docker_cgroup(kIdA)), kIdA.substr(0, 12));
  // Of several controllers too.
  auto child = test::thread(11, "");
  child.cgroups = {{"misc", test::docker_cgroup(kIdA)}, {"memory", kTask}};
  EXPECT_EQ(host_.ask(host::make_clone_exit(api::kEventCloneExit, child, kStart), "container.full_id"),
            kTaskId)
      << "told goes before guessed";
}

TEST_F(KnownPaths, ContainerdsNameIsOneOfThem) {
  EXPECT_EQ(born(10, "/default/webby"), "host");
  ASSERT_TRUE(host_.announce(told("webby", "/default/webby")));
  EXPECT_EQ(host_.ask(10, "container.id"), "webby");
  EXPECT_EQ(born(11, "/default/webby"), "webby");
  EXPECT_EQ(born(12, "/other/webby"), "host") << "the same name elsewhere";
}

// --- whose word it is

constexpr core::Owner kUser = core::Owner::user(1000);

TEST_F(KnownPaths, AUserTakesNoPlaceThatIsNotHis) {
  const std::string docker = test::docker_cgroup(test::kIdB);
  for (const std::string& cgroup : {kTask, std::string("/user.slice/user-1001.slice/x/y"), docker}) {
    ASSERT_TRUE(host_.announce(told(kIdA, cgroup, kUser)));
    EXPECT_NE(born(10, cgroup, "container.full_id"), kIdA) << cgroup;
  }
  ASSERT_TRUE(host_.announce(told(kIdA, "/user.slice/user-1000.slice/x/y", kUser)));
  auto child = test::thread(11, "/user.slice/user-1000.slice/x/y");
  child.uid = 1000;
  child.vpid = child.vtid = 1;
  const auto event = host::make_clone_exit(api::kEventCloneExit, child, host_.now());
  EXPECT_EQ(host_.ask(event, "container.full_id"), kIdA) << "his own";
}

TEST_F(KnownPaths, RootMayPutItsContainersBelowAUsersSlice) {
  const std::string place = "/user.slice/user-1000.slice/x/roots";
  ASSERT_TRUE(host_.announce(told("roots", place)));
  EXPECT_EQ(born(10, place), "roots");
  EXPECT_EQ(born(11, "/user.slice/user-1000.slice/x"), "host");
  ASSERT_TRUE(host_.announce_removed(told("roots", place)));
  EXPECT_EQ(born(12, place), "host") << "who makes a cgroup there now is the user";
}

// --- what bundles say

class BundlesPath : public test::BundleTest {
 protected:
  void announce(const std::string& id, const std::string& cgroups_path) {
    const std::string spec =
        R"({"ociVersion":"1.0.2","process":{"args":["/bin/sh"]},"root":{"path":"rootfs"},"linux":{"cgroupsPath":")" +
        cgroups_path + R"(","namespaces":[{"type":"pid"},{"type":"mount"}]}})";
    ASSERT_TRUE(create(id, write_bundle("io.containerd.runtime.v2.task/fargate.task/" + id, spec)));
  }
};

// Nobody has seen it being born: neither its parent nor its pid namespace tells.
TEST_F(BundlesPath, DecidesWithoutAnyDescent) {
  announce(kTaskId, kTask);
  announce("ctr1", "system.slice:ctr:ctr1");
  EXPECT_EQ(first(test::thread(800, kTask, 77), "container.full_id"), kTaskId);
  EXPECT_EQ(first(test::thread(801, "/system.slice/ctr-ctr1.scope", 77), "container.full_id"), "ctr1");
  EXPECT_EQ(first(test::thread(802, "/ecs/task1", 77), "container.id"), "host");
}

TEST_F(BundlesPath, APlaceThatOthersShareIsNoContainers) {
  for (const char* shared : {"/", "/system.slice", "/system.slice/ssh.service", "/init.scope", ""}) {
    announce("greedy", shared);
    EXPECT_EQ(first(test::thread(800, shared, 77), "container.id"), "host") << shared;
  }
}

}  // namespace
