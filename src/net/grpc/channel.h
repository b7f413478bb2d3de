// A gRPC client over a Unix socket: unary calls and server streams, many at once on one HTTP/2 connection.
// Owned by whoever called connect(); destroying the Channel closes the connection. Everything of a channel,
// calls and streams included, is used on the one thread that runs its executor.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/result.h"
#include "net/grpc/status.h"
#include "net/unix_stream.h"

namespace net::grpc {

using TimePoint = std::chrono::steady_clock::time_point;
inline constexpr TimePoint kNoDeadline = TimePoint::max();

// Extra request headers: lower-case names, printable ASCII values.
using Metadata = std::vector<std::pair<std::string, std::string>>;

struct Options {
  // A longer answer ends its call with RESOURCE_EXHAUSTED.
  size_t max_message_bytes = size_t{16} * 1024 * 1024;
  // While calls are open, a PING is sent this often and must be answered within keepalive_timeout, else the
  // connection ends. 0: never. Servers made with grpc-go (containerd, CRI-O) take PINGs more often than every
  // five minutes on an otherwise silent connection for abuse and close it: probe those with a cheap call.
  std::chrono::milliseconds keepalive_interval{0};
  std::chrono::milliseconds keepalive_timeout{10000};
  // Frames that carry nothing (PING, SETTINGS, WINDOW_UPDATE, empty DATA, ...) taken per second between two
  // that bring a call further.
  uint32_t max_idle_frames_per_second = 1000;
};

class Session;
struct Call;

// One server stream. Destroying it cancels the call at the peer.
class Stream {
 public:
  Stream(std::shared_ptr<Session> session, std::shared_ptr<Call> call);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // The next message; nullopt when the peer ended the stream with status OK; else why it ended. When the
  // deadline passes first: DEADLINE_EXCEEDED, and the stream goes on. One call at a time. Messages that are
  // not fetched hold the peer back by HTTP/2 flow control.
  boost::asio::awaitable<CallResult<std::optional<std::string>>> next(TimePoint deadline = kNoDeadline);

 private:
  std::shared_ptr<Session> session_;
  std::shared_ptr<Call> call_;
};

class Channel {
 public:
  // Connects and waits until the peer has shown that it speaks HTTP/2 (its SETTINGS). Fails with one sentence
  // that names `address`, at `deadline` at the latest.
  static boost::asio::awaitable<base::Result<std::shared_ptr<Channel>>> connect(UnixAddress address,
                                                                                TimePoint deadline,
                                                                                Options options);

  explicit Channel(std::shared_ptr<Session> session);
  ~Channel();  // close()
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // One request, one answer. method: "/package.Service/Method"; request: the encoded message. `deadline` is
  // total and also told to the peer. UNAVAILABLE: the connection is gone (is_open() is then false) or the
  // peer refuses new calls; CANCELLED: close() was called or the awaiting coroutine was cancelled.
  boost::asio::awaitable<CallResult<std::string>> unary(std::string method, std::string request,
                                                        Metadata metadata, TimePoint deadline);

  // One request, many answers. Only sends the request: what the peer thinks of it comes with next().
  CallResult<std::shared_ptr<Stream>> server_stream(const std::string& method, const std::string& request,
                                                    const Metadata& metadata);

  // False once the connection ended, or the peer said GOAWAY: calls in flight may still finish, new ones
  // fail.
  bool is_open() const;
  // Why it ended, empty while it has not.
  std::string close_reason() const;

  // Ends the connection; every call in flight ends with CANCELLED on the loop's next turn.
  void close();

 private:
  std::shared_ptr<Session> session_;
};

}  // namespace net::grpc
