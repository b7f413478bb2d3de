// Containers announced by the start of a runtime, through the C interface: the first event of the first
// process is answered though no engine ever speaks; and what a liar can do with it. Spec: docs/plugin.md,
// "Announced by a runtime".
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "bundle_fixture.h"
#include "core/limits.h"
#include "support/eventually.h"

namespace {

namespace fs = std::filesystem;
using test::cri_spec;
using test::docker_cgroup;
using test::kHostCgroup;
using test::kIdA;
using test::kIdB;
using test::kInit;
using test::kNoValue;
using test::kRuntime;
using test::kSecond;
using test::kStart;
using test::plain_spec;
using test::PluginHost;

class Bundle : public test::BundleTest {};

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
  PluginHost host;
  ASSERT_TRUE(host.ok()) << host.error();
  ASSERT_TRUE(host.announce(test::full_container(kIdA)));  // before the capture is opened, as a dump is
  host.open(true);
  auto liar = runtime({"create", "--bundle", cri_bundle(kIdA, "forged").string(), kIdA});
  liar.uid = 1000;
  host.put(liar);
  ASSERT_TRUE(host.feed(host::make_exec_exit(api::kEventExecve19Exit, liar, kStart)));
  const auto init = init_of(docker_cgroup(kIdA));
  EXPECT_EQ(host.ask(host::make_clone_exit(api::kEventCloneExit, init, kStart), "container.name"), "web");
  EXPECT_EQ(host.ask(kInit, "container.image"), "registry.example:5000/team/web:1.2");
  // Nor does an ordinary user's process become one of it.
  const auto child = test::thread(kInit + 1, kHostCgroup, kRuntime);
  EXPECT_EQ(host.ask(host::make_clone_exit(api::kEventCloneExit, child, kStart), "container.id"), "host");
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

// As an ordinary user writes it, to cost Falco time and memory: 64 KiB, which Falco's thread reads itself.
TEST_F(Bundle, WithoutEndIsCutAndSaid) {
  std::string spec =
      R"({"ociVersion":"1.0.2","annotations":{"io.kubernetes.cri.image-name":"app:1"},"mounts":[{"destination":"/first"})";
  while (spec.size() < core::limits::kCachedBundleBytes - 32) spec += R"(,{"destination":"/m"})";
  const fs::path bundle = write_bundle("endless", spec + "]}");
  ASSERT_TRUE(create(kIdA, bundle));
  const auto init = init_of(docker_cgroup(kIdA));
  EXPECT_EQ(first(init, "container.image"), "docker.io/library/app:1");
  EXPECT_EQ(host_.ask(kInit, "container.mount.dest[0]"), "/first");
  EXPECT_EQ(host_.ask(kInit, "container.mount.dest[" + std::to_string(core::limits::kMounts - 1) + "]"),
            "/m");
  EXPECT_EQ(host_.ask(kInit, "container.mount.dest[" + std::to_string(core::limits::kMounts) + "]"),
            kNoValue);
  EXPECT_LT(host_.metric("bytes_in_cache"), core::limits::kRecordMemory);
  EXPECT_EQ(host_.metric("record_values_left_out"), core::limits::kJsonMembers - core::limits::kMounts);
  ASSERT_TRUE(create(kIdB, bundle, kRuntime + 1));
  const auto log = host_.log();
  EXPECT_EQ(
      std::count_if(log.begin(), log.end(),
                    [](const auto& line) { return line.find("limits of a record") != std::string::npos; }),
      1);
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
  // The worker's share comes a moment later.
  ASSERT_TRUE(support::eventually(
      [&] { return host_.metric("bundles_read") + host_.metric("lookups_from_bundle") >= 6000; },
      std::chrono::seconds(30)));
  // Those that had to go resolve until the grace period is over; one call drops some of them.
  for (const uint64_t seconds : {31U, 62U}) {
    host_.set_now(kStart + seconds * kSecond);
    for (int call = 0; call < 200; ++call) ASSERT_TRUE(host_.feed(host::make_procexit(1, host_.now(), 0, 1)));
  }
  EXPECT_LE(host_.metric("n_containers"), 4096U);
}

}  // namespace
