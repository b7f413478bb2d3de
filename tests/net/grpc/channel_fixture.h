// What the tests of the gRPC client share: an io_context of their own and blocking forms of the calls.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "net/grpc/channel.h"
#include "run.h"

namespace net::grpc::test {

inline constexpr milliseconds kPatience{5000};

class ChannelTest : public ::testing::Test {
 protected:
  base::Result<std::shared_ptr<Channel>> try_connect(const std::string& path,
                                                     milliseconds timeout = kPatience, Options options = {}) {
    return run(io_, Channel::connect(path, in(timeout), options));
  }
  std::shared_ptr<Channel> connect(const std::string& path, Options options = {}) {
    auto channel = try_connect(path, kPatience, options);
    if (!channel.ok()) throw std::runtime_error(channel.error());
    return *channel;
  }
  CallResult<std::string> call(const std::shared_ptr<Channel>& channel, std::string method,
                               std::string request = "", milliseconds timeout = kPatience,
                               Metadata metadata = {}) {
    return run(io_, channel->unary(std::move(method), std::move(request), std::move(metadata), in(timeout)));
  }
  std::shared_ptr<Stream> stream(const std::shared_ptr<Channel>& channel, const std::string& method) {
    auto opened = channel->server_stream(method, "", {});
    if (!opened.ok()) throw std::runtime_error(opened.status().message);
    return *opened;
  }
  CallResult<std::optional<std::string>> next(const std::shared_ptr<Stream>& stream,
                                              milliseconds timeout = kPatience) {
    return run(io_, stream->next(in(timeout)));
  }
  // Runs the loop until `condition` holds; false when it does not in time.
  template <typename Condition>
  bool eventually(Condition condition) {
    const auto end = in(kPatience);
    while (!condition() && steady_clock::now() < end) {
      io_.restart();
      io_.run_for(milliseconds(1));
    }
    return condition();
  }

  boost::asio::io_context io_;
};

}  // namespace net::grpc::test
