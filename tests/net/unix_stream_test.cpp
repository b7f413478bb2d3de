// Connecting: what fails says why and names the path; deadlines hold.
#include "net/unix_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "base/unique_fd.h"
#include "net/signal.h"
#include "support/fake_peer.h"
#include "support/run_on_loop.h"
#include "support/temp_dir.h"

namespace net {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

class UnixStream : public testing::Test {
 protected:
  base::Result<UnixSocket> connect(const std::string& path, milliseconds limit = milliseconds(2000)) {
    return support::run_on_loop(loop_, connect_unix(path, Clock::now() + limit));
  }

  boost::asio::io_context loop_;
  support::TempDir directory_;
};

TEST_F(UnixStream, Connects) {
  support::FakePeer peer(directory_ / "s", [](support::FakeConnection& connection) { connection.hold(); });
  base::Result<UnixSocket> socket = connect(directory_ / "s");
  ASSERT_TRUE(socket.ok()) << socket.error();
  EXPECT_TRUE(socket->is_open());
}

TEST_F(UnixStream, TellsWhoListens) {
  support::FakePeer peer(directory_ / "s", [](support::FakeConnection& connection) { connection.hold(); });
  std::vector<uint32_t> peers;
  const UnixAddress address("/shown", directory_ / "s", [&](uint32_t uid) { peers.push_back(uid); });
  ASSERT_TRUE(support::run_on_loop(loop_, connect_unix(address, Clock::now() + milliseconds(2000))).ok());
  EXPECT_EQ(peers, std::vector<uint32_t>{::geteuid()});
  peer.stop();
  const base::Result<UnixSocket> gone =
      support::run_on_loop(loop_, connect_unix(address, Clock::now() + milliseconds(2000)));
  ASSERT_FALSE(gone.ok());
  EXPECT_THAT(gone.error(), HasSubstr("/shown"));
  EXPECT_EQ(peers.size(), 1U);
}

TEST_F(UnixStream, NamesThePathOfASocketThatIsMissing) {
  const base::Result<UnixSocket> socket = connect(directory_ / "none");
  ASSERT_FALSE(socket.ok());
  EXPECT_THAT(socket.error(), HasSubstr(directory_ / "none"));
  EXPECT_THAT(socket.error(), HasSubstr("No such file"));
}

TEST_F(UnixStream, SaysThatNobodyListens) {
  support::FakePeer peer(directory_ / "s", [](support::FakeConnection&) {});
  peer.stop(false);
  const base::Result<UnixSocket> socket = connect(directory_ / "s");
  ASSERT_FALSE(socket.ok());
  EXPECT_THAT(socket.error(), HasSubstr("refused"));
}

TEST_F(UnixStream, RefusesPathsThatDoNotFit) {
  EXPECT_FALSE(connect("").ok());
  const base::Result<UnixSocket> socket = connect("/" + std::string(107, 'x'));
  ASSERT_FALSE(socket.ok());
  EXPECT_THAT(socket.error(), HasSubstr("107"));
}

TEST_F(UnixStream, GivesUpOnAFullBacklogAtTheDeadline) {
  const std::string path = directory_ / "s";
  base::UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  ASSERT_EQ(::bind(listener.get(), generic, sizeof address), 0);
  ASSERT_EQ(::listen(listener.get(), 0), 0);
  std::vector<base::UniqueFd> waiting;
  while (true) {
    base::UniqueFd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (::connect(client.get(), generic, sizeof address) != 0) break;
    waiting.push_back(std::move(client));
    ASSERT_LT(waiting.size(), 100U);
  }
  const auto begin = Clock::now();
  const base::Result<UnixSocket> socket = connect(path, milliseconds(150));
  ASSERT_FALSE(socket.ok());
  EXPECT_THAT(socket.error(), HasSubstr("in time"));
  EXPECT_GE(Clock::now() - begin, milliseconds(100));
  EXPECT_LT(Clock::now() - begin, milliseconds(1500));
}

boost::asio::awaitable<bool> wait_twice(Signal& signal) {
  const bool first = co_await signal.wait_for(milliseconds(5000));
  const bool second = co_await signal.wait_for(milliseconds(1));
  co_return first && !second;
}

TEST_F(UnixStream, ASignalIsUsedUpByOneWait) {
  Signal signal(loop_.get_executor());
  signal.notify();
  EXPECT_TRUE(support::run_on_loop(loop_, wait_twice(signal)));
}

boost::asio::awaitable<bool> outlast(UnixSocket& socket) {
  Deadline deadline(socket, Clock::now() + milliseconds(20));
  co_await pause(milliseconds(60));
  co_return deadline.passed() && !socket.is_open();
}

TEST_F(UnixStream, ADeadlineClosesTheSocket) {
  UnixSocket socket(loop_);
  socket.open();
  EXPECT_TRUE(support::run_on_loop(loop_, outlast(socket)));
}

}  // namespace
}  // namespace net
