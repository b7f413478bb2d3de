// Whether a cgroup exists, on any hierarchy, wherever it is mounted.
#include "worker/cgroup_presence.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "support/temp_dir.h"

namespace worker {
namespace {

class CgroupPresenceTest : public testing::Test {
 protected:
  CgroupPresenceTest() { std::filesystem::create_directories(tree_ / "docker/abc"); }

  CgroupPresence mounted(const std::string& root, const std::string& type) {
    return CgroupPresence::from_mountinfo("30 23 0:26 / /elsewhere rw - tmpfs tmpfs rw\n31 23 0:27 " + root +
                                          " " + tree_.path() + " rw,nosuid shared:9 master:1 - " + type +
                                          " cgroup rw\n");
  }
  support::TempDir tree_;
};

TEST_F(CgroupPresenceTest, FindsWhatExists) {
  for (const char* type : {"cgroup", "cgroup2"}) {
    EXPECT_TRUE(mounted("/", type).exists("/docker/abc"));
    EXPECT_FALSE(mounted("/", type).exists("/docker/gone"));
  }
  EXPECT_FALSE(mounted("/", "tmpfs").exists("/docker/abc"));
}

TEST_F(CgroupPresenceTest, CountsFromTheCgroupThatIsMounted) {
  EXPECT_TRUE(mounted("/system.slice", "cgroup2").exists("/system.slice/docker/abc"));
  EXPECT_FALSE(mounted("/system.slice", "cgroup2").exists("/docker/abc"));
  EXPECT_FALSE(mounted("/system.slice", "cgroup2").exists("/system.slicex/docker/abc"));
}

TEST_F(CgroupPresenceTest, UndoesTheEscapesOfMountinfo) {
  std::filesystem::create_directories(tree_ / "a b/docker");
  const CgroupPresence presence =
      CgroupPresence::from_mountinfo("1 2 0:1 / " + tree_.path() + "/a\\040b rw - cgroup2 x rw\n");
  EXPECT_TRUE(presence.exists("/docker"));
}

TEST_F(CgroupPresenceTest, PathsThatSayNothing) {
  const CgroupPresence presence = mounted("/", "cgroup2");
  EXPECT_FALSE(presence.exists(""));
  EXPECT_FALSE(presence.exists("/"));
  EXPECT_FALSE(presence.exists("docker/abc"));
  EXPECT_FALSE(presence.exists("/../../docker/abc"));
  for (const char* path : {"", "/", "docker/abc", "/../../docker/abc"})
    EXPECT_FALSE(presence.is_gone(path)) << path;
}

TEST_F(CgroupPresenceTest, GoneIsWhatWouldBeSeen) {
  EXPECT_TRUE(mounted("/", "cgroup2").is_gone("/docker/gone"));
  EXPECT_FALSE(mounted("/", "cgroup2").is_gone("/docker/abc"));
  EXPECT_TRUE(mounted("/system.slice", "cgroup2").is_gone("/system.slice/docker/gone"));
  EXPECT_FALSE(mounted("/system.slice", "cgroup2").is_gone("/docker/gone")) << "not to be seen from here";
  EXPECT_FALSE(CgroupPresence().is_gone("/docker/gone")) << "no hierarchy at all";
}

TEST_F(CgroupPresenceTest, SurvivesGarbage) {
  for (const char* text : {"", "\n\n", "1 2 3", "1 2 3 4 5 - cgroup", "- - - - - - - cgroup", "\xff\xfe"}) {
    EXPECT_FALSE(CgroupPresence::from_mountinfo(text).exists("/docker/none"));
  }
}

}  // namespace
}  // namespace worker
