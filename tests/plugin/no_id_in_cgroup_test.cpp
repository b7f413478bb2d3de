// Containers whose id is in no cgroup path, through the C interface: created, entered, ended, and those that
// ran before the capture. Spec: docs/plugin.md, "No id in the cgroup".
#include <gtest/gtest.h>

#include <string>

#include "bundle_fixture.h"

namespace {

namespace fs = std::filesystem;
using test::kHostCgroup;
using test::kInit;
using test::kRuntime;
using test::kShell;
using test::kStart;
using test::plain_spec;
using test::PluginHost;

// --- no id in the cgroup

class NoIdInCgroup : public test::BundleTest {
 protected:
  void SetUp() override {
    BundleTest::SetUp();
    bundle_ = write_bundle("plain", plain_spec());
  }
  fs::path bundle_;
};

TEST_F(NoIdInCgroup, TheFirstOfThePidNamespaceIsInTheContainer) {
  ASSERT_TRUE(create("mycontainer1", bundle_));
  const auto stage = test::thread(kInit + 10, kHostCgroup, kRuntime);
  EXPECT_EQ(first(stage, "container.id"), "host");
  EXPECT_EQ(first(init_of(kHostCgroup, stage.tid), "container.id"), "mycontainer1");
  EXPECT_EQ(host_.thread_text(kInit, "container_id"), "mycontainer1");
  EXPECT_EQ(host_.ask(kInit, "container.name"), "mycontainer1");
  EXPECT_EQ(host_.ask(kInit, "container.full_id"), "mycontainer1");
  EXPECT_EQ(host_.ask(kRuntime, "container.id"), "host");
  EXPECT_EQ(host_.ask(kShell, "container.id"), "host");
}

TEST_F(NoIdInCgroup, ChildrenThreadsAndProgramsStayInIt) {
  ASSERT_TRUE(create("web", bundle_));
  auto init = init_of(kHostCgroup);
  first(init, "container.id");
  init = program_of(init);
  host_.put(init);
  EXPECT_EQ(host_.ask(host::make_exec_exit(api::kEventExecve19Exit, init, kStart), "container.id"), "web");
  auto child = test::thread(700, kHostCgroup, kInit);
  child.vpid = child.vtid = 2;
  EXPECT_EQ(first(child, "container.id"), "web");
  auto sibling = test::thread(701, kHostCgroup, kRuntime);  // a thread's parent is its process's
  sibling.pid = 700;
  sibling.vpid = 2;
  sibling.vtid = 3;
  EXPECT_EQ(first(sibling, "container.id"), "web");
  child.exe = "/bin/ls";
  host_.put(child);
  EXPECT_EQ(host_.ask(host::make_exec_exit(api::kEventExecve19Exit, child, kStart), "container.id"), "web");
  EXPECT_EQ(first(test::thread(702, kHostCgroup, kShell), "container.id"), "host");
}

TEST_F(NoIdInCgroup, ProcessesThatEnterItsCgroupLaterBelongToIt) {
  ASSERT_TRUE(create("web", bundle_));
  auto init = init_of("/web");
  first(init, "container.id");
  init = program_of(init);
  host_.put(init);
  ASSERT_TRUE(host_.feed(host::make_exec_exit(api::kEventExecve19Exit, init, kStart)));
  EXPECT_EQ(first(test::thread(800, "/web", 77), "container.id"), "web");
  EXPECT_EQ(first(test::thread(801, "/web/sub/init.scope", 77), "container.id"), "web");
  EXPECT_EQ(first(test::thread(802, "/website", 77), "container.id"), "host");
  EXPECT_EQ(first(test::thread(803, kHostCgroup, 77), "container.id"), "host");
}

TEST_F(NoIdInCgroup, WhatPreparesItInItsCgroupIsInItAlready) {
  ASSERT_TRUE(create("web", bundle_));
  EXPECT_EQ(first(test::thread(kInit + 10, kHostCgroup, kRuntime), "container.id"), "host");
  EXPECT_EQ(first(test::thread(kInit + 11, "/web", kInit + 10), "container.id"), "web");
  EXPECT_EQ(first(test::thread(kInit + 12, "/web", 77), "container.id"), "web") << "the cgroup is its own";
}

TEST_F(NoIdInCgroup, WhereTheRuntimeIsTheContainerIsNot) {
  // podman moves conmon before conmon executes the runtime.
  auto conmon = runtime({"-c", "web", "-r", "/usr/bin/crun", "-b", bundle_.string(), "-n", "name"});
  ASSERT_TRUE(execute(conmon));
  auto crun = runtime({"create", "--bundle", bundle_.string(), "web"}, kRuntime + 20);
  crun.ptid = kRuntime;
  crun.cgroups = {{"cpu", "/conmon"}};
  EXPECT_EQ(first(crun, "container.id"), "host");
  ASSERT_TRUE(execute(crun));
  auto init = init_of("/conmon", kRuntime + 20);
  EXPECT_EQ(first(init, "container.id"), "web") << "not in its cgroup yet";
  EXPECT_EQ(first(test::thread(840, "/conmon", 77), "container.id"), "host");
  init = program_of(init);
  init.cgroups = {{"cpu", "/crun/web"}};
  host_.put(init);
  EXPECT_EQ(host_.ask(host::make_exec_exit(api::kEventExecve19Exit, init, kStart), "container.id"), "web");
  EXPECT_EQ(first(test::thread(841, "/crun/web", 77), "container.id"), "web");
  EXPECT_EQ(first(test::thread(842, "/conmon", 77), "container.id"), "host");
}

TEST_F(NoIdInCgroup, AContainersOwnMovesClaimNothingOfTheHost) {
  ASSERT_TRUE(create("web", bundle_));
  auto init = init_of("/web");
  first(init, "container.id");
  init = program_of(init);
  host_.put(init);
  ASSERT_TRUE(host_.feed(host::make_exec_exit(api::kEventExecve19Exit, init, kStart)));
  // Privileged, it puts itself where a service of the host is, and executes something there.
  init.cgroups = {{"cpu", "/system.slice/sshd.service"}};
  host_.put(init);
  EXPECT_EQ(host_.ask(host::make_exec_exit(api::kEventExecve19Exit, init, kStart), "container.id"), "web");
  EXPECT_EQ(first(test::thread(810, "/system.slice/sshd.service", 1), "container.id"), "host");
}

TEST_F(NoIdInCgroup, WithTheHostsPidNamespaceTheProgramTells) {
  ASSERT_TRUE(create("web", write_bundle("hostpid", plain_spec(false))));
  auto helper = test::thread(kInit, kHostCgroup, kRuntime);
  EXPECT_EQ(first(helper, "container.id"), "host");
  helper.exe = "/usr/bin/newuidmap";
  host_.put(helper);
  EXPECT_EQ(host_.ask(host::make_exec_exit(api::kEventExecve19Exit, helper, kStart), "container.id"), "host");
  const auto program = program_of(helper);
  host_.put(program);
  EXPECT_EQ(host_.ask(host::make_exec_exit(api::kEventExecve19Exit, program, kStart), "container.id"), "web");
}

TEST_F(NoIdInCgroup, WhatIsExecutedInItLaterBelongsToIt) {
  ASSERT_TRUE(create("web", bundle_));
  auto init = program_of(init_of(kHostCgroup));
  first(init, "container.id");
  host_.put(init);
  ASSERT_TRUE(host_.feed(host::make_exec_exit(api::kEventExecve19Exit, init, kStart)));
  ASSERT_TRUE(execute(runtime({"exec", "--process", "/p", "web"}, 650)));
  EXPECT_EQ(host_.ask(650, "container.id"), "host");
  auto entered = test::thread(651, kHostCgroup, 650);
  entered.vpid = entered.vtid = 9;
  EXPECT_EQ(first(entered, "container.id"), "web");
  // Another user's process does not get in that way.
  auto liar = runtime({"exec", "web"}, 660);
  liar.uid = 1000;
  ASSERT_TRUE(execute(liar));
  auto forged = test::thread(661, kHostCgroup, 660);
  forged.vpid = forged.vtid = 9;
  EXPECT_EQ(first(forged, "container.id"), "host");
}

TEST_F(NoIdInCgroup, ItEndsWithItsLastThread) {
  ASSERT_TRUE(create("web", bundle_));
  first(init_of("/web"), "container.id");
  ASSERT_TRUE(host_.feed(host::make_procexit(kInit, kStart, 0, 1)));
  host_.session().threads().erase_thread(kInit);
  EXPECT_EQ(first(test::thread(820, "/web", 77), "container.id"), "host") << "its cgroup is forgotten";
}

TEST_F(NoIdInCgroup, TheNameMayBeUsedAgain) {
  for (int64_t round = 0; round < 3; ++round) {
    const int64_t pid = 1000 + round * 10;
    ASSERT_TRUE(create("web", bundle_, pid));
    EXPECT_EQ(first(init_of("/web", pid, pid + 1), "container.id"), "web") << round;
    ASSERT_TRUE(host_.feed(host::make_procexit(pid + 1, host_.now(), 0, 1)));
    host_.session().threads().erase_thread(pid + 1);
  }
}

// --- containers that ran before the capture, without an id in their cgroups

class RanBefore : public test::BundleTest {
 protected:
  // conmon keeps the container's first process, whose child is another.
  void put_conmon(const std::string& id, const fs::path& bundle, const std::string& cgroup) {
    auto keeper =
        runtime({"--api-version", "1", "-c", id, "-r", "/usr/bin/crun", "-b", bundle.string(), "-n", "web"});
    late_.put(keeper);
    late_.put(program_of(init_of(cgroup)));
    auto child = test::thread(kInit + 1, cgroup, kInit);
    child.vpid = child.vtid = 2;
    late_.put(child);
    late_.put(test::thread(kShell, kHostCgroup, 1));
  }
  std::string first_late(const host::ThreadData& data, std::string_view field) {
    return late_.ask(host::make_clone_exit(api::kEventCloneExit, data, kStart), field);
  }
  void TearDown() override {
    late_.session().close();
    BundleTest::TearDown();
  }
  PluginHost late_;
};

TEST_F(RanBefore, AreFoundByTheProcessThatKeepsThem) {
  ASSERT_TRUE(late_.ok()) << late_.error();
  put_conmon("web1", write_bundle("plain", plain_spec()), kHostCgroup);
  late_.open(true);
  EXPECT_EQ(late_.ask(kInit, "container.id"), "web1");
  EXPECT_EQ(late_.ask(kInit, "container.name"), "web");
  EXPECT_EQ(late_.ask(kInit + 1, "container.id"), "web1");
  EXPECT_EQ(late_.ask(kRuntime, "container.id"), "host");
  EXPECT_EQ(late_.ask(kShell, "container.id"), "host");
  auto child = test::thread(700, kHostCgroup, kInit + 1);
  child.vpid = child.vtid = 3;
  EXPECT_EQ(first_late(child, "container.id"), "web1");
}

TEST_F(RanBefore, TheCgroupThatTheBundleAskedForIsTheirs) {
  ASSERT_TRUE(late_.ok()) << late_.error();
  std::string spec = plain_spec();
  spec.insert(spec.find(R"("namespaces")"), R"("cgroupsPath":"system.slice:run:web1",)");
  put_conmon("web1", write_bundle("plain", spec), "/system.slice/run-web1.scope");
  late_.open(true);
  EXPECT_EQ(first_late(test::thread(701, "/system.slice/run-web1.scope", 77), "container.id"), "web1");
  EXPECT_EQ(first_late(test::thread(702, "/system.slice/run-web2.scope", 77), "container.id"), "host");
}

TEST_F(RanBefore, WhatAnEngineToldStays) {
  ASSERT_TRUE(late_.ok()) << late_.error();
  auto known = test::full_container("web1");
  known.name = "told";
  ASSERT_TRUE(late_.announce(known));  // before the capture is opened, as a dump is
  put_conmon("web1", write_bundle("plain", plain_spec()), "/web1");
  late_.open(true);
  EXPECT_EQ(late_.ask(kInit, "container.name"), "told");
  EXPECT_EQ(first_late(test::thread(701, "/web1", 77), "container.name"), "told");
  auto runtime_of_root = runtime({"exec", "web1"}, 650);
  late_.put(runtime_of_root);
  ASSERT_TRUE(late_.feed(host::make_exec_exit(api::kEventExecve19Exit, runtime_of_root, kStart)));
  auto entered = test::thread(651, kHostCgroup, 650);
  entered.vpid = entered.vtid = 9;
  EXPECT_EQ(first_late(entered, "container.name"), "told");
}

TEST_F(RanBefore, NoOtherCgroupIs) {
  ASSERT_TRUE(late_.ok()) << late_.error();
  std::string spec = plain_spec();
  spec.insert(spec.find(R"("namespaces")"), R"("cgroupsPath":"/web1",)");
  put_conmon("web1", write_bundle("plain", spec), "/system.slice/sshd.service");
  late_.open(true);
  EXPECT_EQ(late_.ask(kInit, "container.id"), "web1");
  EXPECT_EQ(first_late(test::thread(701, "/system.slice/sshd.service", 77), "container.id"), "host");
}

TEST_F(RanBefore, AKeeperInAContainerKeepsNothing) {
  ASSERT_TRUE(late_.ok()) << late_.error();
  put_conmon("web1", write_bundle("plain", plain_spec()), kHostCgroup);
  auto keeper = runtime({"-c", "web1", "-r", "/usr/bin/crun", "-b", dir_.string(), "-n", "web"});
  keeper.vpid = keeper.vtid = 9;
  late_.put(keeper);
  late_.open(true);
  EXPECT_EQ(late_.ask(kInit, "container.id"), "host");
}

}  // namespace
