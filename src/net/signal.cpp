// See signal.h: an Asio timer that is cancelled stands for the notification.
#include "net/signal.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace net {

namespace asio = boost::asio;

void Signal::notify() {
  notified_ = true;
  timer_.cancel();
}

asio::awaitable<void> Signal::wait() {
  if (!notified_) {
    timer_.expires_at(asio::steady_timer::time_point::max());
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

asio::awaitable<bool> Signal::wait_for(std::chrono::milliseconds limit) {
  if (!notified_) {
    timer_.expires_after(limit);
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  const bool notified = notified_;
  notified_ = false;
  co_return notified;
}

asio::awaitable<void> pause(std::chrono::milliseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

}  // namespace net
