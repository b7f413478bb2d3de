// Bundles and state that somebody made up: nothing crashes, nothing of another container is taken.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <random>

#include "engines/local/local_state.h"
#include "host_tree.h"

namespace engines::local {
namespace {

using base::Patience;
using base::Unread;
using testing::HasSubstr;

class HostileStateTest : public testing::Test {
 protected:
  Finding bundle(const std::string& id, const std::string& directory) {
    return State(host_.config()).bundle(id, directory, Patience::kMayWait);
  }
  Finding text(const std::string& config) {
    host_.put("/srv/b/config.json", config);
    return bundle("some-id", "/srv/b");
  }
  HostTree host_;
};

TEST_F(HostileStateTest, WhatIsNoSpecification) {
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "{\"a\":";
  for (const std::string& config :
       {std::string("not json"), std::string("[]"), std::string("5"), std::string("{"),
        std::string("\"text\""), std::string("\0\0\0\0", 4), std::string("{}x"), deep}) {
    const Finding found = text(config);
    ASSERT_FALSE(found) << config.substr(0, 20);
    EXPECT_EQ(found.kind(), Unread::kRefused);
    EXPECT_THAT(found.error().message, HasSubstr("/srv/b/config.json, for the container some-id: "));
    EXPECT_LT(found.error().message.size(), 400U);
  }
  // Every other program's config.json.
  for (const char* config : {"{}", R"({"name": "x"})", R"({"ociVersion": 5})", R"({"ociVersion": ""})"}) {
    EXPECT_THAT(text(config).error().message, HasSubstr("'ociVersion' is missing"));
  }
  EXPECT_TRUE(text(R"({"ociVersion": "1.2.0"})"));
}

TEST_F(HostileStateTest, MembersOfOtherTypesSayNothing) {
  const Finding found = text(
      R"({"ociVersion": "1.0.2", "annotations": [1], "mounts": {"a": 1}, "process": {"args": "x", "user": 5, "env": [1, null]},
          "linux": {"namespaces": {"type": "pid"}, "cgroupsPath": 5, "resources": {"cpu": [], "memory": null}}})");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->cgroups_path, "");
  EXPECT_TRUE(found->process_args.empty());
  EXPECT_TRUE(found->container.mounts.empty());
  const Finding mixed = text(
      R"({"ociVersion": "1.0.2", "annotations": {"io.container.manager": "libpod"}, "mounts": [5, "x", {"type": "bind", "source": 5},
          {"type": "tmpfs"}, {"type": "bind", "source": "/a", "destination": "/b"}],
          "linux": {"namespaces": [5, {"type": 5}, {"type": "pid", "path": ["x"]}, {}]}})");
  ASSERT_TRUE(mixed);
  EXPECT_EQ(mixed->container.type, core::ContainerType::kPodman);
  ASSERT_EQ(mixed->container.mounts.size(), 2U);
  EXPECT_EQ(mixed->container.mounts[1].source, "/a");
  EXPECT_TRUE(mixed->own_pid_namespace);
}

TEST_F(HostileStateTest, HugeLists) {
  std::string config = R"({"ociVersion": "1.0.2", "mounts": [)";
  for (int i = 0; i < 40000; ++i) config += R"({"type":"bind"},)";
  config += R"({}], "process": {"args": [)";
  for (int i = 0; i < 40000; ++i) config += R"("",)";
  config += R"(""]}})";
  ASSERT_LT(config.size(), 1048576U);
  EXPECT_TRUE(text(config));
}

// Every damage to real files, one at a time, is survived.
TEST_F(HostileStateTest, DamagedRecordings) {
  host_.put_docker();
  host_.put_podman();
  std::mt19937 random(5);
  struct File {
    std::string path;
    std::string text;
    std::string id;
    std::string directory;
  };
  for (const File& file : {
           File{kDockerBundle + "/config.json", local_data("docker/config.json"), kDockerId, kDockerBundle},
           File{kDockerState + "/config.v2.json", local_data("docker/config.v2.json"), kDockerId,
                kDockerBundle},
           File{kDockerState + "/hostconfig.json", local_data("docker/hostconfig.json"), kDockerId,
                kDockerBundle},
           File{kPodmanStorage + "/containers.json", local_data("podman/containers.json"), kPodmanId,
                kPodmanBundle},
       }) {
    State state(host_.config());
    for (int i = 0; i < 100; ++i) {
      std::string damaged = file.text;
      damaged[random() % damaged.size()] = static_cast<char>(random() % 256);
      if (i % 3 == 0) damaged.resize(random() % damaged.size() + 1);
      host_.put(file.path, damaged);
      const Finding found = state.bundle(file.id, file.directory, Patience::kMayWait);
      if (found) {
        EXPECT_EQ(found->container.full_id, file.id);
      }
    }
    host_.put(file.path, file.text);
    EXPECT_TRUE(state.bundle(file.id, file.directory, Patience::kMayWait)->complete);
  }
}

TEST_F(HostileStateTest, AnotherContainersPlaceOrStateIsNotTaken) {
  host_.put_docker();
  host_.put_podman();
  host_.put_containerd();
  for (const std::string& directory :
       {kDockerBundle, kPodmanBundle, kTasks + "/default/web", kTasks + "/k8s.io/" + kSandboxId}) {
    const Finding found = bundle(std::string(64, 'a'), directory);
    ASSERT_FALSE(found) << directory;
    EXPECT_EQ(found.kind(), Unread::kRefused);
    EXPECT_THAT(found.error().message, HasSubstr("the place of the container '"));
  }
  // A sandbox's specification elsewhere.
  host_.put("/srv/b/config.json", local_data("cri-sandbox/config.json"));
  EXPECT_THAT(bundle("some-id", "/srv/b").error().message,
              HasSubstr("of the container '" + kSandboxId + "'"));

  // Docker's files of another container: the bundle stays alone.
  std::string state = local_data("docker/config.v2.json");
  state.replace(state.find(kDockerId), 4, "ffff");
  host_.put(kDockerState + "/config.v2.json", state);
  const Finding found = bundle(kDockerId, kDockerBundle);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->container.source, core::Source::kBundle);
  EXPECT_EQ(found->container.name, "");
  EXPECT_EQ(State(host_.config()).by_id({}, kDockerId, "", {}, Patience::kMayWait)->container.name, "");
}

TEST_F(HostileStateTest, PathsThatLeadElsewhereAreNotFollowed) {
  host_.put("/etc/secret", local_data("containerd/config.json"));
  host_.put("/srv/b/x", "");
  std::filesystem::create_symlink("/etc/secret", host_.config().host_root + "/srv/b/config.json");
  EXPECT_THAT(bundle("some-id", "/srv/b").error().message, HasSubstr("symbolic link"));
  for (const char* id : {"", "../x", "a/b", "..", "-x", "a b"}) {
    EXPECT_EQ(bundle(id, "/srv/b").kind(), Unread::kRefused) << id;
    EXPECT_EQ(State(host_.config()).by_id({}, id, "", {}, Patience::kMayWait).kind(), Unread::kRefused) << id;
  }
  EXPECT_EQ(State(host_.config()).by_id({}, "web", "../default", {}, Patience::kMayWait).kind(),
            Unread::kRefused);
  EXPECT_EQ(bundle("some-id", "relative").kind(), Unread::kRefused);
  EXPECT_EQ(bundle("some-id", "").kind(), Unread::kRefused);
}

TEST_F(HostileStateTest, APipeInTheStatesPlaceHoldsUpNobody) {
  host_.put_docker();
  host_.remove(kDockerState + "/config.v2.json");
  ASSERT_EQ(::mkfifo((host_.config().host_root + kDockerState + "/config.v2.json").c_str(), 0600), 0);
  const Finding found = bundle(kDockerId, kDockerBundle);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->container.source, core::Source::kBundle);
  EXPECT_TRUE(found->complete);
}

}  // namespace
}  // namespace engines::local
