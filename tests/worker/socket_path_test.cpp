// Where a socket is, through links and below HOST_ROOT, what to watch while it is missing, and whose word it
// is.
#include "worker/socket_path.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "support/silent_fuse.h"
#include "support/temp_dir.h"

namespace worker {
namespace {

namespace fs = std::filesystem;
using Kind = SocketPlace::Kind;

constexpr uint32_t kUid = 4242;

class SocketPath : public testing::Test {
 protected:
  SocketPath() { make("run/podman/podman.sock"); }
  void make(const std::string& path) {
    fs::create_directories(fs::path(root_ / path).parent_path());
    std::ofstream(root_ / path);
  }
  // Gives it to a user; false where that is not allowed.
  bool give(const std::string& path, uint32_t uid = kUid) {
    return ::lchown((root_ / path).c_str(), uid, uid) == 0;
  }
  Located locate(const std::string& path) { return SocketPaths(root_.path()).locate({path}); }
  Located default_at(const std::string& path) {
    return SocketPaths(root_.path()).locate({path, Kind::kDefault});
  }
  Located users(const std::string& below = "podman/podman.sock") {
    return SocketPaths(root_.path()).locate({"/run/user/4242/" + below, Kind::kUser, kUid});
  }
  void make_users() {
    make("run/user/4242/podman/podman.sock");
    for (const char* path : {"run/user/4242", "run/user/4242/podman", "run/user/4242/podman/podman.sock"})
      give(path);
  }
  support::TempDir root_;
};

TEST_F(SocketPath, FindsWhatIsThere) {
  const Located located = locate("/run/podman/podman.sock");
  EXPECT_TRUE(located.identity.has_value());
  EXPECT_EQ(located.path, root_ / "run/podman/podman.sock");
  EXPECT_EQ(located.directory, root_ / "run/podman");
  EXPECT_EQ(located.entry, "podman.sock");
}

TEST_F(SocketPath, WatchesTheNearestDirectoryThatExists) {
  const Located missing = locate("/run/k3s/containerd/containerd.sock");
  EXPECT_FALSE(missing.identity.has_value());
  EXPECT_EQ(missing.directory, root_ / "run");
  EXPECT_EQ(missing.entry, "k3s");
}

TEST_F(SocketPath, AbsoluteLinksCountFromTheRoot) {
  fs::create_directories(root_ / "var");
  fs::create_symlink("/run", root_ / "var/run");
  fs::create_symlink("/run/podman/podman.sock", root_ / "run/docker.sock");
  const Located located = locate("/var/run/docker.sock");
  EXPECT_EQ(located.path, root_ / "run/podman/podman.sock");
  EXPECT_EQ(located.identity, locate("/run/podman/podman.sock").identity);
}

TEST_F(SocketPath, RelativeLinksDoNotLeaveTheRoot) {
  fs::create_symlink("../../../../../run/podman", root_ / "run/other");
  EXPECT_TRUE(locate("/run/other/podman.sock").identity.has_value());
  EXPECT_EQ(locate("/../../run/podman/podman.sock").path, root_ / "run/podman/podman.sock");
}

TEST_F(SocketPath, ADanglingLinkIsWatchedAtItsTarget) {
  fs::create_symlink("/run/later/x.sock", root_ / "run/docker.sock");
  const Located located = locate("/run/docker.sock");
  EXPECT_FALSE(located.identity.has_value());
  EXPECT_EQ(located.directory, root_ / "run");
  EXPECT_EQ(located.entry, "later");
}

TEST_F(SocketPath, LoopsAndFilesOnTheWayEnd) {
  fs::create_symlink("b", root_ / "a");
  fs::create_symlink("a", root_ / "b");
  EXPECT_FALSE(locate("/a/x").identity.has_value());
  EXPECT_FALSE(locate("/run/podman/podman.sock/x").identity.has_value());
}

TEST_F(SocketPath, WithoutARoot) {
  SocketPaths paths("");
  EXPECT_TRUE(paths.locate({root_ / "run/podman/podman.sock"}).identity.has_value());
  EXPECT_EQ(paths.locate({"/no-such-directory/x"}).directory, "/");
  EXPECT_EQ(paths.locate({"/no-such-directory/x"}).entry, "no-such-directory");
}

TEST_F(SocketPath, AUsersSocketIsHisWord) {
  make_users();
  const Located located = users();
  ASSERT_TRUE(located.identity.has_value());
  EXPECT_EQ(located.owner, core::Owner::user(kUid));
  EXPECT_EQ(located.directory, root_ / "run/user/4242/podman");
}

TEST_F(SocketPath, AUsersPathFollowsNoLink) {
  make("run/docker.sock");
  make_users();
  fs::create_symlink("/run/docker.sock", root_ / "run/user/4242/docker.sock");
  EXPECT_FALSE(users("docker.sock").identity.has_value());
  fs::create_symlink("podman", root_ / "run/user/4242/other");
  EXPECT_FALSE(users("other/podman.sock").identity.has_value());
  fs::create_symlink("4242", root_ / "run/user/4243");
  EXPECT_FALSE(SocketPaths(root_.path())
                   .locate({"/run/user/4243/podman/podman.sock", Kind::kUser, 4243})
                   .identity.has_value());
  // On a path of root's the same links are the host's own.
  EXPECT_TRUE(locate("/run/user/4243/docker.sock").identity.has_value());
}

TEST_F(SocketPath, AUsersDirectoryIsHis) {
  make_users();
  if (!give("run/user/4242", 4243)) GTEST_SKIP() << "only root gives files away";
  EXPECT_FALSE(users().identity.has_value());
  give("run/user/4242");
  give("run/user/4242/podman/podman.sock", 4243);
  EXPECT_FALSE(users().identity.has_value());
  give("run/user/4242/podman/podman.sock");
  fs::permissions(root_ / "run/user/4242/podman", fs::perms::all);
  EXPECT_EQ(users().owner, core::Owner::nobody());
}

TEST_F(SocketPath, AFuseServerThatDoesNotAnswerHoldsUpNobody) {
  make_users();
  support::SilentFuse fuse(root_ / "run/user/4242/podman", true);
  if (!fuse.mounted()) GTEST_SKIP() << "no FUSE here";
  std::future<bool> found = std::async(std::launch::async, [&] { return users().identity.has_value(); });
  const bool in_time = found.wait_for(std::chrono::seconds(5)) == std::future_status::ready;
  fuse.abort();
  EXPECT_TRUE(in_time);
  EXPECT_FALSE(found.get());
}

TEST_F(SocketPath, WhoCanPutItThereOwnsIt) {
  make("run/docker.sock");
  EXPECT_EQ(default_at("/run/docker.sock").owner, core::Owner::machine());
  if (!give("run/docker.sock")) GTEST_SKIP() << "only root gives files away";
  EXPECT_EQ(default_at("/run/docker.sock").owner, core::Owner::user(kUid));
  // What root names is root's all the same.
  EXPECT_EQ(locate("/run/docker.sock").owner, core::Owner::machine());
  give("run/podman");
  EXPECT_EQ(default_at("/run/podman/podman.sock").owner, core::Owner::user(kUid));
  give("run/podman", 0);
  fs::permissions(root_ / "run/podman", fs::perms::all);
  EXPECT_EQ(default_at("/run/podman/podman.sock").owner, core::Owner::nobody());
  // As in /tmp: who may make files there may not replace others'.
  fs::permissions(root_ / "run/podman", fs::perms::all | fs::perms::sticky_bit);
  EXPECT_EQ(default_at("/run/podman/podman.sock").owner, core::Owner::machine());
  fs::create_symlink("podman/podman.sock", root_ / "run/link.sock");
  give("run/link.sock");
  EXPECT_EQ(default_at("/run/link.sock").owner, core::Owner::user(kUid));
}

TEST_F(SocketPath, APathBelowRunUserIsThatUsers) {
  const auto expect = [](const std::string& path, Kind kind, uint32_t uid, const std::string& seen) {
    const SocketPlace place = place_of(path, true);
    EXPECT_EQ(place.kind, kind) << path;
    EXPECT_EQ(place.uid, uid) << path;
    EXPECT_EQ(place.path, seen);
  };
  expect("/run/user/1000/podman/podman.sock", Kind::kUser, 1000, "/run/user/1000/podman/podman.sock");
  expect("/var/run/user/1000/docker.sock", Kind::kUser, 1000, "/run/user/1000/docker.sock");
  expect("/run/user/x/docker.sock", Kind::kConfigured, 0, "/run/user/x/docker.sock");
  expect("/run/user/1000", Kind::kConfigured, 0, "/run/user/1000");
  expect("/run/docker.sock", Kind::kConfigured, 0, "/run/docker.sock");
  EXPECT_EQ(place_of("/run/docker.sock", false).kind, Kind::kDefault);
}

TEST_F(SocketPath, AConnectPathLeadsToWhatWasFoundLast) {
  ConnectPath path;
  path.set(locate("/run/podman/podman.sock"));
  const std::string name = path.path();
  EXPECT_LT(name.size(), 30U);
  fs::rename(root_ / "run/podman/podman.sock", root_ / "run/moved");
  EXPECT_TRUE(fs::equivalent(name, root_ / "run/moved"));
  make("run/other");
  path.set(locate("/run/other"));
  EXPECT_EQ(path.path(), name);
  EXPECT_TRUE(fs::equivalent(name, root_ / "run/other"));
  path.clear();
  EXPECT_TRUE(fs::is_directory(name));
}

}  // namespace
}  // namespace worker
