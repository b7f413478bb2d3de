// Where a socket is, through symlinks and below HOST_ROOT, and what to watch while it is missing.
#include "worker/socket_path.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/temp_dir.h"

namespace worker {
namespace {

namespace fs = std::filesystem;

class SocketPath : public testing::Test {
 protected:
  SocketPath() {
    fs::create_directories(root_ / "run/podman");
    std::ofstream(root_ / "run/podman/podman.sock");
  }
  support::TempDir root_;
};

TEST_F(SocketPath, FindsWhatIsThere) {
  const Located located = locate(root_.path(), "/run/podman/podman.sock");
  EXPECT_TRUE(located.identity.has_value());
  EXPECT_EQ(located.path, root_ / "run/podman/podman.sock");
  EXPECT_EQ(located.directory, root_ / "run/podman");
  EXPECT_EQ(located.entry, "podman.sock");
}

TEST_F(SocketPath, WatchesTheNearestDirectoryThatExists) {
  const Located missing = locate(root_.path(), "/run/k3s/containerd/containerd.sock");
  EXPECT_FALSE(missing.identity.has_value());
  EXPECT_EQ(missing.directory, root_ / "run");
  EXPECT_EQ(missing.entry, "k3s");
}

TEST_F(SocketPath, AbsoluteLinksCountFromTheRoot) {
  fs::create_directories(root_ / "var");
  fs::create_symlink("/run", root_ / "var/run");
  fs::create_symlink("/run/podman/podman.sock", root_ / "run/docker.sock");
  const Located located = locate(root_.path(), "/var/run/docker.sock");
  EXPECT_EQ(located.path, root_ / "run/podman/podman.sock");
  EXPECT_EQ(located.identity, locate(root_.path(), "/run/podman/podman.sock").identity);
}

TEST_F(SocketPath, RelativeLinksDoNotLeaveTheRoot) {
  fs::create_symlink("../../../../../run/podman", root_ / "run/other");
  EXPECT_TRUE(locate(root_.path(), "/run/other/podman.sock").identity.has_value());
  EXPECT_EQ(locate(root_.path(), "/../../run/podman/podman.sock").path, root_ / "run/podman/podman.sock");
}

TEST_F(SocketPath, ADanglingLinkIsWatchedAtItsTarget) {
  fs::create_symlink("/run/later/x.sock", root_ / "run/docker.sock");
  const Located located = locate(root_.path(), "/run/docker.sock");
  EXPECT_FALSE(located.identity.has_value());
  EXPECT_EQ(located.directory, root_ / "run");
  EXPECT_EQ(located.entry, "later");
}

TEST_F(SocketPath, LoopsAndFilesOnTheWayEnd) {
  fs::create_symlink("b", root_ / "a");
  fs::create_symlink("a", root_ / "b");
  EXPECT_FALSE(locate(root_.path(), "/a/x").identity.has_value());
  EXPECT_FALSE(locate(root_.path(), "/run/podman/podman.sock/x").identity.has_value());
}

TEST_F(SocketPath, WithoutARoot) {
  EXPECT_TRUE(locate("", root_ / "run/podman/podman.sock").identity.has_value());
  EXPECT_EQ(locate("", "/no-such-directory/x").directory, "/");
  EXPECT_EQ(locate("", "/no-such-directory/x").entry, "no-such-directory");
}

}  // namespace
}  // namespace worker
