// Unix stream sockets with deadlines: what both HTTP clients stand on.
// Owned by the client that connects; worker's thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/result.h"

namespace net {

using UnixSocket = boost::asio::local::stream_protocol::socket;
using Clock = std::chrono::steady_clock;

// Where a socket is. A path alone is both.
struct UnixAddress {
  UnixAddress(std::string where) : shown(where), path(std::move(where)) {}
  UnixAddress(const char* where) : UnixAddress(std::string(where)) {}
  UnixAddress(std::string shown_path, std::string kernels_path, std::function<void(uint32_t)> ear)
      : shown(std::move(shown_path)), path(std::move(kernels_path)), on_peer(std::move(ear)) {}

  std::string shown;  // for people
  std::string path;   // for the kernel: at most 107 bytes
  // Told the uid of whoever listened there, before anything is sent to him; once for each connection. May be
  // empty.
  std::function<void(uint32_t uid)> on_peer;
};

// Failed requests of one client, for metrics.
struct Counters {
  uint64_t errors = 0;    // requests without a good answer, whatever the reason
  uint64_t timeouts = 0;  // of these, deadlines that passed
};

// Ends whatever waits on a socket when time is up, by closing the socket: the operation then fails. One
// deadline spans any number of operations, so a peer that drips bytes gains nothing.
class Deadline {
 public:
  // socket: must live as long as this does, or until dismiss().
  Deadline(UnixSocket& socket, Clock::time_point at);
  ~Deadline() { dismiss(); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  bool passed() const;
  void dismiss();

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the timer's handler, which may run after this is gone
  boost::asio::steady_timer timer_;
};

// Connects to the socket at `address`. Fails with a sentence that names it as shown: too long (sockaddr_un
// holds 107 bytes), missing, refused, not allowed, or not done by `deadline`. A full backlog is waited out
// until then.
boost::asio::awaitable<base::Result<UnixSocket>> connect_unix(UnixAddress address,
                                                              Clock::time_point deadline);

}  // namespace net
