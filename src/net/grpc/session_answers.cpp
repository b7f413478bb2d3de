// What the peer says, frame by frame, and what that means for the calls (the other half of session.h).
#include <charconv>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "net/grpc/session.h"

namespace net::grpc {
namespace {

constexpr size_t kMaxAnswerHeaderBytes = size_t{64} * 1024;
constexpr size_t kFieldOverhead = 32;  // what HTTP/2 counts for each field besides its bytes

uint64_t now_ns() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

bool ends_stream(const nghttp2_frame& frame) {
  return (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

// Frames that bring no call further; a peer may send them, but not without end.
bool is_idle(const nghttp2_frame& frame) {
  if (frame.hd.type == NGHTTP2_DATA) return frame.hd.length == 0 && !ends_stream(frame);
  return frame.hd.type != NGHTTP2_HEADERS;
}

Status final_status(const Call& call) {
  if (!call.grpc_status) {
    if (call.http_status != 200) {
      return {code_of_http_status(call.http_status), fmt::format("answered with HTTP {}", call.http_status),
              true};
    }
    return {Code::kInternal, "the answer ends without a grpc-status", true};
  }
  if (*call.grpc_status != Code::kOk) return {*call.grpc_status, call.grpc_message, false};
  if (call.decoder.partial()) return {Code::kInternal, "the answer ends inside a message", true};
  if (call.unary && call.messages.empty()) return {Code::kInternal, "status OK without an answer", true};
  return {};
}

}  // namespace

void Session::finish(Call& call, Status status) {
  if (call.outcome) return;
  call.outcome = std::move(status);
  call.changed.cancel();
}

Call* Session::find(int32_t stream_id) {
  const auto found = calls_.find(stream_id);
  return found == calls_.end() ? nullptr : found->second.get();
}

void Session::fail_stream(Call& call, Status status) {
  finish(call, std::move(status));
  nghttp2_submit_rst_stream(http2_.get(), NGHTTP2_FLAG_NONE, call.stream_id, NGHTTP2_CANCEL);
}

bool Session::is_flood(uint64_t frames, uint64_t bytes) {
  const uint64_t now = now_ns();
  const bool fine =
      idle_frames_.spend(frames, now) && all_idle_frames_.spend(frames, now) && idle_bytes_.spend(bytes, now);
  if (!fine) last_error_ = "a flood of frames that carry nothing";
  return !fine;
}

void Session::made_progress() {
  progress_ = true;
  idle_frames_.reset();
}

bool Session::on_frame(const nghttp2_frame& frame) {
  if (is_idle(frame) && is_flood(1, 0)) return false;
  if (frame.hd.type == NGHTTP2_SETTINGS && (frame.hd.flags & NGHTTP2_FLAG_ACK) == 0 && !ready_) {
    ready_ = true;
    ready_changed_.cancel();
  }
  if (frame.hd.type == NGHTTP2_PING && (frame.hd.flags & NGHTTP2_FLAG_ACK) != 0 && ping_pending_) {
    ping_pending_ = false;
    schedule_keepalive(options_.keepalive_interval);
  }
  if (frame.hd.type != NGHTTP2_HEADERS && frame.hd.type != NGHTTP2_DATA) return true;
  Call* call = find(frame.hd.stream_id);
  if (call == nullptr || call->outcome) return true;
  if (!is_idle(frame)) made_progress();
  if (frame.hd.type == NGHTTP2_HEADERS) {
    on_headers_end(*call, ends_stream(frame));
  } else if (ends_stream(frame)) {
    on_end_of_stream(*call);
  }
  return true;
}

bool Session::on_header(int32_t stream_id, std::string_view name, std::string_view value) {
  Call* call = find(stream_id);
  if (call == nullptr || call->outcome) return true;
  call->header_bytes += name.size() + value.size() + kFieldOverhead;
  if (call->header_bytes > kMaxAnswerHeaderBytes) {
    finish(*call, {Code::kResourceExhausted, "the answer's headers are too long", true});
    return false;
  }
  if (name == ":status") {
    call->http_status = 0;
    std::from_chars(value.data(), value.data() + value.size(), call->http_status);
  } else if (name == "content-type") {
    call->is_grpc = value.starts_with("application/grpc");
  } else if (name == "grpc-status") {
    call->grpc_status = parse_status(value);
  } else if (name == "grpc-message") {
    call->grpc_message = decode_message(value);
  }
  return true;
}

void Session::on_headers_end(Call& call, bool end_of_stream) {
  if (end_of_stream) return on_end_of_stream(call);
  if (call.http_status >= 200 && (call.http_status != 200 || !call.is_grpc)) {
    const Code code = call.http_status == 200 ? Code::kUnknown : code_of_http_status(call.http_status);
    fail_stream(call, {code, fmt::format("answered with HTTP {}, not with gRPC", call.http_status), true});
  }
}

void Session::on_data(int32_t stream_id, std::string_view data) {
  nghttp2_session_consume_connection(http2_.get(), data.size());
  Call* call = find(stream_id);
  if (call == nullptr || call->outcome) {
    nghttp2_session_consume_stream(http2_.get(), stream_id, data.size());
    return;
  }
  made_progress();
  std::vector<std::string> complete;
  if (auto error = call->decoder.feed(data, complete)) return fail_stream(*call, std::move(*error));
  for (std::string& message : complete) call->messages.push_back(std::move(message));
  if (call->unary && call->messages.size() > 1) {
    return fail_stream(*call, {Code::kInternal, "more than one answer to a unary call", true});
  }
  if (call->messages.empty() || call->unary) {
    // An unfinished message must be allowed to go on, whatever the window is.
    nghttp2_session_consume_stream(http2_.get(), stream_id, data.size());
    return;
  }
  call->unconsumed += data.size();
  if (!complete.empty()) call->changed.cancel();
}

void Session::on_end_of_stream(Call& call) {
  finish(call, final_status(call));
  if (nghttp2_session_get_stream_local_close(http2_.get(), call.stream_id) == 0) {
    // The peer answered before it had the whole request: nobody waits for the rest.
    nghttp2_submit_rst_stream(http2_.get(), NGHTTP2_FLAG_NONE, call.stream_id, NGHTTP2_CANCEL);
  }
}

void Session::on_stream_closed(int32_t stream_id, uint32_t http2_error) {
  const auto found = calls_.find(stream_id);
  if (found == calls_.end()) return;
  const std::shared_ptr<Call> call = found->second;
  calls_.erase(found);
  std::string why = fmt::format("the peer reset the call ({})", nghttp2_http2_strerror(http2_error));
  if (!last_error_.empty() && http2_error == NGHTTP2_PROTOCOL_ERROR) why += ": " + last_error_;
  finish(*call, {code_of_reset(http2_error), std::move(why), true});
}

}  // namespace net::grpc
