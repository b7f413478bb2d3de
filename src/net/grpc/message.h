// gRPC's framing of messages inside an HTTP/2 stream: one byte of flags, four of length, the message.
// Pure; any thread. Source: gRPC over HTTP/2, "Length-Prefixed-Message".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/grpc/status.h"

namespace net::grpc {

// `message` with its prefix. Messages of 4 GiB and more cannot be framed; ours are requests of a few bytes.
std::string frame_message(std::string_view message);

// Takes a stream of DATA bytes apart. The announced length is only compared with the limit: memory grows with
// the bytes that really come.
class MessageDecoder {
 public:
  explicit MessageDecoder(size_t max_message_bytes) : max_(max_message_bytes) {}

  // Appends the messages that `data` completes to `out`. A status is an error: compressed or unknown flag,
  // or a message over the limit; after it the decoder must not be fed again.
  std::optional<Status> feed(std::string_view data, std::vector<std::string>& out);

  // True when bytes of an unfinished message are held: a stream that ends now was cut.
  bool partial() const { return have_ > 0; }

 private:
  static constexpr size_t kPrefix = 5;
  std::optional<Status> check_prefix();

  size_t max_;
  size_t have_ = 0;  // bytes of the current message so far, prefix included
  uint8_t prefix_[kPrefix] = {};
  size_t length_ = 0;  // announced; valid once have_ >= kPrefix
  std::string body_;
};

}  // namespace net::grpc
