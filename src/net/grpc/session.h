// One HTTP/2 connection: nghttp2 between a socket and the calls. Internal to src/net/grpc.
// Shared by the Channel, its calls and the pending socket operations; close() ends the latter. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nghttp2/nghttp2.h>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/grpc/budget.h"
#include "net/grpc/call.h"
#include "net/grpc/channel.h"

namespace net::grpc {

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(boost::asio::local::stream_protocol::socket socket, Options options);
  ~Session();

  // Sends the preface and starts reading. Once, right after construction.
  void start();

  // Until the peer's first SETTINGS. A status says what came instead. `self` keeps the session alive.
  static boost::asio::awaitable<Status> wait_ready(std::shared_ptr<Session> self, TimePoint deadline);

  // Sends a request. deadline: what is told to the peer, kNoDeadline for nothing.
  CallResult<std::shared_ptr<Call>> open(const std::string& method, const std::string& request,
                                         const Metadata& metadata, TimePoint deadline, bool unary);

  // Forgets a call; resets its stream when that is still open.
  void abandon(Call& call);

  // Takes the oldest message of a stream and lets the peer send more.
  std::string take_message(Call& call);

  // Ends the connection; `status` becomes the outcome of every call in flight. The first close() counts.
  void close(Status status);

  bool is_open() const;
  const std::string& close_reason() const { return close_reason_; }

  // Suspends until `timer` is cancelled by a change or `deadline` passes. False: the awaiting coroutine was
  // cancelled and must end.
  static boost::asio::awaitable<bool> wait(boost::asio::steady_timer& timer, TimePoint deadline);

 private:
  friend struct Callbacks;  // nghttp2's, in session_callbacks.cpp

  struct FreeSession {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };

  void read();
  void on_read(size_t size);
  void flush();
  void schedule_keepalive(std::chrono::milliseconds delay);
  void on_keepalive();

  // What nghttp2 reports. False: the connection must end.
  bool on_frame(const nghttp2_frame& frame);
  bool on_header(int32_t stream_id, std::string_view name, std::string_view value);
  void on_data(int32_t stream_id, std::string_view data);
  void on_stream_closed(int32_t stream_id, uint32_t http2_error);

  Call* find(int32_t stream_id);
  void on_headers_end(Call& call, bool end_of_stream);
  void on_end_of_stream(Call& call);
  void fail_stream(Call& call, Status status);
  static void finish(Call& call, Status status);
  bool is_flood(uint64_t frames, uint64_t bytes);
  void made_progress();

  boost::asio::local::stream_protocol::socket socket_;
  Options options_;
  std::unique_ptr<nghttp2_session, FreeSession> http2_;
  std::map<int32_t, std::shared_ptr<Call>> calls_;

  std::vector<char> in_;
  std::vector<uint8_t> out_;
  bool writing_ = false;

  bool ready_ = false;  // the peer's SETTINGS came
  bool closed_ = false;
  std::string close_reason_;
  std::string last_error_;  // nghttp2's words about the peer's latest mistake
  boost::asio::steady_timer ready_changed_;

  // What a peer may send without bringing any call further. grpc-go sends a PING with every few frames that
  // it gets (to measure the connection), so what comes between two answers counts, and, much wider, all of
  // it.
  Budget idle_frames_;
  Budget all_idle_frames_;
  Budget idle_bytes_;
  bool progress_ = false;  // in the bytes that are being read
  boost::asio::steady_timer keepalive_;
  bool ping_pending_ = false;
};

// Makes the client session whose callbacks call `owner`; nullptr when memory is short.
nghttp2_session* new_http2_session(Session& owner);

}  // namespace net::grpc
