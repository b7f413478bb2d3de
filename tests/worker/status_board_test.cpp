// Who waits for the first lists, and what is shown.
#include "worker/status_board.h"

#include <gtest/gtest.h>

#include <thread>

namespace worker {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

TEST(StatusBoard, WaitsForEverySocketAndTheDiscovery) {
  StatusBoard board;
  const int a = board.add("docker", "/a", false);
  const int b = board.add("podman", "/b", false);
  EXPECT_FALSE(board.wait_until_settled(milliseconds(1)));
  board.settle(a);
  board.settle(b);
  EXPECT_FALSE(board.wait_until_settled(milliseconds(1)));
  board.end_discovery();
  EXPECT_TRUE(board.wait_until_settled(milliseconds(0)));
  const int c = board.add("podman", "/c", true);
  EXPECT_FALSE(board.wait_until_settled(milliseconds(1)));
  board.remove(c);
  EXPECT_TRUE(board.wait_until_settled(milliseconds(0)));
}

TEST(StatusBoard, ClosingEndsTheWait) {
  StatusBoard board;
  board.add("docker", "/a", false);
  const auto begin = steady_clock::now();
  std::thread closer([&] { board.close(); });
  EXPECT_FALSE(board.wait_until_settled(milliseconds(60000)));
  closer.join();
  EXPECT_LT(steady_clock::now() - begin, milliseconds(30000));
}

TEST(StatusBoard, ShowsOptionalSocketsOnceTheyWereSeen) {
  StatusBoard board;
  board.add("docker", "/a", false);
  const int user = board.add("podman", "/u", true);
  ASSERT_EQ(board.sockets().size(), 1U);
  board.show(user);
  board.update(user, [](SocketStatus& status) { status.events = 3; });
  ASSERT_EQ(board.sockets().size(), 2U);
  EXPECT_EQ(board.sockets()[1].path, "/u");
  EXPECT_EQ(board.sockets()[1].events, 3U);
  board.update(999, [](SocketStatus&) { FAIL(); });
}

}  // namespace
}  // namespace worker
