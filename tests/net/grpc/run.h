// Runs one coroutine to its end on an io_context, from the test's thread.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

namespace net::grpc::test {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

inline steady_clock::time_point in(milliseconds time) {
  return steady_clock::now() + time;
}

// Hands a coroutine's value to a function. (Asio's own completion handlers want values that can be empty.)
template <typename T>
boost::asio::awaitable<void> deliver(boost::asio::awaitable<T> task, std::function<void(T)> done) {
  T value = co_await std::move(task);
  done(std::move(value));
}

// Starts a coroutine in the background; exceptions end the test program.
template <typename T, typename Done>
void spawn(boost::asio::io_context& io, boost::asio::awaitable<T> task, Done done) {
  boost::asio::co_spawn(io, deliver<T>(std::move(task), std::function<void(T)>(std::move(done))),
                        boost::asio::detached);
}

// The coroutine's value; throws when it has none within `limit`.
template <typename T>
T run(boost::asio::io_context& io, boost::asio::awaitable<T> task, milliseconds limit = milliseconds(20000)) {
  const auto result = std::make_shared<std::optional<T>>();
  spawn(io, std::move(task), [result](T value) { result->emplace(std::move(value)); });
  const auto end = in(limit);
  io.restart();
  while (!*result && io.run_one_until(end) > 0) {
  }
  if (!*result) throw std::runtime_error("the coroutine does not end");
  return std::move(**result);
}

}  // namespace net::grpc::test
