// Which engine's place a bundle's directory is.
#include "engines/local/places.h"

#include <gtest/gtest.h>

namespace engines::local {
namespace {

using core::ContainerType;

TEST(PlacesTest, TheirLayoutsTellEnginesApart) {
  const Place docker = place_of("/run/containerd/io.containerd.runtime.v2.task/moby/abc");
  EXPECT_EQ(docker.type, ContainerType::kDocker);
  EXPECT_EQ(docker.id, "abc");
  const Place own = place_of("/var/run/docker/containerd/daemon/io.containerd.runtime.v2.task/moby/abc/");
  EXPECT_EQ(own.type, ContainerType::kDocker);
  EXPECT_EQ(own.id, "abc");
  const Place containerd = place_of("/run/k3s/containerd//io.containerd.runtime.v2.task/k8s.io//abc");
  EXPECT_EQ(containerd.type, ContainerType::kContainerd);
  EXPECT_EQ(containerd.ns, "k8s.io");
  EXPECT_EQ(containerd.id, "abc");
  EXPECT_EQ(place_of("/run/containerd/io.containerd.runtime.v1.linux/moby/abc").type, ContainerType::kDocker);
  const Place storage = place_of("/var/lib/containers/storage/overlay-containers/abc/userdata");
  EXPECT_EQ(storage.type, ContainerType::kUnknown);
  EXPECT_EQ(storage.id, "abc");
  EXPECT_EQ(storage.container_storage, "/var/lib/containers/storage/overlay-containers");
  EXPECT_EQ(place_of("/home/u/.local/share/containers/storage/vfs-containers/abc/userdata").container_storage,
            "/home/u/.local/share/containers/storage/vfs-containers");
}

TEST(PlacesTest, WhatIsNoneOfThem) {
  for (const char* path :
       {"", "/", "//", "/a", "abc", "/srv/bundle", "/run/io.containerd.runtime.v2.task/abc",
        "io.containerd.runtime.v2.task/moby/abc", "/x/io.containerd.runtime.v2.task/moby/abc/rootfs",
        "/x/io.containerd.runtime.v2.task/moby/abc/../abc", "/x/-containers/abc/userdata",
        "/x/overlay-containers/abc/userdata2", "/x/overlay-images/abc/userdata"}) {
    const Place place = place_of(path);
    EXPECT_EQ(place.type, ContainerType::kUnknown) << path;
    EXPECT_EQ(place.id, "") << path;
    EXPECT_EQ(place.container_storage, "") << path;
  }
}

}  // namespace
}  // namespace engines::local
