// One HTTP/2 connection, see session.h.
#include "net/grpc/session.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace net::grpc {
namespace asio = boost::asio;
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kReadBytes = size_t{32} * 1024;
constexpr size_t kWriteBytes = size_t{64} * 1024;
constexpr size_t kMaxHeaderBytes = size_t{64} * 1024;   // of one answer, headers and trailers together
constexpr int32_t kStreamWindow = 1 << 20;              // bytes that a peer may send ahead on one stream
constexpr int32_t kConnectionWindow = 16 << 20;         // and on all streams together
constexpr uint64_t kMaxIdleFrames = 20'000;             // a second, answers or not
constexpr uint64_t kMaxIdleBytes = uint64_t{16} << 20;  // a second
constexpr std::string_view kUserAgent = "grpc-c++-container-plugin/1";

// nghttp2 copies what these point to when a request is submitted.
nghttp2_nv header_field(std::string_view name, std::string_view value) {
  const auto bytes = [](std::string_view text) {
    return const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

bool is_metadata_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

// gRPC's Timeout header: at most eight digits and a unit.
std::string timeout_header(TimePoint deadline) {
  using std::chrono::milliseconds;
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now()).count();
  return fmt::format("{}m", std::clamp<int64_t>(left, 1, 99'999'999));
}

// Hands the request's body to nghttp2.
ssize_t read_body(nghttp2_session*, int32_t, uint8_t* buffer, size_t size, uint32_t* flags,
                  nghttp2_data_source* source, void*) {
  auto& call = *static_cast<Call*>(source->ptr);
  const size_t count = std::min(size, call.body.size() - call.body_sent);
  std::copy_n(call.body.data() + call.body_sent, count, buffer);
  call.body_sent += count;
  if (call.body_sent == call.body.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(count);
}

}  // namespace

Session::Session(asio::local::stream_protocol::socket socket, Options options)
    : socket_(std::move(socket)),
      options_(options),
      http2_(new_http2_session(*this)),
      in_(kReadBytes),
      ready_changed_(socket_.get_executor()),
      idle_frames_(options.max_idle_frames_per_second),
      all_idle_frames_(kMaxIdleFrames),
      idle_bytes_(kMaxIdleBytes),
      keepalive_(socket_.get_executor()) {}

Session::~Session() = default;

void Session::start() {
  if (!http2_) return close({Code::kResourceExhausted, "no memory for an HTTP/2 session", true});
  constexpr std::array<nghttp2_settings_entry, 3> kSettings = {{
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, kMaxHeaderBytes},
  }};
  nghttp2_submit_settings(http2_.get(), NGHTTP2_FLAG_NONE, kSettings.data(), kSettings.size());
  nghttp2_session_set_local_window_size(http2_.get(), NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
  read();
  flush();
  if (options_.keepalive_interval.count() > 0) schedule_keepalive(options_.keepalive_interval);
}

asio::awaitable<bool> Session::wait(asio::steady_timer& timer, TimePoint deadline) {
  timer.expires_at(deadline);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  co_return state.cancelled() == asio::cancellation_type::none;
}

asio::awaitable<Status> Session::wait_ready(std::shared_ptr<Session> self, TimePoint deadline) {
  Status status;
  while (!self->ready_ && !self->closed_ && status.code == Code::kOk) {
    if (Clock::now() >= deadline) {
      status = {Code::kDeadlineExceeded, "the peer says nothing in HTTP/2", true};
    } else {
      const bool go_on = co_await wait(self->ready_changed_, deadline);
      if (!go_on) status = {Code::kCancelled, "connecting was cancelled", false};
    }
  }
  if (self->closed_) status = {Code::kUnavailable, self->close_reason_, true};
  co_return status;
}

CallResult<std::shared_ptr<Call>> Session::open(const std::string& method, const std::string& request,
                                                const Metadata& metadata, TimePoint deadline, bool unary) {
  if (closed_) return Status{Code::kUnavailable, close_reason_, true};
  if (!is_open()) return Status{Code::kUnavailable, "the peer takes no more calls (GOAWAY)", false};
  const std::string timeout = deadline == kNoDeadline ? std::string() : timeout_header(deadline);
  std::vector<nghttp2_nv> headers = {
      header_field(":method", "POST"),        header_field(":scheme", "http"),
      header_field(":path", method),          header_field(":authority", "localhost"),
      header_field("te", "trailers"),         header_field("content-type", "application/grpc"),
      header_field("user-agent", kUserAgent),
  };
  if (!timeout.empty()) headers.push_back(header_field("grpc-timeout", timeout));
  bool sendable = !method.empty() && method.front() == '/' && is_printable(method);
  for (const auto& [name, value] : metadata) {
    sendable = sendable && is_metadata_name(name) && is_printable(value);
    headers.push_back(header_field(name, value));
  }
  if (!sendable) return Status{Code::kInvalidArgument, "method or metadata cannot be sent as headers", false};

  auto call = std::make_shared<Call>(socket_.get_executor(), frame_message(request),
                                     options_.max_message_bytes, unary);
  nghttp2_data_provider body{};
  body.source.ptr = call.get();
  body.read_callback = read_body;
  const int32_t id =
      nghttp2_submit_request(http2_.get(), nullptr, headers.data(), headers.size(), &body, nullptr);
  if (id < 0) return Status{Code::kUnavailable, nghttp2_strerror(id), true};
  call->stream_id = id;
  calls_.emplace(id, call);
  flush();
  return call;
}

void Session::abandon(Call& call) {
  const auto found = calls_.find(call.stream_id);
  if (found == calls_.end()) return;
  if (closed_) {
    calls_.erase(found);
    return;
  }
  // The call stays in calls_ until nghttp2 reports the stream closed: until then nghttp2 may read its body.
  finish(call, {Code::kCancelled, "cancelled", false});
  nghttp2_submit_rst_stream(http2_.get(), NGHTTP2_FLAG_NONE, call.stream_id, NGHTTP2_CANCEL);
  flush();
}

std::string Session::take_message(Call& call) {
  std::string message = std::move(call.messages.front());
  call.messages.pop_front();
  if (call.messages.empty() && call.unconsumed > 0 && !closed_) {
    nghttp2_session_consume_stream(http2_.get(), call.stream_id, std::exchange(call.unconsumed, 0));
    flush();
  }
  return message;
}

void Session::close(Status status) {
  if (closed_) return;
  closed_ = true;
  close_reason_ = status.message;
  boost::system::error_code ignored;
  socket_.close(ignored);
  keepalive_.cancel();
  ready_changed_.cancel();
  for (auto& [id, call] : calls_) finish(*call, status);
}

bool Session::is_open() const {
  return !closed_ && http2_ && nghttp2_session_check_request_allowed(http2_.get()) != 0;
}

void Session::read() {
  socket_.async_read_some(
      asio::buffer(in_), [self = shared_from_this()](boost::system::error_code error, size_t size) {
        if (self->closed_) return;
        if (!error) return self->on_read(size);
        const std::string why =
            error == asio::error::eof ? "the peer closed the connection" : "cannot read: " + error.message();
        self->close({Code::kUnavailable, why, true});
      });
}

void Session::on_read(size_t size) {
  const std::string_view bytes(in_.data(), size);
  if (!ready_ && bytes.starts_with("HTTP/1")) {
    return close({Code::kUnavailable, "the peer speaks HTTP/1, not gRPC", true});
  }
  progress_ = false;
  const ssize_t taken =
      nghttp2_session_mem_recv(http2_.get(), reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  if (taken < 0 && !closed_) {
    const std::string why = last_error_.empty() ? nghttp2_strerror(static_cast<int>(taken)) : last_error_;
    close({Code::kUnavailable, "the peer breaks HTTP/2: " + why, true});
  }
  if (!progress_ && is_flood(0, bytes.size())) close({Code::kUnavailable, last_error_, true});
  flush();
  if (!closed_) read();
}

void Session::flush() {
  if (closed_ || writing_) return;
  out_.clear();
  while (out_.size() < kWriteBytes) {
    const uint8_t* data = nullptr;
    const ssize_t count = nghttp2_session_mem_send(http2_.get(), &data);
    if (count < 0) {
      return close({Code::kUnavailable, nghttp2_strerror(static_cast<int>(count)), true});
    }
    if (count == 0) break;
    out_.insert(out_.end(), data, data + count);
  }
  if (out_.empty()) {
    if (nghttp2_session_want_read(http2_.get()) == 0 && nghttp2_session_want_write(http2_.get()) == 0) {
      close({Code::kUnavailable,
             last_error_.empty() ? "the peer ended the connection (GOAWAY)"
                                 : "the peer breaks HTTP/2: " + last_error_,
             true});
    }
    return;
  }
  writing_ = true;
  asio::async_write(socket_, asio::buffer(out_),
                    [self = shared_from_this()](boost::system::error_code error, size_t) {
                      self->writing_ = false;
                      if (error) self->close({Code::kUnavailable, "cannot write: " + error.message(), true});
                      self->flush();
                    });
}

void Session::schedule_keepalive(std::chrono::milliseconds delay) {
  keepalive_.expires_after(delay);
  keepalive_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (!error && !self->closed_) self->on_keepalive();
  });
}

void Session::on_keepalive() {
  if (ping_pending_) return close({Code::kUnavailable, "the peer does not answer a PING", true});
  if (calls_.empty()) return schedule_keepalive(options_.keepalive_interval);
  ping_pending_ = true;
  nghttp2_submit_ping(http2_.get(), NGHTTP2_FLAG_NONE, nullptr);
  flush();
  if (!closed_) schedule_keepalive(options_.keepalive_timeout);
}

}  // namespace net::grpc
