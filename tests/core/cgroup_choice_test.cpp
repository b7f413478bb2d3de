// Of a thread's several cgroup paths, the one that decides.
#include "core/cgroup/choice.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace core::cgroup {
namespace {

const std::string kOuter(64, 'a');
const std::string kInner(64, 'b');

// "<full id> by <path>", "host" when there is none; "?" after a name that needs confirmation.
std::string decided(const std::vector<std::string>& paths) {
  Resolver resolver(Enabled{});
  Choice choice;
  for (const std::string& path : paths) {
    if (const Match* match = resolver.resolve(path)) choice.offer(*match, path);
  }
  if (choice.match() == nullptr) return "host";
  return choice.match()->full_id + (choice.match()->needs_confirmation ? "?" : "") + " by " + choice.path();
}

// In every order of the paths.
void expect_always(std::vector<std::string> paths, const std::string& expected) {
  std::sort(paths.begin(), paths.end());
  do {
    std::string all;
    for (const std::string& path : paths) all += path + " ";
    EXPECT_EQ(decided(paths), expected) << all;
  } while (std::next_permutation(paths.begin(), paths.end()));
}

TEST(CgroupChoice, TheContainerInsideTheOtherIsTheNearer) {
  const std::string docker = "/docker/" + kOuter;
  expect_always({docker, docker + "/docker/" + kInner, "/"}, kInner + " by " + docker + "/docker/" + kInner);
  expect_always({"/lxc/web", "/lxc/web/docker/" + kInner}, kInner + " by /lxc/web/docker/" + kInner);
  expect_always({"/lxc.payload.web/init.scope", "/lxc.payload.web/docker/" + kInner},
                kInner + " by /lxc.payload.web/docker/" + kInner);
  const std::string pod = docker + "/kubelet/kubepods/burstable/podX/" + kInner;
  expect_always({docker, docker + "/kubelet", pod}, kInner + " by " + pod);
  expect_always({"/../" + kOuter, "/../" + kOuter + "/docker/" + kInner},
                kInner + " by /../" + kOuter + "/docker/" + kInner);
}

TEST(CgroupChoice, ThreeLevelsAreNoDifferent) {
  const std::string middle = "/lxc/web/docker/" + kOuter;
  expect_always({"/lxc/web", middle, middle + "/docker/" + kInner},
                kInner + " by " + middle + "/docker/" + kInner);
}

TEST(CgroupChoice, OfUnrelatedPathsTheFirstDecides) {
  EXPECT_EQ(decided({"/docker/" + kOuter, "/lxc/web"}), kOuter + " by /docker/" + kOuter);
  EXPECT_EQ(decided({"/lxc/web", "/docker/" + kOuter}), "web by /lxc/web");
  EXPECT_EQ(decided({"/lxc/web", "/lxc/web2/docker/" + kInner}), "web by /lxc/web")
      << "no part of one, but of its name";
  EXPECT_EQ(decided({"/lxc/web", "/lxc/web/sub"}), "web by /lxc/web") << "the same container";
  EXPECT_EQ(decided({"/", "/system.slice/ssh.service"}), "host");
  EXPECT_EQ(decided({}), "host");
}

TEST(CgroupChoice, ANameThatNeedsConfirmationGivesWay) {
  expect_always({"/default/web", "/docker/" + kInner}, kInner + " by /docker/" + kInner);
  expect_always({"/default/web", "/default/web/docker/" + kInner},
                kInner + " by /default/web/docker/" + kInner);
  EXPECT_EQ(decided({"/default/web", "/other/web"}), "web? by /default/web");
}

TEST(CgroupChoice, IsUsedAgain) {
  Choice choice;
  choice.offer({.full_id = kOuter, .root = 2}, "/a");
  choice.clear();
  EXPECT_EQ(choice.match(), nullptr);
  choice.offer({.full_id = kInner, .root = 2}, "/b");
  EXPECT_EQ(choice.match()->full_id, kInner);
  EXPECT_EQ(choice.path(), "/b");
}

TEST(CgroupResolver, TellsWhereTheContainersOwnCgroupEnds) {
  for (const auto& [path, root] : std::vector<std::pair<std::string, std::string>>{
           {"/docker/" + kOuter + "/init.scope", "/docker/" + kOuter},
           {"//docker//" + kOuter + "//x/", "//docker//" + kOuter},
           {"/lxc.payload.web", "/lxc.payload.web"},
           {"/lxc/c4/lxc.payload.c4/x", "/lxc/c4/lxc.payload.c4"},
           {"/machine.slice/libpod-" + kOuter + ".scope/container",
            "/machine.slice/libpod-" + kOuter + ".scope"},
           {"/default/web", "/default/web"},
           {"/docker/" + kOuter + "/kata_overhead/" + kInner, "/docker/" + kOuter},
           {"/docker/" + kOuter + " (deleted)", "/docker/" + kOuter}}) {
    const auto match = Resolver::match(path, Enabled{});
    ASSERT_TRUE(match) << path;
    EXPECT_EQ(path.substr(0, match->root), root) << path;
  }
}

}  // namespace
}  // namespace core::cgroup
