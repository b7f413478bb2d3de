// Asks for the sizes of containers (option with_size), one after the other and after everything else is
// known: an engine walks a container's files for it, which takes long and may never end. One per session,
// shared with its coroutine; worker's thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "core/container.h"
#include "engines/engine.h"
#include "net/signal.h"

namespace engines {

class SizeSource {
 public:
  virtual ~SizeSource() = default;
  // As Engine::lookup(), with the size.
  virtual boost::asio::awaitable<base::Result<std::optional<core::Container>>> lookup_with_size(
      std::string id) = 0;
};

class SizeKeeper : public std::enable_shared_from_this<SizeKeeper> {
 public:
  // source, observer: outlive the session.
  SizeKeeper(const boost::asio::any_io_executor& executor, const Pace& pace, SizeSource& source,
             Observer& observer);

  void start();
  // Waits until nothing is under way. What is must have been made to fail before.
  boost::asio::awaitable<void> stop();

  // That container was looked up: its size is next to be had. full_id: at most kMaxWaiting wait.
  void add(const std::string& full_id);
  void forget(std::string_view full_id);

 private:
  static constexpr size_t kMaxWaiting = 65536;

  boost::asio::awaitable<void> run();

  boost::asio::any_io_executor executor_;
  Pace pace_;
  SizeSource& source_;
  Observer& observer_;
  net::Signal wake_;  // there is one to ask for
  net::Signal end_;
  net::Signal done_;
  bool running_ = false;
  bool ending_ = false;
  std::deque<std::string> line_;
  std::set<std::string, std::less<>> waiting_;  // of line_, those that were not forgotten
};

}  // namespace engines
