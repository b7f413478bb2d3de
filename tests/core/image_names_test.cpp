// What images are called, whoever says it. Reports: docs/engines.md, "Names of images".
#include "core/image_names.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace core {
namespace {

using Place = ImagePlace;

Container named(const std::vector<ImageWord>& words) {
  Container container;
  name_image(words, container);
  return container;
}

void expect(const Container& container, const std::string& repository, const std::string& tag,
            const std::string& digest) {
  EXPECT_EQ(container.image_repository, repository);
  EXPECT_EQ(container.image_tag, tag);
  EXPECT_EQ(container.image_digest, digest);
}

// One image id that was pulled under two names: the engine shows the one it likes.
TEST(ImageNames, WhatTheUserAskedForWinsOverWhatTheEnginePicked) {
  for (const Place asked : {Place::kCriUserSpecified, Place::kCriUserConfig, Place::kCriAnnotation,
                            Place::kCrioUserRequested, Place::kCrioImageName}) {
    const Container container = named({{Place::kCriImageRef, "docker.io/aaa/mirror@sha256:ab"},
                                       {Place::kCriImage, "docker.io/aaa/mirror:9"},
                                       {asked, "reg.test/team/app:2.0"}});
    EXPECT_EQ(container.image, "reg.test/team/app:2.0");
    expect(container, "reg.test/team/app", "2.0", "sha256:ab");
  }
  // An older runtime leaves these empty, or has an id in them.
  const Container picked = named({{Place::kCriUserSpecified, ""},
                                  {Place::kCriUserConfig, "sha256:" + std::string(64, 'a')},
                                  {Place::kCriImage, "docker.io/aaa/mirror:9"}});
  expect(picked, "docker.io/aaa/mirror", "9", "");
}

TEST(ImageNames, RepositoryAndTagAreOfOneReference) {
  expect(named({{Place::kCriImage, "quay.test/team/app:1.23"},
                {Place::kCriImageRef, "docker.io/aaa/mirror@sha256:ab"}}),
         "quay.test/team/app", "1.23", "sha256:ab");
  expect(named({{Place::kCriImage, std::string(64, 'b')}, {Place::kCriImageRef, "host:5000/app@sha256:ab"}}),
         "host:5000/app", "", "sha256:ab");
  expect(named({{Place::kCriUserSpecified, "host:5000/app@sha256:cd"},
                {Place::kCriImage, "host:5000/app:1"},
                {Place::kCriImageRef, "host:5000/app@sha256:ab"}}),
         "host:5000/app", "", "sha256:cd");
  expect(named({{Place::kCriUserSpecified, "host:5000/app:1@sha256:cd"}}), "host:5000/app", "1", "sha256:cd");
}

TEST(ImageNames, TheDigestIsTheRepositorysElseTheOnlyOne) {
  const std::vector<ImageWord> both{{Place::kDockerImage, "busybox"},
                                    {Place::kDockerRepoDigest, "reg.test/x@sha256:aa"},
                                    {Place::kDockerRepoDigest, "docker.io/library/busybox@sha256:bb"}};
  expect(named(both), "busybox", "latest", "sha256:bb");
  expect(
      named({{Place::kDockerImage, "busybox"}, both[1], {Place::kDockerRepoDigest, "reg.test/y@sha256:cc"}}),
      "busybox", "latest", "");
  expect(named({{Place::kPodmanImageName, "reg.test/x:1"}, {Place::kBareDigest, "sha256:dd"}}), "reg.test/x",
         "1", "sha256:dd");
  expect(named({{Place::kPodmanImageName, "reg.test/x@sha256:ee"}, {Place::kBareDigest, "sha256:dd"}}),
         "reg.test/x", "", "sha256:ee");
}

TEST(ImageNames, AnImageMadeFromAnIdHasItsFirstTag) {
  expect(named({{Place::kDockerImage, "sha256:" + std::string(64, 'a')},
                {Place::kDockerRepoTag, "reg.test:5000/a:1"},
                {Place::kDockerRepoTag, "reg.test:5000/b:2"},
                {Place::kDockerRepoDigest, "reg.test:5000/b@sha256:bb"},
                {Place::kDockerRepoDigest, "reg.test:5000/a@sha256:aa"}}),
         "reg.test:5000/a", "1", "sha256:aa");
}

// A pod's author writes "busybox:1"; the engine has the whole name, perhaps among others.
TEST(ImageNames, AShortNameIsTheFullOneThatEndsWithIt) {
  Container container =
      named({{Place::kCriUserSpecified, "busybox:1"}, {Place::kCriImage, "quay.io/library/busybox:1"}});
  EXPECT_EQ(container.image, "quay.io/library/busybox:1");
  expect(container, "quay.io/library/busybox", "1", "");
  container = named({{Place::kCriUserSpecified, "busybox:1"}, {Place::kCriImage, "quay.io/mirror:9"}});
  expect(container, "busybox", "1", "");
  container = named({{Place::kCriAnnotation, "team/app"}, {Place::kCriImage, "quay.io/mirror:9"}});
  EXPECT_EQ(container.image, "docker.io/team/app");
  expect(container, "docker.io/team/app", "latest", "");
  // Docker and Podman show what they were given.
  expect(named({{Place::kDockerImage, "busybox:1"}, {Place::kDockerRepoTag, "reg.test/busybox:1"}}),
         "busybox", "1", "");
}

TEST(ImageNames, NoNameLeavesWhatIsKnown) {
  Container container;
  container.image = "known";
  container.image_tag = "1";
  const ImageWord words[] = {
      {Place::kCriImage, ""}, {Place::kCriImageRef, "sha256:ab"}, {Place::kBareDigest, "sha256:cd"}};
  name_image(words, container);
  EXPECT_EQ(container.image, "known");
  EXPECT_EQ(container.image_tag, "1");
}

}  // namespace
}  // namespace core
