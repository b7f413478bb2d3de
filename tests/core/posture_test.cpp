// How confined a container is: capabilities, merging, JSON, limits.
#include "core/posture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/container_json.h"
#include "core/fit.h"
#include "core/limits.h"
#include "core/merge.h"

namespace core {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Posture told() {
  Posture posture;
  posture.capabilities = Capabilities{1} << 21U | Capabilities{1};
  posture.seccomp = kUnconfined;
  posture.apparmor = "docker-default";
  posture.selinux = "system_u:system_r:container_t:s0";
  posture.no_new_privs = YesNo::kNo;
  posture.readonly_rootfs = YesNo::kYes;
  posture.user_ns = YesNo::kNo;
  posture.host_uts = YesNo::kYes;
  posture.host_cgroup = YesNo::kNo;
  posture.cmd = "sleep 'a b'";
  posture.runtime = "runc";
  posture.devices = {"/dev/fuse"};
  return posture;
}

Container with(Posture posture, Source source = Source::kApi) {
  Container container;
  container.full_id = "0123456789abcdef";
  container.source = source;
  container.posture.set(std::move(posture));
  return container;
}

TEST(Capability, HasANumberHoweverItIsWritten) {
  for (const char* name : {"CAP_SYS_ADMIN", "SYS_ADMIN", "cap_sys_admin", "Sys_Admin"}) {
    EXPECT_EQ(capability_number(name), 21U) << name;
  }
  EXPECT_EQ(capability_number("CAP_CHECKPOINT_RESTORE"), 40U);
  for (const char* name : {"", "CAP_", "CAP_SYS", "CAP_SYS_ADMINS", "CAP_CAP_CHOWN", "CA"}) {
    EXPECT_EQ(capability_number(name), std::nullopt) << name;
  }
}

TEST(Posture, AWholeAnswerKeepsWhatOnlyTheBundleKnew) {
  Posture from_engine;
  from_engine.seccomp = kDefaultProfile;
  from_engine.readonly_rootfs = YesNo::kNo;
  const Container api = with(from_engine);
  const Container bundle = with(told(), Source::kBundle);
  for (const Container& merged : {merge(bundle, api), merge(api, bundle)}) {
    EXPECT_EQ(merged.posture->seccomp, kDefaultProfile) << "the engine says more";
    EXPECT_EQ(merged.posture->readonly_rootfs, YesNo::kNo) << "a no is told";
    EXPECT_EQ(merged.posture->capabilities, told().capabilities);
    EXPECT_EQ(merged.posture->cmd, told().cmd);
    EXPECT_EQ(merged.posture->devices, told().devices);
  }
}

TEST(Posture, EqualOnesAreKeptOnce) {
  const Container known = with(told(), Source::kBundle);
  Container merged = merge(known, with({}));
  EXPECT_EQ(&*merged.posture, &*known.posture);
  merged = merge(known, with(told()));
  EXPECT_EQ(merged.posture, known.posture);
  EXPECT_TRUE(with({}).posture.empty());
  EXPECT_TRUE(same_for_users(with(told()), with(told())));
  EXPECT_FALSE(same_for_users(with(told()), with({})));
}

TEST(Posture, SurvivesTheEvent) {
  const auto read = from_json(to_json(with(told())));
  ASSERT_TRUE(read.ok()) << read.error();
  EXPECT_EQ(*read->posture, told());
  // None is known, and is not the same as not known.
  Posture none;
  none.capabilities = 0;
  none.devices.emplace();
  EXPECT_EQ(*from_json(to_json(with(none)))->posture, none);
  EXPECT_THAT(to_json(with({})), Not(HasSubstr("security")));
}

TEST(Posture, WrongTypesAreNotKnown) {
  const auto read = from_json(R"({"container":{"id":"abc","security":{"capabilities":["CAP_CHOWN",7,"x"],
      "seccomp":1,"no_new_privs":"true","user_ns":null,"devices":"/dev/a","cmd":[]}}})");
  ASSERT_TRUE(read.ok()) << read.error();
  Posture expected;
  expected.capabilities = 1;
  EXPECT_EQ(*read->posture, expected);
  EXPECT_TRUE(from_json(R"({"container":{"id":"abc","security":[]}})")->posture.empty());
}

TEST(Posture, IsLimited) {
  Posture posture = told();
  posture.cmd.assign(limits::kTextBytes + 1, 'x');
  posture.devices->assign(limits::kDevices + 2, "/dev/x");
  Container container = with(posture);
  EXPECT_EQ(fit(container), 3U);
  EXPECT_EQ(container.posture->cmd.size(), limits::kTextBytes);
  EXPECT_EQ(container.posture->devices->size(), limits::kDevices);
  EXPECT_EQ(container.posture->seccomp, kUnconfined);
  EXPECT_EQ(beyond_limits(container), 0U);
}

TEST(ShellWords, AreQuotedWhereAShellWouldReadThemOtherwise) {
  const std::string words[] = {"/bin/sh", "-c", "echo it's $HOME", "", "a=b"};
  EXPECT_EQ(shell_words(words), R"(/bin/sh -c 'echo it'\''s $HOME' '' a=b)");
  EXPECT_EQ(shell_words({}), "");
}

}  // namespace
}  // namespace core
