// State of one call on one HTTP/2 stream. Internal to src/net/grpc; written by Session's callbacks, read by
// the coroutine that waits for `changed`. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/steady_timer.hpp>

#include "net/grpc/message.h"
#include "net/grpc/status.h"

namespace net::grpc {

struct Call {
  Call(const boost::asio::any_io_executor& executor, std::string framed_request, size_t max_message_bytes,
       bool one_answer)
      : unary(one_answer), body(std::move(framed_request)), decoder(max_message_bytes), changed(executor) {}

  const bool unary;
  int32_t stream_id = -1;

  // What is sent.
  std::string body;
  size_t body_sent = 0;

  // The answer's headers and trailers, as far as gRPC uses them.
  int http_status = 0;
  bool is_grpc = false;  // content-type application/grpc...
  size_t header_bytes = 0;
  std::optional<Code> grpc_status;
  std::string grpc_message;

  // The answer's messages.
  MessageDecoder decoder;
  std::deque<std::string> messages;
  size_t unconsumed = 0;  // bytes received that flow control has not given back to the peer yet

  std::optional<Status> outcome;  // set once, when nothing more will come

  // Never expires by itself as long as nobody waits; cancelled whenever something above changed.
  boost::asio::steady_timer changed;
};

}  // namespace net::grpc
