// Containers announced by the start of a runtime, through the C interface: the first event of the first
// process is answered though no engine ever speaks; and what a liar can do with it. Spec: docs/plugin.md,
// "Announced by a runtime".
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "api/events.h"
#include "plugin_host.h"

namespace {

namespace fs = std::filesystem;
using test::docker_cgroup;
using test::kIdA;
using test::kIdB;
using test::kNoValue;
using test::kSecond;
using test::kStart;
using test::PluginHost;
using testing::HasSubstr;

constexpr const char* kHostCgroup = "/user.slice/session-1.scope";
constexpr int64_t kShell = 500;
constexpr int64_t kRuntime = 600;
constexpr int64_t kInit = 601;

// What containerd's CRI writes, as far as it matters here.
std::string cri_spec(const std::string& name, const std::string& image, const std::string& extra = "") {
  return R"({"ociVersion":"1.0.2","process":{"args":["/bin/sh","-c","true"],"user":{"uid":0,"gid":0}},)"
         R"("root":{"path":"rootfs"},"annotations":{"io.kubernetes.cri.container-type":"container",)"
         R"("io.kubernetes.cri.container-name":")" +
         name + R"(","io.kubernetes.cri.image-name":")" + image +
         R"(","io.kubernetes.cri.sandbox-name":"web-0","io.kubernetes.cri.sandbox-namespace":"prod",)"
         R"("io.kubernetes.cri.sandbox-uid":"uid-1"},"linux":{"namespaces":[{"type":"pid"},{"type":"mount"}])" +
         extra + "}}";
}

// runc's own default: no engine, no names.
std::string plain_spec(bool own_pid_namespace = true) {
  return std::string(
             R"({"ociVersion":"1.0.2","process":{"args":["/bin/sh","-c","true"]},"root":{"path":"rootfs"},)"
             R"("linux":{"namespaces":[{"type":"mount"})") +
         (own_pid_namespace ? R"(,{"type":"pid"})" : "") + "]}}";
}

class Bundle : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(host_.ok()) << host_.error();
    std::string pattern = (fs::temp_directory_path() / "bundle_test_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
    auto shell = test::thread(kShell, kHostCgroup);
    shell.uid = 0;
    shell.cwd = dir_.string();
    host_.put(shell);
    host_.open(true);
  }
  void TearDown() override {
    host_.session().close();
    fs::remove_all(dir_);
  }

  fs::path write_bundle(const fs::path& relative, const std::string& spec) {
    const fs::path bundle = dir_ / relative;
    fs::create_directories(bundle);
    std::ofstream(bundle / "config.json") << spec;
    return bundle;
  }
  fs::path cri_bundle(const std::string& id, const std::string& name = "web",
                      const std::string& image = "registry.example/team/web:1.2") {
    return write_bundle("io.containerd.runtime.v2.task/k8s.io/" + id, cri_spec(name, image));
  }

  // `runc create` is executed by a child of the shell.
  host::ThreadData runtime(const std::vector<std::string>& args, int64_t pid = kRuntime) {
    auto data = test::thread(pid, kHostCgroup, kShell);
    data.uid = 0;
    data.exe = data.comm = "runc";
    data.cwd = dir_.string();
    data.args = args;
    return data;
  }
  bool execute(const host::ThreadData& data) {
    host_.put(data);
    return host_.feed(host::make_exec_exit(api::kEventExecve19Exit, data, host_.now()));
  }
  bool create(const std::string& id, const fs::path& bundle, int64_t pid = kRuntime) {
    return execute(runtime({"--root", "/run/runc", "create", "--bundle", bundle.string(), id}, pid));
  }
  // The first event of a process; the field's answer to it.
  std::string first(const host::ThreadData& data, std::string_view field) {
    return host_.ask(host::make_clone_exit(api::kEventCloneExit, data, host_.now()), field);
  }
  static host::ThreadData init_of(const std::string& cgroup, int64_t parent = kRuntime, int64_t pid = kInit) {
    auto data = test::thread(pid, cgroup, parent);
    data.vpid = data.vtid = 1;
    data.exe = data.comm = "runc";
    data.args = {"init"};
    return data;
  }
  static host::ThreadData program_of(host::ThreadData data) {
    data.exe = "/bin/sh";
    data.comm = "sh";
    data.args = {"-c", "true"};
    return data;
  }

  PluginHost host_;
  fs::path dir_;
};

TEST_F(Bundle, TheFirstEventOfTheFirstProcessHasNameImageAndPod) {
  ASSERT_TRUE(create(kIdA, cri_bundle(kIdA)));
  const auto init = init_of("/kubepods/besteffort/podx/" + kIdA);
  EXPECT_EQ(first(init, "container.name"), "web");
  EXPECT_EQ(host_.ask(kInit, "container.id"), "aaaaaaaaaaaa");
  EXPECT_EQ(host_.ask(kInit, "container.image"), "registry.example/team/web:1.2");
  EXPECT_EQ(host_.ask(kInit, "container.image.repository"), "registry.example/team/web");
  EXPECT_EQ(host_.ask(kInit, "container.type"), "containerd");
  EXPECT_EQ(host_.ask(kInit, "k8s.pod.name"), "web-0");
  EXPECT_EQ(host_.ask(kInit, "k8s.ns.name"), "prod");
  EXPECT_EQ(host_.ask(kInit, "k8s.pod.uid"), "uid-1");
  EXPECT_EQ(host_.ask(kRuntime, "container.id"), "host");
}

TEST_F(Bundle, OneContainerEventIsSentAndItsReturnChangesNothing) {
  ASSERT_TRUE(create(kIdA, cri_bundle(kIdA)));
  ASSERT_TRUE(create(kIdA, cri_bundle(kIdA), kRuntime + 50)) << "the same call again";
  EXPECT_EQ(host_.metric("async_events_sent"), 1U);
  EXPECT_EQ(host_.session().feed_pushed({}), 1U);
  first(init_of(docker_cgroup(kIdA)), "container.id");
  EXPECT_EQ(host_.ask(kInit, "container.name"), "web");
  EXPECT_EQ(host_.metric("async_events_sent"), 1U);
}

TEST_F(Bundle, PathsCountFromTheDirectoryOfTheProcess) {
  const fs::path bundle = cri_bundle(kIdA);
  auto data = runtime({"run", "-b", "k8s.io/../k8s.io/" + kIdA, kIdA});
  data.cwd = bundle.parent_path().parent_path().string();
  ASSERT_TRUE(execute(data));
  EXPECT_EQ(first(init_of(docker_cgroup(kIdA)), "container.name"), "web");
}

TEST_F(Bundle, TheDefaultIsTheDirectoryItselfAndTheTableMayKnowIt) {
  const fs::path bundle = cri_bundle(kIdA);
  auto data = runtime({"run", kIdA});
  data.cwd = bundle.string();
  host_.put(data);
  data.cwd.clear();  // as Falco's drivers leave it
  const auto event = host::make_exec_exit(api::kEventExecve19Exit, data, kStart);
  ASSERT_TRUE(host_.feed(event));
  // The own host takes an empty directory of an event for "unchanged", as libsinsp does.
  EXPECT_EQ(first(init_of(docker_cgroup(kIdA)), "container.name"), "web");
}

TEST_F(Bundle, AShimIsStartedInTheBundle) {
  auto shim =
      runtime({"-namespace", "k8s.io", "-id", kIdA, "-address", "/run/containerd/containerd.sock", "start"});
  shim.cwd = cri_bundle(kIdA).string();
  ASSERT_TRUE(execute(shim));
  EXPECT_EQ(first(init_of(docker_cgroup(kIdA)), "container.name"), "web");
  EXPECT_EQ(host_.ask(kInit, "container.type"), "containerd");
}

TEST_F(Bundle, RenamedBinariesAreKnownByTheirArguments) {
  auto data = runtime({"create", "--bundle=" + cri_bundle(kIdA).string(), kIdA});
  data.exe = data.comm = "kworker";
  ASSERT_TRUE(execute(data));
  EXPECT_EQ(first(init_of(docker_cgroup(kIdA)), "container.name"), "web");
}

TEST_F(Bundle, LocalSourcesCanBeSwitchedOff) {
  std::string config = test::kNoSockets;
  config.insert(1, R"("local_sources":false,)");
  PluginHost off(config);
  ASSERT_TRUE(off.ok()) << off.error();
  off.open(true);
  const auto data = runtime({"create", "--bundle", cri_bundle(kIdA).string(), kIdA});
  off.put(data);
  ASSERT_TRUE(off.feed(host::make_exec_exit(api::kEventExecve19Exit, data, kStart)));
  EXPECT_EQ(off.ask(host::make_clone_exit(api::kEventCloneExit, init_of(docker_cgroup(kIdA)), kStart),
                    "container.name"),
            kNoValue);
}

TEST_F(Bundle, NothingIsReadInAReplay) {
  PluginHost replay;
  ASSERT_TRUE(replay.ok()) << replay.error();
  replay.open(false);
  const auto data = runtime({"create", "--bundle", cri_bundle(kIdA).string(), kIdA});
  replay.put(data);
  ASSERT_TRUE(replay.feed(host::make_exec_exit(api::kEventExecve19Exit, data, kStart)));
  EXPECT_EQ(replay.ask(host::make_clone_exit(api::kEventCloneExit, init_of(docker_cgroup(kIdA)), kStart),
                       "container.name"),
            kNoValue);
}

// --- no id in the cgroup

class NoIdInCgroup : public Bundle {
 protected:
  void SetUp() override {
    Bundle::SetUp();
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

class RanBefore : public Bundle {
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
    Bundle::TearDown();
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

// --- liars

TEST_F(Bundle, AProcessInAContainerAnnouncesNothing) {
  const fs::path bundle = cri_bundle(kIdB, "forged");
  auto liar = runtime({"create", "--bundle", bundle.string(), kIdB});
  liar.cgroups = {{"cpu", docker_cgroup(kIdA)}};
  ASSERT_TRUE(execute(liar));
  EXPECT_EQ(first(init_of(docker_cgroup(kIdB)), "container.name"), kNoValue);
}

TEST_F(Bundle, NorDoesOneInAnotherPidNamespace) {
  auto liar = runtime({"create", "--bundle", cri_bundle(kIdB, "forged").string(), kIdB});
  liar.vpid = liar.vtid = 7;
  ASSERT_TRUE(execute(liar));
  EXPECT_EQ(first(init_of(docker_cgroup(kIdB)), "container.name"), kNoValue);
}

TEST_F(Bundle, AKnownContainerStaysAsItIs) {
  auto known = test::full_container(kIdA);
  ASSERT_TRUE(host_.announce(known));
  auto liar = runtime({"create", "--bundle", cri_bundle(kIdA, "forged").string(), kIdA});
  liar.uid = 1000;
  ASSERT_TRUE(execute(liar));
  EXPECT_EQ(first(init_of(docker_cgroup(kIdA)), "container.name"), "web");
  EXPECT_EQ(host_.ask(kInit, "container.image"), "registry.example:5000/team/web:1.2");
  // Nor does an ordinary user's process become one of it.
  EXPECT_EQ(first(init_of(kHostCgroup, kRuntime, kInit + 1), "container.id"), "host");
  EXPECT_EQ(host_.metric("async_events_sent"), 0U);
}

TEST_F(Bundle, RootsWordReplacesAUsers) {
  auto liar = runtime({"create", "--bundle", cri_bundle(kIdA, "forged", "forged:1").string(), kIdA});
  liar.uid = 1000;
  ASSERT_TRUE(execute(liar));
  ASSERT_TRUE(create(kIdA,
                     write_bundle("io.containerd.runtime.v2.task/k8s.io/real/" + kIdA, cri_spec("real", "")),
                     kRuntime + 5));
  first(init_of(docker_cgroup(kIdA)), "container.id");
  EXPECT_EQ(host_.ask(kInit, "container.name"), "real");
  EXPECT_EQ(host_.ask(kInit, "container.image"), kNoValue) << "nothing of the user's is left";
}

TEST_F(Bundle, ABundleMakesNoContainerOfAService) {
  // `/system/web` could be containerd's, and is one when containerd says so.
  ASSERT_TRUE(create("web", write_bundle("io.containerd.runtime.v2.task/system/web", plain_spec())));
  EXPECT_EQ(first(test::thread(830, "/system/web", 1), "container.id"), "host");
}

struct Trap {
  const char* name;
  void (*set)(const fs::path& config);
};

class Traps : public Bundle, public testing::WithParamInterface<Trap> {};

TEST_P(Traps, AreNotReadAndHoldUpNobody) {
  const fs::path bundle = dir_ / "io.containerd.runtime.v2.task/k8s.io" / kIdA;
  fs::create_directories(bundle);
  std::ofstream(dir_ / "outside.json") << cri_spec("outside", "outside:1");
  GetParam().set(bundle / "config.json");
  ASSERT_TRUE(create(kIdA, bundle));
  EXPECT_EQ(first(init_of(docker_cgroup(kIdA)), "container.name"), kNoValue);
  EXPECT_EQ(host_.ask(kInit, "container.id"), "aaaaaaaaaaaa");
}

INSTANTIATE_TEST_SUITE_P(
    All, Traps,
    testing::Values(
        Trap{"Symlink", [](const fs::path& config) { fs::create_symlink("../../../outside.json", config); }},
        Trap{"Fifo", [](const fs::path& config) { ::mkfifo(config.c_str(), 0600); }},
        Trap{"Directory", [](const fs::path& config) { fs::create_directory(config); }},
        Trap{"Gigabyte",
             [](const fs::path& config) {
               std::ofstream(config) << cri_spec("huge", "huge:1");
               fs::resize_file(config, 1UL << 30);
             }},
        Trap{"NoJson", [](const fs::path& config) { std::ofstream(config) << "not json"; }},
        Trap{"NoSpec", [](const fs::path& config) { std::ofstream(config) << R"({"name":"package"})"; }},
        Trap{"Empty", [](const fs::path& config) { std::ofstream(config) << ""; }},
        Trap{"Missing", [](const fs::path&) {}}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(Bundle, ABundleOfAnotherContainerIsRefused) {
  const fs::path bundle = cri_bundle(kIdB);
  ASSERT_TRUE(create(kIdA, bundle));
  EXPECT_EQ(first(init_of(docker_cgroup(kIdA)), "container.name"), kNoValue);
}

// --- the end

TEST_F(Bundle, WhoseRuntimeFailedIsForgotten) {
  ASSERT_TRUE(create(kIdA, cri_bundle(kIdA)));
  EXPECT_EQ(host_.metric("n_containers"), 1U);
  host_.set_now(kStart + 61 * kSecond);
  ASSERT_TRUE(host_.feed(host::make_procexit(1, host_.now(), 0, 1)));
  host_.set_now(kStart + 92 * kSecond);
  ASSERT_TRUE(host_.feed(host::make_procexit(1, host_.now(), 0, 1)));
  EXPECT_EQ(host_.metric("n_containers"), 0U);
  EXPECT_EQ(host_.metric("async_events_sent"), 2U) << "container, container_removed";
}

TEST_F(Bundle, GoesWithItsLastThreadAfterTheGracePeriod) {
  ASSERT_TRUE(create(kIdA, cri_bundle(kIdA)));
  first(init_of(docker_cgroup(kIdA)), "container.name");
  EXPECT_EQ(host_.ask(host::make_procexit(kInit, kStart, 0, 1), "container.name"), "web");
  EXPECT_EQ(host_.metric("n_containers"), 1U) << "a late event still resolves";
  EXPECT_EQ(host_.metric("async_events_sent"), 1U);
  host_.set_now(kStart + 31 * kSecond);
  ASSERT_TRUE(host_.feed(host::make_procexit(1, host_.now(), 0, 1)));
  EXPECT_EQ(host_.metric("n_containers"), 0U);
  EXPECT_EQ(host_.metric("async_events_sent"), 2U);
}

TEST_F(Bundle, AFloodOfAnnouncementsIsBounded) {
  const fs::path bundle = write_bundle("plain", plain_spec());
  for (int i = 0; i < 6000; ++i) {
    auto data = runtime({"create", "-b", bundle.string(), "flood" + std::to_string(i)}, 100000 + i);
    ASSERT_TRUE(execute(data));
    host_.session().threads().erase_thread(data.tid);
  }
  EXPECT_LE(host_.metric("n_containers"), 4200U);
}

}  // namespace
