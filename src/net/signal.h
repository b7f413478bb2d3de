// Lets coroutines wait for something that another coroutine of the same thread does.
// Owned by whoever notifies; must outlive those who wait (they hold its owner). One thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>

namespace net {

class Signal {
 public:
  explicit Signal(const boost::asio::any_io_executor& executor) : timer_(executor) {}

  // Wakes everyone who waits. When nobody does, the next wait returns at once.
  void notify();

  // Until notified. Any number may wait; all of them are woken.
  boost::asio::awaitable<void> wait();

  // Until notified or until `limit` has passed; true when notified, which is then used up. One may wait.
  boost::asio::awaitable<bool> wait_for(std::chrono::milliseconds limit);

 private:
  boost::asio::steady_timer timer_;
  bool notified_ = false;
};

// Lets `time` pass.
boost::asio::awaitable<void> pause(std::chrono::milliseconds time);

}  // namespace net
