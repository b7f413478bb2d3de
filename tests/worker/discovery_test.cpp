// Engines that nobody configured, found by the kernel's table of unix sockets.
#include "worker/discovery.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "worker_fixture.h"

namespace worker {
namespace {

namespace fs = std::filesystem;

TEST(ListeningPath, IsThatOfAListeningStreamSocket) {
  EXPECT_EQ(listening_path("ffff88810: 00000002 00000000 00010000 0001 01 12345 /run/docker.sock"),
            "/run/docker.sock");
  EXPECT_EQ(listening_path("0000000000000000: 00000002 00000000 00010000 0001 01 12 /a b"), "/a b");
  for (const char* line : {
           "Num       RefCount Protocol Flags    Type St Inode Path",
           "ffff88810: 00000003 00000000 00000000 0001 03 12345 /run/docker.sock",  // connected
           "ffff88810: 00000002 00000000 00010000 0002 01 12345 /run/docker.sock",  // datagrams
           "ffff88810: 00000002 00000000 00010000 0001 01 12345 @/run/docker.sock",
           "ffff88810: 00000002 00000000 00010000 0001 01 12345 docker.sock",
           "ffff88810: 00000002 00000000 00010000 0001 01 12345",
           "ffff88810: 00000002 00000000 00010000 0001 01 12345 /run/\x1b[2J/docker.sock",
           "x",
           "",
       }) {
    EXPECT_EQ(listening_path(line), "") << line;
  }
}

class DiscoveryTest : public TimedWorkerTest {
 protected:
  DiscoveryTest() {
    config_.host_root = directory_.path();
    config_.docker.sockets.clear();
    config_.discover = true;
    timing_.discover = milliseconds(20);
    fs::create_directories(directory_ / "proc/1/net");
  }
  // The host's table, as if these were all. A new file in its place, as a whole.
  void listen_at(const std::vector<std::string>& paths) {
    std::ofstream table(directory_ / "table");
    table << "Num       RefCount Protocol Flags    Type St Inode Path\n";
    for (const std::string& path : paths) table << "0: 00000002 00000000 00010000 0001 01 7 " << path << '\n';
    table.close();
    fs::rename(directory_ / "table", directory_ / "proc/1/net/unix");
  }
  std::unique_ptr<FakeDocker> engine(const std::string& path, const std::string& id) {
    fs::create_directories(fs::path(directory_.path() + path).parent_path());
    auto fake = std::make_unique<FakeDocker>(directory_.path() + path);
    fake->add(container_id(id), id);
    return fake;
  }
  bool reported(const std::string& id) {
    return eventually([&] { return journal_.reports(container_id(id)) == 1; });
  }
  bool said(const std::string& part) {
    return eventually([&] { return log_.count(base::Severity::kInfo, part) == 1; });
  }
};

TEST_F(DiscoveryTest, AnOddPathIsFollowed) {
  const auto early = engine("/opt/early/docker.sock", "a1");
  listen_at({"/opt/early/docker.sock", "/run/other.sock", "/opt/missing/docker.sock"});
  start_timed();
  ASSERT_TRUE(board_.wait_until_settled(milliseconds(10000)));
  EXPECT_EQ(journal_.reports(container_id("a1")), 1);
  EXPECT_EQ(timed_status().path, directory_ / "opt/early/docker.sock");
  const auto late = engine("/opt/late/docker.sock", "b2");
  listen_at({"/opt/early/docker.sock", "/opt/late/docker.sock"});
  EXPECT_TRUE(reported("b2"));
  EXPECT_TRUE(said("found " + directory_ / "opt/late/docker.sock"));
  EXPECT_EQ(log_.count(base::Severity::kInfo, "nobody configured"), 2);
}

TEST_F(DiscoveryTest, OnlyWhereRootAloneMayWrite) {
  const auto shared = engine("/tmp/docker.sock", "a1");
  fs::permissions(directory_ / "tmp", fs::perms::all | fs::perms::sticky_bit);
  const auto users = engine("/home/bob/docker.sock", "b2");
  const bool given = ::chown((directory_ / "home/bob").c_str(), 4242, 4242) == 0;
  const auto good = engine("/opt/docker.sock", "c3");
  listen_at({"/tmp/docker.sock", "/home/bob/docker.sock", "/opt/docker.sock"});
  start_timed();
  EXPECT_TRUE(reported("c3"));
  EXPECT_TRUE(said("/tmp/docker.sock is not followed"));
  EXPECT_EQ(shared->connections(), 0);
  if (!given) GTEST_SKIP() << "only root gives files away";
  EXPECT_TRUE(said("/home/bob/docker.sock is not followed"));
  EXPECT_EQ(users->connections(), 0);
}

TEST_F(DiscoveryTest, AUsersDockerIsThatUsers) {
  listen_at({});
  const auto fake = engine("/run/user/4242/docker.sock", "a1");
  const auto other = engine("/run/user/4242/lib/docker.sock", "b2");
  listen_at({"/run/user/4242/docker.sock", "/run/user/4242/lib/docker.sock"});
  start_timed();
  EXPECT_TRUE(reported("a1"));
  EXPECT_TRUE(reported("b2"));
  EXPECT_EQ(log_.count(base::Severity::kInfo, "nobody configured"), 1);  // the usual one needs no search
}

TEST_F(DiscoveryTest, WhatIsFollowedAlreadyIsNotFoundOnceMore) {
  const auto fake = engine("/run/docker.sock", "a1");
  config_.docker.sockets = {"/run/docker.sock"};
  fs::create_symlink("docker.sock", directory_ / "run/podman.sock");
  fs::create_symlink("run", directory_ / "var");
  start_timed();
  ASSERT_TRUE(reported("a1"));
  listen_at({"/var/docker.sock", "/opt/x/docker.sock"});
  const auto later = engine("/opt/x/docker.sock", "b2");
  EXPECT_TRUE(reported("b2"));
  EXPECT_EQ(log_.count(base::Severity::kInfo, "nobody configured"), 1);
}

TEST_F(DiscoveryTest, AnEngineThatIsConfiguredIsNotLookedFor) {
  const auto fake = engine("/opt/docker.sock", "a1");
  const auto podman = engine("/opt/podman.sock", "b2");
  config_.docker.sockets_given = true;
  config_.docker.sockets = {"/run/docker.sock"};
  config_.podman.enabled = true;
  listen_at({"/opt/docker.sock", "/opt/podman.sock"});
  start_timed();
  EXPECT_TRUE(eventually([&] { return podman->connections() > 0; }));
  EXPECT_EQ(fake->connections(), 0);
}

}  // namespace
}  // namespace worker
