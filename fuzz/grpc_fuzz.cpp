// A gRPC session whose peer is this program: it shows its SETTINGS, gets a call and a stream, and then sends
// these bytes and goes. With an odd first byte it sends them at once. A pair of sockets without a name;
// nothing waits.
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/unique_fd.h"
#include "fuzz/check.h"
#include "fuzz/input.h"
#include "net/grpc/channel.h"
#include "net/grpc/session.h"

namespace {

namespace asio = boost::asio;
using namespace std::string_view_literals;

constexpr size_t kMaxMessage = 4096;
constexpr std::string_view kSettings = "\0\0\0\4\0\0\0\0\0"sv;

void send_all(int peer, std::string_view bytes) {
  fuzz::check(::send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
}

asio::awaitable<void> read_stream(std::shared_ptr<net::grpc::Stream> stream) {
  while (true) {
    const auto message = co_await stream->next();
    if (!message.ok() || !message->has_value()) break;
    fuzz::check((*message)->size() <= kMaxMessage);
  }
}

asio::awaitable<void> talk(std::shared_ptr<net::grpc::Session> session, int peer, std::string_view bytes) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  net::grpc::Channel channel(session);
  const auto ready = co_await net::grpc::Session::wait_ready(session, deadline);
  if (ready.code == net::grpc::Code::kOk) {
    const auto stream = channel.server_stream("/test.Service/Follow", "request", {{"name", "value"}});
    if (stream.ok()) asio::co_spawn(co_await asio::this_coro::executor, read_stream(*stream), asio::detached);
    if (!bytes.empty()) send_all(peer, bytes);
    ::shutdown(peer, SHUT_WR);
    const auto answer = co_await channel.unary("/test.Service/Get", "request", {}, deadline);
    if (answer.ok()) fuzz::check(answer->size() <= kMaxMessage);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static asio::io_context loop;
  fuzz::Input input(data, size);
  const bool at_once = (input.byte() & 1) != 0;
  const std::string_view bytes = input.rest().substr(0, 65536);

  std::array<int, 2> ends{};
  fuzz::check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) == 0);
  const base::UniqueFd peer(ends[1]);
  asio::local::stream_protocol::socket socket(loop, asio::local::stream_protocol(), ends[0]);
  net::grpc::Options options;
  options.max_message_bytes = kMaxMessage;
  auto session = std::make_shared<net::grpc::Session>(std::move(socket), options);
  session->start();
  if (at_once) {
    send_all(peer.get(), bytes);
    ::shutdown(peer.get(), SHUT_WR);
  } else {
    send_all(peer.get(), kSettings);
  }
  asio::co_spawn(loop, talk(std::move(session), peer.get(), at_once ? std::string_view() : bytes),
                 asio::detached);
  loop.restart();
  loop.run();
  return 0;
}
