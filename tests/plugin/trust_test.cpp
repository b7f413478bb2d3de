// Whose word counts for which container, through the C interface: what ordinary users do to deceive, and what
// their own containers are still known by. Spec: docs/security.md.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "bundle_fixture.h"
#include "support/eventually.h"
#include "support/fake_docker.h"
#include "support/temp_dir.h"

namespace {

namespace fs = std::filesystem;
using core::ContainerType;
using core::Owner;
using support::eventually;
using test::cri_spec;
using test::docker_cgroup;
using test::kHostCgroup;
using test::kIdA;
using test::kIdB;
using test::kInit;
using test::kNoValue;
using test::kRuntime;
using test::kStart;
using test::plain_spec;
using test::PluginHost;

constexpr uint32_t kUser = 1000;
const std::string kSlice = "/user.slice/user-1000.slice/user@1000.service/";

std::string users_cgroup(const std::string& id) {
  return kSlice + "user.slice/libpod-" + id + ".scope";
}

core::Container container(const std::string& id, const std::string& name, Owner owner = {}) {
  core::Container result = test::full_container(id);
  result.name = name;
  result.owner = owner;
  return result;
}

// --- cgroups that users make

class UsersCgroups : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(host_.ok()) << host_.error(); }
  // The first event of a thread.
  std::string first(const host::ThreadData& data, std::string_view field) {
    return host_.ask(host::make_clone_exit(api::kEventCloneExit, data, kStart), field);
  }
  PluginHost host_;
};

TEST_F(UsersCgroups, AScopeThatIsCalledAsRootsContainerIsNotThatContainer) {
  host_.open();
  ASSERT_TRUE(host_.announce(container(kIdA, "roots")));
  const auto liar = test::thread(10, kSlice + "docker-" + kIdA + ".scope");
  EXPECT_EQ(first(liar, "container.id"), "aaaaaaaaaaaa") << "what it is called is shown";
  EXPECT_EQ(host_.ask(10, "container.name"), kNoValue);
  EXPECT_EQ(host_.ask(10, "container.image"), kNoValue);
  EXPECT_EQ(host_.ask(10, "container.privileged"), kNoValue);
  EXPECT_EQ(first(test::thread(11, docker_cgroup(kIdA)), "container.name"), "roots");
}

TEST_F(UsersCgroups, ANameIsOfItsTypeAndOwner) {
  host_.open();
  EXPECT_EQ(first(test::thread(10, "/lxc.payload.falco"), "container.type"), "lxc");
  EXPECT_EQ(first(test::thread(11, kSlice + "bpm-falco.scope"), "container.type"), "bpm");
  EXPECT_EQ(first(test::thread(12, kSlice + "lxc.payload.falco"), "container.type"), "lxc");
  EXPECT_EQ(first(test::thread(13, "/system.slice/bpm-falco.scope"), "container.type"), "bpm");
  EXPECT_EQ(host_.ask(10, "container.type"), "lxc");
  EXPECT_EQ(host_.metric("n_containers"), 4U);
  // The end of his is not the end of root's.
  ASSERT_TRUE(host_.feed(host::make_procexit(12, kStart)));
  host_.set_now(kStart + 100 * test::kSecond);
  ASSERT_TRUE(host_.feed(host::make_procexit(99, host_.now())));
  EXPECT_EQ(host_.ask(10, "container.name"), "falco");
}

TEST_F(UsersCgroups, APathOfTheMachineComesBeforeAUsers) {
  host_.open();
  auto data = test::thread(10, "");
  data.cgroups = {{"name=systemd", kSlice + "docker-" + kIdB + ".scope"}, {"cpu", docker_cgroup(kIdA)}};
  EXPECT_EQ(first(data, "container.id"), "aaaaaaaaaaaa");
}

TEST_F(UsersCgroups, OthersProcessesInThemAreTheHosts) {
  host_.open();
  auto his = test::thread(10, users_cgroup(kIdA));
  his.uid = kUser;
  EXPECT_EQ(first(his, "container.id"), "aaaaaaaaaaaa");
  his.uid = 0;  // sudo
  host_.put(his);
  EXPECT_EQ(host_.ask(host::make_exec_exit(api::kEventExecve19Exit, his, kStart), "container.id"), "host");
  his.uid = 1001;  // su
  host_.put(his);
  EXPECT_EQ(host_.ask(host::make_exec_exit(api::kEventExecve19Exit, his, kStart), "container.id"), "host");
  auto inside = test::thread(11, users_cgroup(kIdA));
  inside.uid = 0;
  inside.vpid = inside.vtid = 1;
  EXPECT_EQ(first(inside, "container.id"), "aaaaaaaaaaaa") << "in a pid namespace of its own";
}

// --- captures

TEST_F(UsersCgroups, ACaptureKeepsWhoseContainersTheyAre) {
  host_.open();
  ASSERT_TRUE(host_.announce(container(kIdA, "roots")));
  ASSERT_TRUE(host_.announce(container(kIdA, "forged", Owner::user(kUser))));
  ASSERT_TRUE(host_.announce(container(kIdB, "his", Owner::user(kUser))));
  ASSERT_TRUE(host_.announce(container("sshd", "forged", Owner::user(kUser))));
  EXPECT_EQ(first(test::thread(10, docker_cgroup(kIdA)), "container.name"), "roots");
  EXPECT_EQ(first(test::thread(11, docker_cgroup(kIdB)), "container.name"), kNoValue);
  EXPECT_EQ(first(test::thread(12, users_cgroup(kIdA)), "container.name"), "forged");
  EXPECT_EQ(first(test::thread(13, users_cgroup(kIdB)), "container.name"), "his");
  EXPECT_EQ(first(test::thread(14, "/openrc/sshd"), "container.id"), "host");
  ASSERT_TRUE(host_.announce_removed(container(kIdA, "forged", Owner::user(kUser))));
  host_.set_now(kStart + 100 * test::kSecond);
  ASSERT_TRUE(host_.feed(host::make_procexit(99, host_.now())));
  EXPECT_EQ(host_.ask(10, "container.name"), "roots");
}

// Captures from before there were owners.
TEST_F(UsersCgroups, AnOlderCapturesContainersAreKnownBelowUsersSlicesToo) {
  host_.open();
  const auto early = test::thread(10, users_cgroup(kIdA));
  EXPECT_EQ(first(early, "container.id"), "aaaaaaaaaaaa");
  const std::string json = R"({"container":{"type":11,"id":"aaaaaaaaaaaa","full_id":")" + kIdA +
                           R"(","name":"rootless","image":"i:1"}})";
  ASSERT_TRUE(host_.feed(host::make_async(kStart, "container", json)));
  EXPECT_EQ(host_.ask(10, "container.name"), "rootless");
  EXPECT_EQ(first(test::thread(11, users_cgroup(kIdA)), "container.name"), "rootless");
}

// --- runtimes that users start

class UsersRuntime : public test::BundleTest {
 protected:
  // A bundle that is the user's.
  fs::path users_bundle(const std::string& spec, const std::string& name = "his") {
    const fs::path bundle = write_bundle(name, spec);
    give(bundle);
    give(bundle / "config.json");
    return bundle;
  }
  static void give(const fs::path& path) { EXPECT_EQ(::chown(path.c_str(), kUser, kUser), 0) << path; }
  bool user_creates(const std::string& id, const fs::path& bundle, int64_t pid = kRuntime) {
    auto data = runtime({"create", "--bundle", bundle.string(), id}, pid);
    data.uid = kUser;
    return execute(data);
  }
  static host::ThreadData as(uint32_t uid, host::ThreadData data) {
    data.uid = uid;
    return data;
  }
  std::string exec(const host::ThreadData& data, std::string_view field) {
    host_.put(data);
    return host_.ask(host::make_exec_exit(api::kEventExecve19Exit, data, kStart), field);
  }
};

TEST_F(UsersRuntime, HisOwnContainerIsKnown) {
  ASSERT_TRUE(user_creates(kIdA, users_bundle(cri_spec("his", "his:1"))));
  const auto stage = as(kUser, test::thread(kInit + 10, kHostCgroup, kRuntime));
  EXPECT_EQ(first(stage, "container.id"), "host");
  EXPECT_EQ(first(as(kUser, init_of(kHostCgroup, stage.tid)), "container.name"), "his");
  auto child = as(100033, test::thread(700, kHostCgroup, kInit));  // of his subordinate ids
  child.vpid = child.vtid = 2;
  EXPECT_EQ(first(child, "container.name"), "his");
}

TEST_F(UsersRuntime, WithoutAPidNamespaceItDressesNobody) {
  ASSERT_TRUE(user_creates(kIdA, users_bundle(plain_spec(false))));
  const auto child = as(kUser, test::thread(kInit, kHostCgroup, kRuntime));
  EXPECT_EQ(first(child, "container.id"), "host");
  EXPECT_EQ(exec(program_of(child), "container.id"), "host");
  // What sudo starts.
  const auto sudo = as(0, program_of(test::thread(kInit + 1, kHostCgroup, kRuntime)));
  EXPECT_EQ(first(sudo, "container.id"), "host");
  EXPECT_EQ(exec(sudo, "container.id"), "host");
}

TEST_F(UsersRuntime, ASetuidProgramEndsIt) {
  ASSERT_TRUE(user_creates(kIdA, users_bundle(cri_spec("forged", "forged:1"))));
  auto helper = as(kUser, test::thread(650, kHostCgroup, kRuntime));
  EXPECT_EQ(first(helper, "container.id"), "host");
  helper.uid = 0;
  EXPECT_EQ(exec(helper, "container.id"), "host");
  // Whoever it makes: root's own, or his again.
  EXPECT_EQ(first(as(0, init_of(kHostCgroup, 650, 651)), "container.id"), "host");
  EXPECT_EQ(first(as(kUser, init_of(kHostCgroup, 650, 652)), "container.id"), "host");
  EXPECT_EQ(first(as(0, init_of(kHostCgroup, kRuntime, 653)), "container.id"), "host");
}

TEST_F(UsersRuntime, NamesOfHisChoiceAreNone) {
  ASSERT_TRUE(user_creates("web1", users_bundle(plain_spec())));
  EXPECT_EQ(first(as(kUser, init_of(kHostCgroup)), "container.id"), "host");
  EXPECT_EQ(host_.metric("async_events_sent"), 0U);
}

TEST_F(UsersRuntime, HisWordIsNotAboutRootsContainer) {
  ASSERT_TRUE(user_creates(kIdA, users_bundle(cri_spec("forged", "forged:1"))));
  EXPECT_EQ(first(test::thread(800, docker_cgroup(kIdA), 1), "container.name"), kNoValue);
  EXPECT_EQ(host_.ask(800, "container.id"), "aaaaaaaaaaaa");
}

TEST_F(UsersRuntime, HisCgroupsTeachNothingOfTheMachines) {
  ASSERT_TRUE(user_creates(kIdA, users_bundle(cri_spec("forged", "forged:1"))));
  EXPECT_EQ(first(as(kUser, init_of("/system.slice/sshd.service")), "container.name"), "forged");
  ASSERT_EQ(exec(as(kUser, program_of(init_of("/system.slice/sshd.service"))), "container.name"), "forged");
  EXPECT_EQ(first(test::thread(810, "/system.slice/sshd.service", 1), "container.id"), "host");
}

// Above 256 KiB the worker reads the bundle.
TEST_F(UsersRuntime, OfALargeBundleTooItIsHisWord) {
  const std::string large = R"(,"x":")" + std::string(300000, 'x') + '"';
  ASSERT_TRUE(user_creates(kIdA, users_bundle(cri_spec("forged", "forged:1", large))));
  ASSERT_TRUE(eventually([&] { return host_.metric("lookups_from_bundle") == 1U; }));
  EXPECT_EQ(first(test::thread(800, docker_cgroup(kIdA), 1), "container.name"), kNoValue);
  ASSERT_TRUE(create(kIdA, write_bundle("real", cri_spec("real", "")), kRuntime + 5));
  EXPECT_EQ(host_.ask(800, "container.name"), "real");
  EXPECT_EQ(host_.ask(800, "container.image"), kNoValue) << "nothing of the user's is left";
}

TEST_F(UsersRuntime, ABundleThatOthersCanHaveWrittenTellsNothing) {
  ASSERT_TRUE(create(kIdA, users_bundle(cri_spec("forged", "forged:1"))));
  EXPECT_EQ(first(init_of(docker_cgroup(kIdA)), "container.id"), "aaaaaaaaaaaa");
  EXPECT_EQ(host_.ask(kInit, "container.name"), kNoValue);
  const fs::path open = write_bundle("open/b", cri_spec("forged", "forged:1"));
  fs::permissions(dir_ / "open", fs::perms::all);
  ASSERT_TRUE(create(kIdB, open, kRuntime + 5));
  EXPECT_EQ(first(init_of(docker_cgroup(kIdB), kRuntime + 5, 900), "container.name"), kNoValue);
}

// --- a name that root's bundle confirms

class Confirmation : public UsersRuntime {
 protected:
  fs::path ctr_bundle(const std::string& id, const std::string& directory) {
    return write_bundle(directory + "/io.containerd.runtime.v2.task/default/" + id,
                        cri_spec("", "i:1", R"(,"cgroupsPath":"/default/)" + id + '"'));
  }
};

TEST_F(Confirmation, ByABundleThatOnlyRootCanHaveWritten) {
  ASSERT_TRUE(create("cd0", ctr_bundle("cd0", "roots")));
  EXPECT_EQ(first(test::thread(800, "/default/cd0", 1), "container.id"), "cd0");
  EXPECT_EQ(host_.ask(800, "container.image"), "docker.io/library/i:1");
  EXPECT_EQ(first(test::thread(801, "/system/cd0", 1), "container.id"), "host") << "another cgroup";
  EXPECT_EQ(first(test::thread(802, "/default/cd1", 1), "container.id"), "host");
}

TEST_F(Confirmation, NotByOneThatOthersCouldHaveWritten) {
  const fs::path bundle = ctr_bundle("sshd", "others");
  fs::permissions(dir_ / "others", fs::perms::all);
  ASSERT_TRUE(create("sshd", bundle));
  EXPECT_EQ(first(test::thread(800, "/default/sshd", 1), "container.id"), "host");
  ASSERT_TRUE(user_creates("cron", users_bundle(plain_spec()), kRuntime + 5));
  EXPECT_EQ(first(test::thread(801, "/default/cron", 1), "container.id"), "host");
}

// --- users' sockets

TEST(UsersSocket, SpeaksOfHisContainersOnly) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give the socket away";
  const support::TempDir root;
  const std::string runtime = root / "run/user/1000";
  fs::create_directories(runtime + "/podman");
  const std::string users = runtime + "/podman/podman.sock";
  support::FakeDocker docker(root / "docker.sock");
  support::FakeDocker podman(users, support::FakeDocker::Kind::kPodman);
  for (const std::string& path : {runtime, runtime + "/podman", users}) {
    ASSERT_EQ(::chown(path.c_str(), kUser, kUser), 0);
  }
  docker.add(kIdA, "roots");
  for (const std::string& id : {kIdA, kIdB, std::string("sshd")}) podman.add(id, "forged");
  ASSERT_EQ(::setenv("HOST_ROOT", root.path().c_str(), 1), 0);
  PluginHost host(
      R"({"engines":{"docker":{"sockets":["/docker.sock"]},"containerd":{"enabled":false},"cri":{"enabled":false}}})");
  ASSERT_EQ(::unsetenv("HOST_ROOT"), 0);
  ASSERT_TRUE(host.ok()) << host.error();
  host.open(true);
  const auto name = [&](int64_t tid, const std::string& cgroup) {
    return host.ask(host::make_clone_exit(api::kEventCloneExit, test::thread(tid, cgroup), kStart),
                    "container.name");
  };
  ASSERT_TRUE(eventually([&] { return name(12, users_cgroup(kIdB)).ends_with("forged"); })) << "his own";
  ASSERT_TRUE(eventually([&] { return name(10, docker_cgroup(kIdA)) == "roots"; }));
  EXPECT_EQ(name(11, docker_cgroup(kIdB)), kNoValue) << "an id that root's engine does not know yet";
  EXPECT_EQ(name(13, "/openrc/sshd"), "host");
  podman.remove(kIdA);
  podman.tell("remove", kIdA);
  podman.tell("start", kIdB, "renamed");
  ASSERT_TRUE(eventually([&] { return podman.sent() >= 2; }));
  EXPECT_EQ(name(10, docker_cgroup(kIdA)), "roots");
  host.session().close();
}

// A user's engine is asked, so its errors are told; none of them looks like a line of Falco's own.
TEST(EnginesWords, AreOneLineOfPlainText) {
  const support::TempDir root;
  support::FakeDocker docker(root / "docker.sock");
  docker.set_fault([](support::FakeConnection& connection, const std::string& target) {
    if (target.find("/events") == std::string::npos) return false;
    return connection.answer(500,
                             "no events\n\x1b[2J15:00:00: Critical forged\r\n" + std::string(10'000, 'x'));
  });
  ASSERT_EQ(::setenv("HOST_ROOT", root.path().c_str(), 1), 0);
  PluginHost host(R"({"engines":{"docker":{"sockets":["/docker.sock"]},"podman":{"enabled":false},)"
                  R"("containerd":{"enabled":false},"cri":{"enabled":false}}})");
  ASSERT_EQ(::unsetenv("HOST_ROOT"), 0);
  ASSERT_TRUE(host.ok()) << host.error();
  host.open(true);
  const auto told = [&] {
    const std::vector<std::string> log = host.log();
    return std::any_of(log.begin(), log.end(),
                       [](const std::string& line) { return line.find("no events") != std::string::npos; });
  };
  ASSERT_TRUE(eventually(told));
  for (const std::string& line : host.log()) {
    EXPECT_TRUE(std::none_of(line.begin(), line.end(), [](unsigned char c) { return c < 0x20; })) << line;
    EXPECT_LT(line.size(), 2100U);
  }
  host.session().close();
}

}  // namespace
