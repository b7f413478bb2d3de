// See unix_stream.h.
#include "net/unix_stream.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>

#include "net/signal.h"

namespace net {

namespace asio = boost::asio;

namespace {

constexpr size_t kMaxPath = sizeof(sockaddr_un::sun_path) - 1;
constexpr std::chrono::milliseconds kBacklogRetry{20};

// As whom the peer's process listened; nobody's number when the kernel does not tell.
uint32_t uid_of_peer(UnixSocket& socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  const int got = ::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size);
  return got == 0 ? peer.uid : UINT32_MAX;
}

}  // namespace

struct Deadline::State {
  UnixSocket* socket;
  bool passed = false;
};

Deadline::Deadline(UnixSocket& socket, Clock::time_point at)
    : state_(std::make_shared<State>(State{&socket})), timer_(socket.get_executor(), at) {
  timer_.async_wait([state = state_](const boost::system::error_code& error) {
    if (error || state->socket == nullptr) return;
    state->passed = true;
    boost::system::error_code ignored;
    state->socket->close(ignored);
  });
}

bool Deadline::passed() const {
  return state_->passed;
}

void Deadline::dismiss() {
  state_->socket = nullptr;
  timer_.cancel();
}

asio::awaitable<base::Result<UnixSocket>> connect_unix(UnixAddress address, Clock::time_point deadline) {
  if (address.path.empty() || address.path.size() > kMaxPath) {
    co_return base::Error{"cannot connect to '" + address.shown + "': a socket path has 1 to " +
                          std::to_string(kMaxPath) + " bytes"};
  }
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const asio::local::stream_protocol::endpoint endpoint(address.path);
  while (true) {
    UnixSocket socket(executor);
    boost::system::error_code error;
    // Not open(): the programs that Falco starts must not inherit it.
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) error.assign(errno, boost::system::system_category());
    if (!error) socket.assign(endpoint.protocol(), descriptor, error);
    if (!error) socket.non_blocking(true, error);
    // Not async_connect(): a Unix socket connects at once or fails, with EAGAIN when the listener's backlog
    // is full. Asio 1.81 takes that for "in progress" and then for success, with a socket that is not
    // connected.
    if (!error &&
        ::connect(socket.native_handle(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0) {
      error.assign(errno, boost::system::system_category());
    }
    if (!error) {
      if (address.on_peer) address.on_peer(uid_of_peer(socket));
      co_return std::move(socket);
    }
    if (error.value() != EAGAIN && error.value() != EINTR) {
      co_return base::Error{"cannot connect to " + address.shown + ": " + error.message()};
    }
    if (Clock::now() + kBacklogRetry > deadline) {
      co_return base::Error{"cannot connect to " + address.shown +
                            ": it does not accept connections in time"};
    }
    co_await pause(kBacklogRetry);
  }
}

}  // namespace net
