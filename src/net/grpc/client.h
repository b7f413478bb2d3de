// What an engine needs of gRPC: one channel at a time to one socket, a total deadline for every request,
// counters, and errors as sentences. Owned by an engine; one thread.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "base/result.h"
#include "net/grpc/channel.h"
#include "net/unix_stream.h"

namespace net::grpc {

class Client {
 public:
  // timeout: total, of one request.
  Client(UnixAddress address, std::chrono::milliseconds timeout)
      : address_(std::move(address)), timeout_(timeout) {}

  // A new connection; what was in flight on the one before fails.
  boost::asio::awaitable<base::Status> connect();

  // One request, one answer. A peer that breaks the protocol is disconnected.
  boost::asio::awaitable<CallResult<std::string>> call(std::string method, std::string request,
                                                       Metadata metadata);

  CallResult<std::shared_ptr<Stream>> stream(std::string_view method, const std::string& request,
                                             const Metadata& metadata);

  // When a request that starts now is given up.
  TimePoint deadline() const { return std::chrono::steady_clock::now() + timeout_; }

  // Counts and, when the peer cannot be trusted any more, disconnects.
  void failed(const Status& status);
  void failed_to_decode();

  // "/p.Service/Method at /path: NOT_FOUND: words".
  std::string sentence(std::string_view method, const Status& status) const;

  // Fails everything in flight.
  void close();

  const std::string& path() const { return address_.shown; }
  Counters counters() const { return counters_; }

 private:
  UnixAddress address_;
  std::chrono::milliseconds timeout_;
  std::shared_ptr<Channel> channel_;
  Counters counters_;
};

}  // namespace net::grpc
