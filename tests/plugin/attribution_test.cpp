// Which container a thread is attributed to: clone, fork, exec, chroot, exit, listening. Spec:
// docs/plugin.md.
#include <gtest/gtest.h>

#include "api/events.h"
#include "plugin_host.h"

namespace {

using test::docker_cgroup;
using test::kIdA;
using test::kIdB;
using test::kNoValue;
using test::kStart;
using test::PluginHost;

class Attribution : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(host_.ok()) << host_.error(); }
  PluginHost host_;
};

TEST_F(Attribution, ThreadsThatRanBeforeTheCapture) {
  host_.put(test::thread(10, docker_cgroup(kIdA)));
  host_.put(test::thread(20, "/user.slice"));
  host_.open();
  EXPECT_EQ(host_.thread_text(10, "container_id"), "aaaaaaaaaaaa");
  EXPECT_EQ(host_.thread_text(20, "container_id"), "");
  EXPECT_EQ(host_.ask(10, "container.id"), "aaaaaaaaaaaa");
  EXPECT_EQ(host_.ask(20, "container.id"), "host");
}

class NewThread : public Attribution, public testing::WithParamInterface<uint16_t> {};

TEST_P(NewThread, ChildCarriesTheIdOfItsCgroups) {
  host_.open();
  const auto child = test::thread(11, docker_cgroup(kIdA));
  EXPECT_EQ(host_.ask(host::make_clone_exit(GetParam(), child, kStart), "container.id"), "aaaaaaaaaaaa");
  EXPECT_EQ(host_.thread_text(11, "container_id"), "aaaaaaaaaaaa");
}

TEST_P(NewThread, FailedCallChangesNothing) {
  host_.put(test::thread(11, docker_cgroup(kIdA)));
  // Not attached by listening, because the capture is open already.
  host_.open();
  host_.put(test::thread(12, docker_cgroup(kIdA)));
  EXPECT_TRUE(
      host_.feed(host::make_clone_exit(GetParam(), test::thread(12, docker_cgroup(kIdA)), kStart, -11)));
  EXPECT_EQ(host_.thread_text(12, "container_id"), "");
}

INSTANTIATE_TEST_SUITE_P(AllCalls, NewThread,
                         testing::Values(api::kEventCloneExit, api::kEventForkExit, api::kEventVforkExit,
                                         api::kEventClone3Exit));

class NewProgram : public Attribution, public testing::WithParamInterface<uint16_t> {};

TEST_P(NewProgram, MovesTheThreadIntoItsContainer) {
  host_.put(test::thread(10, "/system.slice/docker.service"));
  host_.open();
  EXPECT_EQ(host_.ask(10, "container.id"), "host");
  auto moved = test::thread(10, docker_cgroup(kIdA));
  host_.put(moved);
  EXPECT_EQ(host_.ask(host::make_exec_exit(GetParam(), moved, kStart), "container.id"), "aaaaaaaaaaaa");
  EXPECT_EQ(host_.thread_text(10, "container_id"), "aaaaaaaaaaaa");
  moved = test::thread(10, docker_cgroup(kIdB));
  host_.put(moved);
  EXPECT_EQ(host_.ask(host::make_exec_exit(GetParam(), moved, kStart, -2), "container.id"), "aaaaaaaaaaaa");
  EXPECT_EQ(host_.ask(host::make_exec_exit(GetParam(), moved, kStart), "container.id"), "bbbbbbbbbbbb");
}

INSTANTIATE_TEST_SUITE_P(AllCalls, NewProgram,
                         testing::Values(api::kEventExecve16Exit, api::kEventExecve17Exit,
                                         api::kEventExecve18Exit, api::kEventExecve19Exit,
                                         api::kEventExecveatExit));

TEST_F(Attribution, APossibleNameDoesNotHideACertainId) {
  host_.open();
  auto child = test::thread(11, "");
  child.cgroups = {{"memory", "/some/name"}, {"cpu", "/other/name"}, {"cpuset", docker_cgroup(kIdA)}};
  EXPECT_EQ(host_.ask(host::make_clone_exit(api::kEventCloneExit, child, kStart), "container.id"),
            "aaaaaaaaaaaa");
  child.tid = child.pid = child.vtid = child.vpid = 12;
  std::swap(child.cgroups[0], child.cgroups[2]);
  EXPECT_EQ(host_.ask(host::make_clone_exit(api::kEventCloneExit, child, kStart), "container.id"),
            "aaaaaaaaaaaa");
}

TEST_F(Attribution, ChrootLooksAgain) {
  host_.put(test::thread(10, "/"));
  host_.open();
  host_.put(test::thread(10, docker_cgroup(kIdA)));
  EXPECT_EQ(host_.ask(host::make_chroot_exit(10, kStart, "/merged", -1), "container.id"), "host");
  EXPECT_EQ(host_.ask(host::make_chroot_exit(10, kStart, "/merged"), "container.id"), "aaaaaaaaaaaa");
}

TEST_F(Attribution, LateEventAfterTheExitOfTheLastThread) {
  host_.put(test::thread(10, docker_cgroup(kIdA)));
  host_.open();
  EXPECT_EQ(host_.ask(host::make_procexit(10, kStart), "container.id"), "aaaaaaaaaaaa");
  EXPECT_EQ(host_.ask(10, "container.id"), kNoValue);
}

TEST_F(Attribution, ThreadsThatNobodyAttachedAreFoundByTheirCgroups) {
  host_.open();
  host_.put(test::thread(10, docker_cgroup(kIdA)));  // made up by the host on the fly, without any event
  EXPECT_EQ(host_.ask(10, "container.id"), "aaaaaaaaaaaa");
}

TEST_F(Attribution, ThreadWithoutCgroupsInheritsFromItsParent) {
  host_.put(test::thread(10, docker_cgroup(kIdA)));
  host_.open();
  ASSERT_TRUE(host_.announce(test::full_container(kIdA)));
  const auto child = test::thread(11, "", 10);
  host_.put(child);  // as it is: the host's own handling of a clone would fill in the parent's cgroups
  EXPECT_EQ(host_.ask(11, "container.name"), "web") << "nobody has attached it yet";
  EXPECT_EQ(host_.thread_text(11, "container_id"), "");
  EXPECT_EQ(host_.ask(host::make_chroot_exit(11, kStart, "/"), "container.name"), "web");
  EXPECT_EQ(host_.thread_text(11, "container_id"), "aaaaaaaaaaaa");
}

TEST_F(Attribution, FirstMatchingCgroupDecides) {
  auto data = test::thread(10, "/");
  data.cgroups = {{"cpuset", "/"}, {"cpu", docker_cgroup(kIdA)}, {"cgroup2", docker_cgroup(kIdB)}};
  host_.put(data);
  host_.open();
  EXPECT_EQ(host_.ask(10, "container.id"), "aaaaaaaaaaaa");
}

TEST_F(Attribution, OfNestedContainersTheInnerDecidesWhateverTheOrder) {
  auto data = test::thread(10, "/");
  data.cgroups = {{"misc", docker_cgroup(kIdA)}, {"memory", docker_cgroup(kIdA) + "/docker/" + kIdB}};
  host_.put(data);
  std::swap(data.cgroups[0], data.cgroups[1]);
  data.tid = data.pid = data.vtid = data.vpid = 11;
  host_.put(data);
  data.tid = data.pid = data.vtid = data.vpid = 12;
  data.cgroups = {{"misc", "/lxc/web"}, {"memory", "/lxc/web/docker/" + kIdB}};
  host_.put(data);
  host_.open();
  for (const int64_t tid : {10, 11, 12}) EXPECT_EQ(host_.ask(tid, "container.id"), "bbbbbbbbbbbb") << tid;
}

TEST_F(Attribution, UnconfirmedContainerdNameIsTheHostUntilAnEngineKnowsIt) {
  host_.put(test::thread(10, "/default/redis"));
  host_.open();
  EXPECT_EQ(host_.ask(10, "container.id"), "host");
  core::Container container;
  container.type = core::ContainerType::kContainerd;
  container.full_id = "redis";
  container.name = "redis";
  ASSERT_TRUE(host_.announce(container));
  EXPECT_EQ(host_.ask(10, "container.id"), "redis");
  EXPECT_EQ(host_.ask(10, "container.type"), "containerd");
}

struct Nameless {
  const char* cgroup;
  const char* id;
  const char* type;
};

class CgroupOnly : public Attribution, public testing::WithParamInterface<Nameless> {};

TEST_P(CgroupOnly, IdAndTypeAtOnceAndAnEventFromHere) {
  host_.open(true);
  const auto child = test::thread(10, GetParam().cgroup);
  const auto event = host::make_clone_exit(api::kEventCloneExit, child, kStart);
  EXPECT_EQ(host_.ask(event, "container.id"), GetParam().id);
  EXPECT_EQ(host_.ask(10, "container.full_id"), GetParam().id);
  EXPECT_EQ(host_.ask(10, "container.name"), GetParam().id);
  EXPECT_EQ(host_.ask(10, "container.type"), GetParam().type);
  EXPECT_EQ(host_.ask(10, "container.privileged"), kNoValue) << "nobody said so";
  EXPECT_EQ(host_.thread_text(10, "container_id"), GetParam().id);
  EXPECT_EQ(host_.metric("async_events_sent"), 1u);
  // Its own event comes back through the host and must not pass for an engine's word.
  EXPECT_EQ(host_.session().feed_pushed({}), 1u);
  ASSERT_TRUE(host_.feed(host::make_procexit(10, kStart)));
  EXPECT_EQ(host_.metric("async_events_sent"), 2u) << "the last thread is gone: container_removed";
  EXPECT_EQ(host_.session().feed_pushed({}), 1u);
  ASSERT_TRUE(host_.feed(host::make_procexit(99, kStart + 31 * test::kSecond)));
  EXPECT_EQ(host_.metric("n_containers"), 0u);
}

INSTANTIATE_TEST_SUITE_P(Engines, CgroupOnly,
                         testing::Values(Nameless{"/lxc.payload.web", "web", "lxc"},
                                         Nameless{"/lxc/a-long-container-name", "a-long-container-name",
                                                  "lxc"},
                                         Nameless{"/machine/lxc-25988-c1.libvirt-lxc", "c1", "libvirt-lxc"},
                                         Nameless{"/system.slice/bpm-garden.scope", "garden", "bpm"}));

TEST(StaticEngine, EveryThreadIsInTheConfiguredContainer) {
  PluginHost host(
      R"({"engines":{"static":{"enabled":true,"container_id":"my-fixed-container","container_name":"box","container_image":"reg:5000/a/img:1@sha256:ab"}}})");
  ASSERT_TRUE(host.ok()) << host.error();
  host.put(test::thread(10, "/"));
  host.put(test::thread(11, docker_cgroup(kIdA)));
  host.open();
  for (const int64_t tid : {10, 11}) {
    EXPECT_EQ(host.ask(tid, "container.id"), "my-fixed-container");
    EXPECT_EQ(host.ask(tid, "container.name"), "box");
    EXPECT_EQ(host.ask(tid, "container.image"), "reg:5000/a/img:1@sha256:ab");
    EXPECT_EQ(host.ask(tid, "container.type"), "static");
    EXPECT_EQ(host.ask(tid, "container.image.repository"), "reg:5000/a/img");
    EXPECT_EQ(host.ask(tid, "container.image.tag"), "1");
    EXPECT_EQ(host.ask(tid, "container.image.digest"), "sha256:ab");
  }
}

TEST(StaticEngine, ItsImageIsTakenApartLikeAnyOther) {
  struct Case {
    const char *image, *repository, *tag, *digest;
  };
  for (const Case& one : {Case{"reg:5000/a/b:t", "reg:5000/a/b", "t", kNoValue},
                          Case{"reg/img:1.2@sha256:00ff", "reg/img", "1.2", "sha256:00ff"},
                          Case{"reg:5000/img", "reg:5000/img", "latest", kNoValue}}) {
    PluginHost host(
        std::string(
            R"({"engines":{"static":{"enabled":true,"container_id":"fixed","container_name":"box","container_image":")") +
        one.image + R"("}}})");
    ASSERT_TRUE(host.ok()) << host.error();
    host.put(test::thread(10, "/"));
    host.open();
    EXPECT_EQ(host.ask(10, "container.image"), one.image);
    EXPECT_EQ(host.ask(10, "container.image.repository"), one.repository);
    EXPECT_EQ(host.ask(10, "container.image.tag"), one.tag);
    EXPECT_EQ(host.ask(10, "container.image.digest"), one.digest);
  }
}

TEST(DisabledEngine, ItsCgroupsAreTheHost) {
  PluginHost host(R"({"engines":{"lxc":{"enabled":false}}})");
  ASSERT_TRUE(host.ok()) << host.error();
  host.put(test::thread(10, "/lxc.payload.web"));
  host.open();
  EXPECT_EQ(host.ask(10, "container.id"), "host");
}

}  // namespace
