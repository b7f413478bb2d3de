// Containers that no cgroup path tells of.
#include "plugin/lineage.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace {

using plugin::Creation;
using plugin::Lineage;

constexpr int64_t kRuntime = 100;
constexpr int64_t kStage = 101;
constexpr int64_t kInit = 102;
const std::string kProgram = std::string("/bin/sh") + '\0' + "-c" + '\0' + "true" + '\0';

std::shared_ptr<const Creation> creation(const std::string& id, bool own_pid_namespace = true) {
  Creation one;
  one.container = {id};
  one.own_pid_namespace = own_pid_namespace;
  one.program = kProgram;
  return std::make_shared<const Creation>(std::move(one));
}

constexpr auto kHost = Lineage::PidNamespace::kHost;
constexpr auto kFirst = Lineage::PidNamespace::kFirstOfAnother;
constexpr auto kAnother = Lineage::PidNamespace::kAnother;

std::string id_of(const Creation* found) {
  return found != nullptr ? found->container.full_id : "";
}
std::string id_of(const Lineage::Answer& answer) {
  return id_of(answer.creation);
}

class LineageTest : public testing::Test {
 protected:
  Lineage lineage_;
};

TEST_F(LineageTest, TheFirstOfAPidNamespaceBelowARuntimeIsTheContainers) {
  EXPECT_TRUE(lineage_.idle());
  lineage_.created(kRuntime, creation("web"));
  EXPECT_FALSE(lineage_.idle());
  EXPECT_EQ(id_of(lineage_.cloned(kStage, kRuntime, kHost)), "");
  EXPECT_EQ(id_of(lineage_.cloned(kInit, kStage, kFirst)), "web");
}

TEST_F(LineageTest, StrangersAndHelpersAreNot) {
  lineage_.created(kRuntime, creation("web"));
  EXPECT_EQ(id_of(lineage_.cloned(7, 6, kFirst)), "") << "another container of another runtime";
  EXPECT_EQ(id_of(lineage_.cloned(kStage, kRuntime, kHost)), "") << "a hook";
  EXPECT_EQ(id_of(lineage_.executed(kStage, kProgram, kHost)), "") << "in the host's pid namespace";
}

TEST_F(LineageTest, WithoutAPidNamespaceTheProgramTells) {
  lineage_.created(kRuntime, creation("web", false));
  EXPECT_EQ(id_of(lineage_.cloned(kStage, kRuntime, kHost)), "");
  EXPECT_EQ(id_of(lineage_.executed(kStage, "/bin/hook", kHost)), "");
  EXPECT_EQ(id_of(lineage_.executed(kStage, kProgram, kHost)), "web");
}

TEST_F(LineageTest, LearnsTheContainersOwnCgroup) {
  lineage_.created(kRuntime, creation("web"));
  lineage_.cloned(kInit, kRuntime, kFirst);
  lineage_.learn({"web"}, "/web");
  EXPECT_EQ(id_of(lineage_.container_at("/web")), "web");
  EXPECT_EQ(id_of(lineage_.container_at("/web/init.scope/x")), "web");
  EXPECT_EQ(id_of(lineage_.container_at("/webs")), "");
  EXPECT_EQ(id_of(lineage_.container_at("/")), "");
  EXPECT_EQ(id_of(lineage_.container_at("")), "");
}

TEST_F(LineageTest, NeverLearnsACgroupOfTheHost) {
  lineage_.created(kRuntime, creation("web"));
  lineage_.learn_host({"web"}, "/user.slice/session-1.scope");
  lineage_.learn({"web"}, "/user.slice/session-1.scope");
  lineage_.learn({"web"}, "/conmon");
  EXPECT_EQ(id_of(lineage_.container_at("/conmon")), "web");
  lineage_.learn_host({"web"}, "/conmon");
  EXPECT_EQ(id_of(lineage_.container_at("/conmon")), "") << "the runtime turns out to be there";
  lineage_.learn({"web"}, "/");
  lineage_.learn({"web"}, "");
  lineage_.learn({"unknown"}, "/unknown");
  EXPECT_EQ(id_of(lineage_.container_at("/user.slice/session-1.scope")), "");
  EXPECT_EQ(id_of(lineage_.container_at("/unknown")), "");
}

TEST(AsksFor, ThePathOrTheScopeOfTheBundle) {
  Creation creation;
  creation.container = {"web"};
  creation.cgroups_path = "/pods/web";
  EXPECT_TRUE(plugin::asks_for(creation, "/pods/web"));
  EXPECT_FALSE(plugin::asks_for(creation, "/pods/web/sub"));
  EXPECT_FALSE(plugin::asks_for(creation, "/other/pods/web"));
  creation.cgroups_path = "system.slice:ctr:web";
  EXPECT_TRUE(plugin::asks_for(creation, "/system.slice/ctr-web.scope"));
  EXPECT_TRUE(plugin::asks_for(creation, "/some.slice/ctr-web.scope"));
  // There a user makes scopes that are called as he likes: they are his.
  EXPECT_FALSE(plugin::asks_for(creation, "/user.slice/user@1000.service/ctr-web.scope"));
  creation.container.owner = core::Owner::user(1000);
  EXPECT_TRUE(plugin::asks_for(creation, "/user.slice/user@1000.service/ctr-web.scope"));
  EXPECT_FALSE(plugin::asks_for(creation, "/user.slice/user@1001.service/ctr-web.scope"));
  EXPECT_FALSE(plugin::asks_for(creation, "/system.slice/ctr-web.scope"));
  creation.container.owner = core::Owner::machine();
  EXPECT_FALSE(plugin::asks_for(creation, "/system.slice/runc-web.scope"));
  EXPECT_FALSE(plugin::asks_for(creation, "/system.slice/ctr-web.service"));
  EXPECT_FALSE(plugin::asks_for(creation, "/system.slice/web.scope"));
  creation.cgroups_path = "system.slice:web";
  EXPECT_FALSE(plugin::asks_for(creation, "/system.slice/web"));
  creation.cgroups_path = "";
  EXPECT_TRUE(plugin::asks_for(creation, "/web"));
  EXPECT_TRUE(plugin::asks_for(creation, "/some/where/web"));
  EXPECT_TRUE(plugin::asks_for(creation, "/system.slice/runc-web.scope"));
  EXPECT_FALSE(plugin::asks_for(creation, "/system.slice/web.scope"));
  EXPECT_FALSE(plugin::asks_for(creation, "/webs"));
  EXPECT_FALSE(plugin::asks_for(creation, ""));
}

TEST_F(LineageTest, ACgroupIsTheFirstContainersThatHadIt) {
  lineage_.created(kRuntime, creation("a"));
  lineage_.created(kRuntime + 1, creation("b"));
  lineage_.learn({"a"}, "/shared");
  lineage_.learn({"b"}, "/shared");
  EXPECT_EQ(id_of(lineage_.container_at("/shared")), "a");
  lineage_.forget({"b"});
  EXPECT_EQ(id_of(lineage_.container_at("/shared")), "a");
  lineage_.forget({"a"});
  EXPECT_EQ(id_of(lineage_.container_at("/shared")), "");
}

TEST_F(LineageTest, EndsWhenTheContainersProgramRuns) {
  lineage_.created(kRuntime, creation("web"));
  lineage_.cloned(kInit, kRuntime, kFirst);
  EXPECT_EQ(id_of(lineage_.executed(kInit, "runc", kFirst)), "web");
  EXPECT_EQ(id_of(lineage_.executed(kInit, kProgram, kFirst)), "web");
  EXPECT_EQ(id_of(lineage_.executed(kInit, "whatever it runs later", kFirst)), "");
  EXPECT_EQ(id_of(lineage_.cloned(200, kRuntime, kFirst)), "") << "the runtime has done its work";
}

TEST_F(LineageTest, EndsAfterAFewProgramsThoughNoneWasTheOneInTheBundle) {
  lineage_.created(kRuntime, creation("web"));
  lineage_.cloned(kInit, kRuntime, kFirst);
  int told = 0;
  for (int i = 0; i < 10; ++i) told += lineage_.executed(kInit, "x", kFirst).creation != nullptr ? 1 : 0;
  EXPECT_EQ(told, 3);
}

TEST_F(LineageTest, APidThatIsUsedAgainDescendsFromNobody) {
  lineage_.created(kRuntime, creation("web"));
  lineage_.cloned(kStage, kRuntime, kHost);
  EXPECT_EQ(id_of(lineage_.cloned(kStage, 1, kHost)), "");
  EXPECT_EQ(id_of(lineage_.cloned(kInit, kStage, kFirst)), "");
}

TEST_F(LineageTest, ARuntimeThatExecutesItselfIsStillCreatingTheSame) {
  lineage_.created(kRuntime, creation("web"));
  lineage_.created(kRuntime, creation("web"));
  lineage_.created(kRuntime + 1, creation("web"));
  EXPECT_EQ(id_of(lineage_.creation_of(kRuntime)), "web");
  EXPECT_EQ(id_of(lineage_.cloned(kInit, kRuntime + 1, kFirst)), "web");
  lineage_.created(kRuntime, creation("other"));
  EXPECT_EQ(id_of(lineage_.creation_of(kRuntime)), "other");
}

TEST_F(LineageTest, WhatAnExecStartsIsInTheContainer) {
  lineage_.created(kRuntime, creation("web"));
  lineage_.cloned(kInit, kRuntime, kFirst);
  lineage_.executed(kInit, kProgram, kFirst);
  lineage_.entering(300, {"web"});
  EXPECT_EQ(id_of(lineage_.executed(300, "runc exec web", kHost)), "");
  EXPECT_EQ(id_of(lineage_.cloned(301, 300, kHost)), "") << "the runtime's own helper";
  const auto answer = lineage_.cloned(302, 301, kAnother);
  EXPECT_EQ(id_of(answer), "web");
  EXPECT_FALSE(answer.teaches);
  EXPECT_EQ(id_of(lineage_.cloned(303, 302, kAnother)), "") << "its parent's key tells";
  lineage_.entering(400, {"unknown"});
  EXPECT_EQ(id_of(lineage_.cloned(401, 400, kAnother)), "");
}

TEST_F(LineageTest, ForgottenContainersLeaveNothing) {
  lineage_.created(kRuntime, creation("web"));
  lineage_.cloned(kStage, kRuntime, kHost);
  lineage_.learn({"web"}, "/web");
  lineage_.forget({"web"});
  EXPECT_TRUE(lineage_.idle());
  EXPECT_EQ(lineage_.creation_of(kStage), nullptr);
  EXPECT_EQ(id_of(lineage_.container_at("/web")), "");
}

// However many runtimes a user starts, root's containers stay, and so do other users'.
TEST_F(LineageTest, AUserMakesNobodyElsesBeForgotten) {
  const auto of_user = [](uint32_t uid, int number) {
    Creation one;
    one.container = {std::string(60, 'a') + std::to_string(1000 + number), core::Owner::user(uid)};
    return std::make_shared<const Creation>(std::move(one));
  };
  lineage_.created(kRuntime, creation("web"));
  lineage_.created(200, of_user(2000, 0));
  for (int i = 0; i < 5000; ++i) lineage_.created(10000 + i, of_user(1000, i));
  EXPECT_NE(lineage_.creation_of(kRuntime), nullptr);
  EXPECT_NE(lineage_.creation_of(200), nullptr);
  EXPECT_EQ(lineage_.creation_of(14'999 - static_cast<int>(Lineage::kMaxUserContainers)), nullptr);
  EXPECT_NE(lineage_.creation_of(14'999), nullptr);
  // Of users without end the oldest.
  for (int i = 0; i < 5000; ++i) lineage_.created(20000 + i, of_user(3000 + static_cast<uint32_t>(i), i));
  EXPECT_NE(lineage_.creation_of(kRuntime), nullptr);
  EXPECT_EQ(lineage_.creation_of(200), nullptr);
}

TEST_F(LineageTest, IsBounded) {
  for (int64_t i = 0; i < 5000; ++i) {
    const std::string id = "c" + std::to_string(i);
    lineage_.created(10000 + i, creation(id));
    lineage_.learn({id}, "/" + id);
  }
  EXPECT_EQ(id_of(lineage_.container_at("/c0")), "");
  EXPECT_EQ(id_of(lineage_.container_at("/c4999")), "c4999");
  for (int64_t i = 0; i < 1000; ++i) lineage_.cloned(100000 + i, 14999, kHost);
  for (int i = 0; i < 1000; ++i) lineage_.learn({"c4999"}, "/x" + std::to_string(i));
  EXPECT_EQ(id_of(lineage_.container_at("/x900")), "");
  EXPECT_EQ(lineage_.creation_of(100900), nullptr);
}

}  // namespace
