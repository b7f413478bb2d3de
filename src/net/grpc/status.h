// The outcome of a gRPC call as a value: a status code with a sentence, or an answer.
// Plain data and pure functions; any thread. Source of the numbers: gRPC's "Status codes" and "HTTP to gRPC
// status code mapping" documents, HTTP/2 error codes of RFC 9113 section 7.
#pragma once

#include <cassert>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace net::grpc {

enum class Code : uint8_t {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

// "NOT_FOUND", ...
const char* code_name(Code code);

struct Status {
  Code code = Code::kOk;
  std::string
      message;  // printable UTF-8, about kMaxMessageBytes at most; the peer's words are quoted, not trusted
  // True when the failure is ours to judge, not the peer's answer: a broken frame, a compressed message, a
  // connection that ended. The peer said nothing that one could rely on.
  bool broken = false;
};

// At most this much of what a peer says is kept.
inline constexpr size_t kMaxMessageBytes = 512;

// Either the answer or the status that is not OK.
template <typename T>
class [[nodiscard]] CallResult {
 public:
  CallResult(T value) : value_(std::in_place_index<0>, std::move(value)) {}
  CallResult(Status status) : value_(std::in_place_index<1>, std::move(status)) {}

  bool ok() const { return value_.index() == 0; }
  explicit operator bool() const { return ok(); }
  Code code() const { return ok() ? Code::kOk : status().code; }
  const Status& status() const { return std::get<1>(value_); }  // only when !ok()

  T& operator*() & { return *checked(); }
  const T& operator*() const& { return *checked(); }
  T&& operator*() && { return std::move(*checked()); }
  T* operator->() { return checked(); }
  const T* operator->() const { return checked(); }

 private:
  T* checked() {
    assert(ok());
    return std::get_if<0>(&value_);
  }
  const T* checked() const {
    assert(ok());
    return std::get_if<0>(&value_);
  }
  std::variant<T, Status> value_;
};

// The value of a `grpc-status` header; anything but a decimal number of the table is kUnknown, as gRPC asks.
Code parse_status(std::string_view text);

// The value of a `grpc-message` header: percent-decoded, control characters and broken UTF-8 replaced by '?',
// kMaxMessageBytes of it and "..." when there is more.
std::string decode_message(std::string_view text);

// For an answer without grpc-status.
Code code_of_http_status(int http_status);

// For a stream that was reset with this HTTP/2 error code.
Code code_of_reset(uint32_t http2_error);

}  // namespace net::grpc
