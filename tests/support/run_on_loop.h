// Runs one coroutine to its end on a loop of its own, for tests.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <utility>

namespace support {

template <typename T>
boost::asio::awaitable<void> keep_result(boost::asio::awaitable<T> coroutine, std::optional<T>& result) {
  result.emplace(co_await std::move(coroutine));
}

// The coroutine's result. Other coroutines of the loop get to run meanwhile.
template <typename T>
T run_on_loop(boost::asio::io_context& loop, boost::asio::awaitable<T> coroutine) {
  std::optional<T> result;
  boost::asio::co_spawn(loop, keep_result(std::move(coroutine), result),
                        [](const std::exception_ptr& failure) {
                          if (failure) std::rethrow_exception(failure);
                        });
  loop.restart();
  while (!result && loop.run_one() > 0) {
  }
  return std::move(result).value();
}

}  // namespace support
