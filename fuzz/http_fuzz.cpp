// The HTTP client against a peer that answers with these bytes, all at once, and goes. The first byte chooses
// a request or a stream.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "fuzz/check.h"
#include "fuzz/input.h"
#include "net/http_client.h"

namespace {

namespace asio = boost::asio;

constexpr size_t kMaxBody = 16384;
constexpr size_t kMaxObject = 1024;

// In the abstract namespace, which leaves no file behind: the client gets the name with its leading NUL.
class Listener {
 public:
  Listener() : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "container-http-fuzz-%d", ::getpid());
    name_.assign(address.sun_path, 1 + std::string_view(address.sun_path + 1).size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
    fuzz::check(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0);
    fuzz::check(::listen(socket_.get(), 8) == 0);
  }
  const std::string& name() const { return name_; }
  base::UniqueFd accept() { return base::UniqueFd(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)); }

 private:
  base::UniqueFd socket_;
  std::string name_;
};

asio::awaitable<void> request(net::HttpClient& client) {
  const auto answer = co_await client.get("/containers/json");
  if (answer.ok()) fuzz::check(answer->body.size() <= kMaxBody);
}

asio::awaitable<void> follow(net::HttpClient& client) {
  auto stream = co_await client.stream("/events");
  if (!stream.ok()) co_return;
  while (true) {
    const auto object = co_await (*stream)->next();
    if (!object.ok()) break;
    fuzz::check(object->size() <= kMaxObject && object->starts_with('{'));
  }
  if (const auto& refusal = (*stream)->refusal()) fuzz::check(refusal->status != 200);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Listener listener;
  static asio::io_context loop;
  fuzz::Input input(data, size);
  const bool streams = (input.byte() & 1) != 0;
  const std::string_view answer = input.rest().substr(0, 65536);

  net::HttpLimits limits;
  limits.max_header = 4096;
  limits.max_body = kMaxBody;
  limits.max_object = kMaxObject;
  net::HttpClient client(loop.get_executor(), net::UnixAddress(listener.name()), limits);
  asio::co_spawn(loop, streams ? follow(client) : request(client), asio::detached);
  loop.restart();
  loop.poll();  // connects: a Unix socket does at once
  const base::UniqueFd peer = listener.accept();
  fuzz::check(peer.get() >= 0);
  fuzz::check(::send(peer.get(), answer.data(), answer.size(), MSG_NOSIGNAL) ==
              static_cast<ssize_t>(answer.size()));
  ::shutdown(peer.get(), SHUT_WR);
  loop.restart();
  loop.run();
  client.close();
  loop.restart();
  loop.run();
  return 0;
}
