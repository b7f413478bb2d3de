// Mounts: text and finding.
#include "core/mounts.h"

#include <gtest/gtest.h>

#include <vector>

namespace core {
namespace {

const std::vector<Mount> kMounts{
    {"/host/a", "/a", "ro", false, "rprivate"},
    {"/host/*", "/literal", "", true, ""},
    {"/host/b/c", "/b", "z", true, "rslave"},
    {"", "/tmpfs", "", true, ""},
};

TEST(Mounts, HaveTheTextThatRulesMatchOn) {
  EXPECT_EQ(mount_text(kMounts[0]), "/host/a:/a:ro:false:rprivate");
  EXPECT_EQ(mount_text({}), ":::true:");
  EXPECT_EQ(join_mounts({}), "");
  EXPECT_EQ(join_mounts(kMounts),
            "/host/a:/a:ro:false:rprivate,/host/*:/literal::true:,/host/b/c:/b:z:true:rslave,:/tmpfs::true:");
}

TEST(Mounts, AreFoundByIndex) {
  EXPECT_EQ(find_by_index(kMounts, 0), &kMounts[0]);
  EXPECT_EQ(find_by_index(kMounts, 3), &kMounts[3]);
  EXPECT_EQ(find_by_index(kMounts, 4), nullptr);
  EXPECT_EQ(find_by_index(kMounts, UINT64_MAX), nullptr);
  EXPECT_EQ(find_by_index({}, 0), nullptr);
}

TEST(Mounts, AreFoundByKeyExactBeforeGlob) {
  EXPECT_EQ(find_by_source(kMounts, "/host/b/c"), &kMounts[2]);
  EXPECT_EQ(find_by_source(kMounts, "/host/*"), &kMounts[1])
      << "the exact one, though a glob matches earlier";
  EXPECT_EQ(find_by_source(kMounts, "/host/?"), &kMounts[0]) << "the first that matches";
  EXPECT_EQ(find_by_source(kMounts, "*c"), &kMounts[2]) << "a star crosses slashes";
  EXPECT_EQ(find_by_source(kMounts, "/HOST/a"), nullptr);
  EXPECT_EQ(find_by_source(kMounts, "/host/[xy]"), nullptr);
  EXPECT_EQ(find_by_source(kMounts, "["), nullptr);
  EXPECT_EQ(find_by_source(kMounts, ""), &kMounts[3]);
  EXPECT_EQ(find_by_source(kMounts, nullptr), nullptr);
  EXPECT_EQ(find_by_destination(kMounts, "/tmp*"), &kMounts[3]);
  EXPECT_EQ(find_by_destination(kMounts, "/host/a"), nullptr);
}

}  // namespace
}  // namespace core
