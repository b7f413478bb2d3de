// What Docker keeps on disk is what its API tells.
#include "engines/local/docker_state.h"

#include <gtest/gtest.h>

#include "engines/docker/docker_mapping.h"
#include "host_tree.h"

namespace engines::local {
namespace {

TEST(DockerStateTest, IsTheSameRecordAsTheApis) {
  Settings settings;
  settings.with_env = true;
  const base::Result<core::Container> disk = map_docker_state(kDockerId, local_data("docker/config.v2.json"),
                                                              local_data("docker/hostconfig.json"), settings);
  ASSERT_TRUE(disk.ok()) << disk.error();
  base::Result<Inspected> api = docker::map_inspect(local_data("docker/inspect.json"), settings);
  ASSERT_TRUE(api.ok());
  EXPECT_EQ(api->container.mounts.size(), 2U);
  EXPECT_EQ(api->container.port_mappings.size(), 1U);
  EXPECT_FALSE(api->container.ip.empty());
  EXPECT_EQ(disk->source, core::Source::kDisk);
  api->container.source = core::Source::kDisk;
  EXPECT_EQ(*disk, api->container);
}

TEST(DockerStateTest, WithoutTheSecondFileTheRestStays) {
  const base::Result<core::Container> disk =
      map_docker_state(kDockerId, local_data("docker/config.v2.json"), "", {});
  ASSERT_TRUE(disk.ok());
  EXPECT_EQ(disk->name, "shop-web");
  EXPECT_EQ(disk->memory_limit, std::nullopt);
  EXPECT_EQ(disk->privileged, core::YesNo::kUnknown);
}

TEST(DockerStateTest, AnotherContainersStateIsRefused) {
  const std::string other(64, 'f');
  const base::Result<core::Container> disk =
      map_docker_state(other, local_data("docker/config.v2.json"), "", {});
  ASSERT_FALSE(disk.ok());
  EXPECT_EQ(disk.error(), "config.v2.json: of the container '3a64218bac64'");
  EXPECT_FALSE(map_docker_state(other, R"({"ID": 5})", "", {}).ok());
  EXPECT_FALSE(map_docker_state(other, "{}", "", {}).ok());
  EXPECT_FALSE(map_docker_state(other, "[]", "", {}).ok());
  EXPECT_FALSE(map_docker_state(other, "", "", {}).ok());
  EXPECT_FALSE(map_docker_state(kDockerId, local_data("docker/config.v2.json"), "[1]", {}).ok());
}

TEST(DockerStateTest, TheBundlesMountsTellTheDataRoot) {
  const std::string id = "abc";
  const auto directory = [&](const std::string& source) {
    core::Mount first, mount;
    first.source = "proc";
    mount.source = source;
    return docker_containers_directory(id, {first, mount});
  };
  EXPECT_EQ(directory("/data/docker/containers/abc/hosts"), "/data/docker/containers");
  EXPECT_EQ(directory("/data/docker/containers/abc/resolv.conf"), "/data/docker/containers");
  EXPECT_EQ(directory("/containers/abc/hostname"), "/containers");
  for (const char* source :
       {"/data/docker/containers/abd/hosts", "containers/abc/hosts", "/data/containers/abc/secret", ""}) {
    EXPECT_EQ(directory(source), "") << source;
  }
}

}  // namespace
}  // namespace engines::local
