// Where engines said that they put containers: decides before the layouts, and is forgotten with the
// container.
#include "core/cgroup/known_paths.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/cgroup/choice.h"

namespace core::cgroup {
namespace {

const std::string kId(64, 'a');
const std::string kOther(64, 'b');
constexpr Owner kUser = Owner::user(1000);

ContainerKey key(std::string_view id, Owner owner = Owner::machine()) {
  return {id, owner, ContainerType::kUnknown};
}

using Paths = std::vector<std::string>;

TEST(CgroupsPath, IsExpandedAsTheRuntimesDo) {
  const std::vector<std::pair<std::string, Paths>> cases{
      {"/ecs/task/c1", {"/ecs/task/c1"}},
      {"//ecs/./task/x/../c1/", {"/ecs/task/c1"}},
      {"ecs/c1", {"/ecs/c1"}},
      {"/../../ecs/c1", {"/ecs/c1"}},
      {"system.slice:ctr:c1", {"/system.slice:ctr:c1", "/system.slice/ctr-c1.scope"}},
      {"my-own-parent.slice:ctr:c1",
       {"/my-own-parent.slice:ctr:c1", "/my.slice/my-own.slice/my-own-parent.slice/ctr-c1.scope"}},
      {":ctr:c1", {"/:ctr:c1", "/system.slice/ctr-c1.scope"}},
      {"-.slice:ctr:c1", {"/-.slice:ctr:c1", "/ctr-c1.scope"}},
      {"system.slice::c1", {"/system.slice::c1", "/system.slice/-c1.scope"}},
      {"system.slice:ctr:c1.slice", {"/system.slice:ctr:c1.slice", "/system.slice/c1.slice"}},
      // What systemd refuses is a name at most.
      {"system:ctr:c1", {"/system:ctr:c1"}},
      {"a--b.slice:ctr:c1", {"/a--b.slice:ctr:c1"}},
      {"-a.slice:ctr:c1", {"/-a.slice:ctr:c1"}},
      {".slice:ctr:c1", {"/.slice:ctr:c1"}},
      {"system.slice:c1", {"/system.slice:c1"}},
      {"system.slice:ctr:c1:x", {"/system.slice:ctr:c1:x"}},
      {"a/b.slice:ctr:c1", {"/a/b.slice:ctr:c1"}},
      {"system.slice:ctr:", {"/system.slice:ctr:"}},
  };
  for (const auto& [told, paths] : cases) EXPECT_EQ(expand(told, key("c1")), paths) << told;
}

TEST(CgroupsPath, IsNothingWhereOthersAreToo) {
  for (const char* told : {"", "/", "//", "/..", "/system.slice", "/user.slice/user-0.slice", "/init.scope",
                           "/user.slice/user-0.slice/session-1.scope", "/system.slice/ssh.service",
                           "/user.slice/user-1000.slice/user@1000.service", "-.slice", "/nomad.slice"}) {
    EXPECT_EQ(expand(told, key("c1")), Paths{}) << told;
  }
  EXPECT_EQ(expand("/system.slice/web.service", key("web.service")), Paths{"/system.slice/web.service"})
      << "called after the container";
  EXPECT_EQ(expand("/x/" + std::string(5000, 'y'), key("c1")), Paths{});
  EXPECT_EQ(expand("/x", key("")), Paths{});
}

TEST(CgroupsPath, OfAUserIsBelowHisOwnSlice) {
  EXPECT_EQ(expand("/ecs/c1", key("c1", kUser)), Paths{});
  EXPECT_EQ(expand("/user.slice/user-1001.slice/x/c1", key("c1", kUser)), Paths{});
  EXPECT_EQ(expand("/user.slice/user-1000.slice/../../ecs/c1", key("c1", kUser)), Paths{});
  EXPECT_EQ(expand("/user.slice/user-1000.slice/x/c1", key("c1", kUser)),
            Paths{"/user.slice/user-1000.slice/x/c1"});
  EXPECT_EQ(expand("user.slice:libpod:c1", key("c1", kUser)),
            Paths{"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-c1.scope"});
  EXPECT_EQ(expand(":libpod:c1", key("c1", kUser)),
            Paths{"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-c1.scope"});
  EXPECT_EQ(expand("/user.slice/user-1000.slice/x/c1", key("c1", Owner::nobody())), Paths{});
}

class Known : public testing::Test {
 protected:
  // "<type>:<full id>@<its cgroup>", "" for the host, "?" for a name that needs confirmation.
  std::string at(std::string_view path) {
    const Match* match = resolver_.resolve(path);
    if (match == nullptr) return "";
    if (match->needs_confirmation) return "?";
    return std::string(type_name(match->type())) + ":" + match->full_id + "@" +
           std::string(path.substr(0, match->root));
  }
  void put(std::string_view id, std::string_view told, Owner owner = Owner::machine()) {
    known_.put(key(id, owner), ContainerType::kContainerd, told);
  }
  // Whether what was answered before has become another container.
  bool refreshed() {
    resolver_.begin_refresh();
    while (!resolver_.refresh(1)) {
    }
    return resolver_.has_moved();
  }

  KnownPaths known_{Enabled{}};
  Resolver resolver_{Enabled{}, 64, &known_};
};

TEST_F(Known, NamesThatNoLayoutHas) {
  const std::string redis = "8a1c2f3e-1111-2222-3333-444455556666.redis.scope";
  const std::string guid = "0a1b2c3d-1111-2222-3333-444455556666";
  EXPECT_EQ(at("/nomad.slice/" + redis), "");
  put(redis, "/nomad.slice/" + redis);
  put("task1-2718281828", "/ecs/task1/task1-2718281828");
  put(guid, "/system.slice/garden.service/garden/" + guid);
  put("c2", "system.slice:ctr:c2");
  put("c1", "/default/c1");
  EXPECT_EQ(at("/nomad.slice/" + redis), "containerd:" + redis + "@/nomad.slice/" + redis);
  EXPECT_EQ(at("/ecs/task1/task1-2718281828/sub/x"),
            "containerd:task1-2718281828@/ecs/task1/task1-2718281828");
  EXPECT_EQ(at("/system.slice/garden.service/garden/" + guid + " (deleted)"),
            "containerd:" + guid + "@/system.slice/garden.service/garden/" + guid);
  EXPECT_EQ(at("/system.slice/ctr-c2.scope"), "containerd:c2@/system.slice/ctr-c2.scope");
  EXPECT_EQ(at("/system.slice:ctr:c2/init.scope"), "containerd:c2@/system.slice:ctr:c2");
  EXPECT_EQ(at("/default/c1"), "containerd:c1@/default/c1") << "nothing to confirm any more";
  // What stands beside and above them.
  EXPECT_EQ(at("/nomad.slice"), "");
  EXPECT_EQ(at("/nomad.slice/" + redis + "x"), "");
  EXPECT_EQ(at("/ecs/task1"), "?");
  EXPECT_EQ(at("/system.slice/garden.service/garden"), "");
  EXPECT_EQ(at("/x/ecs/task1/task1-2718281828"), "");
}

TEST_F(Known, TheInnermostWinsWhoeverTellsOfIt) {
  put("outer", "/ecs/outer");
  put("inner", "/ecs/outer/x/inner");
  EXPECT_EQ(at("/ecs/outer/x"), "containerd:outer@/ecs/outer");
  EXPECT_EQ(at("/ecs/outer/x/inner/y"), "containerd:inner@/ecs/outer/x/inner");
  EXPECT_EQ(at("/ecs/outer/docker/" + kId), "docker:" + kId + "@/ecs/outer/docker/" + kId);
  put("nested", "/docker/" + kId + "/own");
  EXPECT_EQ(at("/docker/" + kId + "/own/x"), "containerd:nested@/docker/" + kId + "/own");
  EXPECT_EQ(at("/docker/" + kId + "/other"), "docker:" + kId + "@/docker/" + kId);
}

TEST_F(Known, WhatTheLayoutsTellAnywayIsNotKept) {
  put(kId, "/docker/" + kId);
  put(kOther, "system.slice:docker:" + kOther);
  EXPECT_EQ(known_.size(), 0u);
  put(kId, "/libpod_parent/" + kId);
  EXPECT_EQ(known_.size(), 1u) << "a Docker container with an odd parent";
  EXPECT_EQ(at("/libpod_parent/" + kId), "containerd:" + kId + "@/libpod_parent/" + kId);
  Enabled only_containerd{false, false, false, true, false, false, false};
  KnownPaths known(only_containerd);
  known.put(key(kId), ContainerType::kContainerd, "/kubepods/podx/" + kId);
  EXPECT_EQ(known.size(), 1u) << "the layout is that of an engine that is switched off";
}

TEST_F(Known, IsForgottenWithTheContainer) {
  put("c1", "/ecs/t/c1");
  known_.remove(key("c1"));
  EXPECT_EQ(at("/ecs/t/c1"), "containerd:c1@/ecs/t/c1") << "late events";
  known_.forget(key("c1"));
  EXPECT_EQ(at("/ecs/t/c1"), "");
  EXPECT_TRUE(known_.empty());
  known_.forget(key("c1"));
  known_.remove(key("c1"));
}

TEST_F(Known, TheNextContainerInThatPlaceTakesIt) {
  put("old", "/ecs/t/same");
  put("new", "/ecs/t/same");
  EXPECT_EQ(at("/ecs/t/same"), "") << "two at once: it tells of neither";
  known_.remove(key("old"));
  EXPECT_EQ(at("/ecs/t/same"), "containerd:new@/ecs/t/same");
  put("old", "/ecs/t/same");
  EXPECT_EQ(at("/ecs/t/same"), "") << "back again";
  known_.forget(key("old"));
  EXPECT_EQ(at("/ecs/t/same"), "containerd:new@/ecs/t/same");
}

TEST_F(Known, AContainerThatIsElsewhereNowHasLeft) {
  put("c1", "/ecs/t/c1");
  put("c1", "/ecs/u/c1");
  EXPECT_EQ(at("/ecs/t/c1"), "");
  EXPECT_EQ(at("/ecs/u/c1"), "containerd:c1@/ecs/u/c1");
  put("c1", "");
  EXPECT_EQ(at("/ecs/u/c1"), "");
}

TEST_F(Known, AUserTakesNothingFromRoot) {
  const std::string own = "/user.slice/user-1000.slice/x/c1";
  put("evil", "/ecs/t/c1", kUser);
  put("c1", "/ecs/t/c1");
  EXPECT_EQ(at("/ecs/t/c1"), "containerd:c1@/ecs/t/c1");
  put("c1", own, kUser);
  EXPECT_EQ(at(own), "containerd:c1@" + own);
  EXPECT_EQ(resolver_.resolve(own)->owner, kUser);
  EXPECT_EQ(at("/ecs/t/c1"), "containerd:c1@/ecs/t/c1") << "root's container of the same id";
  put("roots", own);
  EXPECT_EQ(resolver_.resolve(own)->full_id, "roots")
      << "root's word about a place is worth more than a user's";
}

TEST_F(Known, SeenFromInsideACgroupNamespace) {
  put("task-1", "/ecs/t/task-1");
  put("c9", "/some/where/payload");
  EXPECT_EQ(at("/../../ecs/t/task-1/sub"), "containerd:task-1@/../../ecs/t/task-1");
  EXPECT_EQ(at("/../t/task-1"), "containerd:task-1@/../t/task-1");
  EXPECT_EQ(at("/../task-1"), "containerd:task-1@/../task-1");
  EXPECT_EQ(at("/../../some/where/payload"), "containerd:c9@/../../some/where/payload");
  EXPECT_EQ(at("/../payload"), "") << "a name that anybody may have";
  EXPECT_EQ(at("/../x/task-1"), "?");
  EXPECT_EQ(at("/..task-1"), "");
  put("task-1x", "/other/task-1x");
  put("task-1", "/ecs/t/task-1");
  EXPECT_EQ(at("/../task-1"), "containerd:task-1@/../task-1");
  known_.put(key("task-1", Owner::user(7)), ContainerType::kPodman, "/user.slice/user-7.slice/task-1");
  EXPECT_EQ(at("/../task-1"), "") << "which of the two cannot be told";
}

TEST_F(Known, OfSeveralControllersKnowledgeDecides) {
  put("c1", "/ecs/t/c1");
  const auto decided = [&](const Paths& paths) {
    Choice choice;
    for (const std::string& path : paths) {
      if (const Match* match = resolver_.resolve(path)) choice.offer(*match, path);
    }
    return choice.match() != nullptr ? choice.match()->full_id : "";
  };
  EXPECT_EQ(decided({"/docker/" + kId, "/ecs/t/c1"}), "c1");
  EXPECT_EQ(decided({"/ecs/t/c1", "/docker/" + kId}), "c1");
  EXPECT_EQ(decided({"/default/x", "/ecs/t/c1"}), "c1");
  EXPECT_EQ(decided({"/ecs/t/c1/docker/" + kId, "/ecs/t/c1"}), kId);
  EXPECT_EQ(decided({"/ecs/t/c1", "/ecs/t/c1/docker/" + kId}), kId);
}

TEST_F(Known, IsBounded) {
  KnownPaths few(Enabled{}, 2);
  for (const char* id : {"a", "b", "c"})
    few.put(key(id), ContainerType::kContainerd, "/x/y/" + std::string(id));
  EXPECT_EQ(few.size(), 2u);
}

TEST_F(Known, TheTypeMayBecomeKnownLater) {
  known_.put(key("c1"), ContainerType::kUnknown, "/ecs/t/c1");
  EXPECT_EQ(at("/ecs/t/c1"), "unknown:c1@/ecs/t/c1");
  EXPECT_STREQ(engine_name(resolver_.resolve("/ecs/t/c1")->engine), "unknown");
  known_.put(key("c1"), ContainerType::kCrio, "/ecs/t/c1");
  EXPECT_EQ(at("/ecs/t/c1"), "cri-o:c1@/ecs/t/c1");
  EXPECT_STREQ(engine_name(resolver_.resolve("/ecs/t/c1")->engine), "cri");
}

TEST_F(Known, WhatWasAskedBeforeIsToldAgain) {
  EXPECT_EQ(at("/ecs/t/c1/sub"), "");
  EXPECT_EQ(at("/default/web"), "?");
  EXPECT_FALSE(refreshed()) << "nothing is new";
  put("c2", "/ecs/t/c2");
  EXPECT_FALSE(refreshed()) << "nobody has asked for anything there";
  put("web", "/default/web");
  EXPECT_FALSE(refreshed()) << "confirmed, and no other than before";
  put("c1", "/ecs/t/c1");
  EXPECT_TRUE(refreshed());
  EXPECT_FALSE(refreshed());
  EXPECT_EQ(at("/ecs/t/c1/sub"), "containerd:c1@/ecs/t/c1");
  put("inner", "/ecs/t/c1/sub");
  EXPECT_TRUE(refreshed()) << "another container";
  known_.forget(key("inner"));
  EXPECT_TRUE(refreshed()) << "the outer one again";
  known_.forget(key("c1"));
  EXPECT_FALSE(refreshed()) << "no thread is left there";
}

// A layout would make it the user's.
TEST_F(Known, RootsContainerBelowAUsersSliceIsRoots) {
  const std::string path = "/user.slice/user-1000.slice/docker-" + kId + ".scope";
  EXPECT_EQ(resolver_.resolve(path)->owner, kUser);
  put(kId, "user-1000.slice:docker:" + kId);
  EXPECT_EQ(resolver_.resolve(path)->owner, Owner::machine());
  EXPECT_EQ(resolver_.resolve(path)->full_id, kId);
  put(kId, path, kUser);
  EXPECT_EQ(resolver_.resolve(path)->owner, Owner::machine()) << "the user's own word changes nothing";
}

// Root's runtime may put a container below a user's slice. Once it is gone, what is there is the user's.
TEST_F(Known, AUserInheritsNoPlaceOfRoots) {
  const std::string path = "/user.slice/user-1000.slice/x/c1";
  put("roots", path);
  EXPECT_EQ(at(path), "containerd:roots@" + path);
  known_.remove(key("roots"));
  EXPECT_EQ(at(path), "");
  EXPECT_TRUE(known_.empty());
}

// Paths may be as deep as there is room for.
TEST_F(Known, ADeepPathIsLookedAtNoDeeperThanWhatIsKnown) {
  put("c1", "/ecs/t/c1");
  std::string deep = "/ecs/t/c1";
  while (deep.size() < kMaxRememberedPath) deep += "/x";
  EXPECT_EQ(at(deep), "containerd:c1@/ecs/t/c1");
  EXPECT_EQ(at("/y" + deep), "");
  put("c2", deep.substr(0, 1001) + "/c2");
  EXPECT_EQ(known_.size(), 1u) << "deeper than anybody puts containers";
  put("c2", std::string(kMaxRememberedPath, '/') + "c2");
  EXPECT_EQ(known_.size(), 1u) << "longer than any path of the kernel's";
}

}  // namespace
}  // namespace core::cgroup
