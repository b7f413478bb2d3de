// Image references.
#include "core/image_ref.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace core {
namespace {

const std::string kHex(64, 'a');

TEST(ImageRef, TakesReferencesApart) {
  struct Case {
    std::string text, repository, tag, digest;
  };
  const std::string digest = "sha256:" + kHex;
  const std::vector<Case> cases{
      {"fedora", "fedora", "", ""},
      {"fedora:38", "fedora", "38", ""},
      {"docker.io/library/busybox:1.36", "docker.io/library/busybox", "1.36", ""},
      {"host:5000/x", "host:5000/x", "", ""},
      {"host:5000/a/b:v1.0-rc_1", "host:5000/a/b", "v1.0-rc_1", ""},
      {"host:5000", "host", "5000", ""},
      {"[::1]:5000/x:1", "[::1]:5000/x", "1", ""},
      {"localhost/x@" + digest, "localhost/x", "", digest},
      {"a/b:1@" + digest, "a/b", "1", digest},
      {"docker-pullable://busybox@" + digest, "busybox", "", digest},
      {"docker://sha256:" + kHex, "", "", ""},
      {"sha256:" + kHex, "", "", ""},
      {kHex, "", "", ""},
      {kHex + "0", kHex + "0", "", ""},
      {kHex.substr(1), kHex.substr(1), "", ""},
      {"", "", "", ""},
      // No references: they come back as they are.
      {"a:", "a:", "", ""},
      {":tag", ":tag", "", ""},
      {"a/:tag", "a/:tag", "", ""},
      {"@sha256:ab", "@sha256:ab", "", ""},
      {"a@b", "a@b", "", ""},
      {"a@sha256:XYZ", "a@sha256:XYZ", "", ""},
      {"a:-x", "a:-x", "", ""},
      {"a:t t", "a:t t", "", ""},
      {"a:" + std::string(129, 't'), "a:" + std::string(129, 't'), "", ""},
      {"a:" + std::string(128, 't'), "a", std::string(128, 't'), ""},
  };
  for (const Case& one : cases) {
    const ImageRef ref = parse_image_ref(one.text);
    EXPECT_EQ(ref.repository, one.repository) << one.text;
    EXPECT_EQ(ref.tag, one.tag) << one.text;
    EXPECT_EQ(ref.digest, one.digest) << one.text;
  }
}

TEST(ImageRef, TellsIdsFromNames) {
  EXPECT_TRUE(is_image_id(kHex));
  EXPECT_TRUE(is_image_id("sha256:" + kHex));
  EXPECT_TRUE(is_image_id("sha256:0ca0fe"));
  EXPECT_FALSE(is_image_id("sha256:"));
  EXPECT_FALSE(is_image_id("sha256:latest"));
  EXPECT_FALSE(is_image_id(std::string(64, 'A')));
  EXPECT_FALSE(is_image_id("fedora"));
  EXPECT_FALSE(is_image_id(""));
}

TEST(ImageRef, StripsTheAlgorithm) {
  EXPECT_EQ(strip_sha256("sha256:ab"), "ab");
  EXPECT_EQ(strip_sha256("ab"), "ab");
  EXPECT_EQ(strip_sha256("sha512:ab"), "sha512:ab");
}

}  // namespace
}  // namespace core
