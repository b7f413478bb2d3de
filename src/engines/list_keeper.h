// Lists an engine again and again beside its events: every second while nothing else tells, seldom when
// events do; a smaller list when the whole one cannot be had. docs/engines.md, "When a part fails".
// One per session, shared with its coroutine; worker's thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engines/engine.h"
#include "engines/listing.h"
#include "net/signal.h"

namespace engines {

// What an engine has to offer to its keeper.
class Lister {
 public:
  virtual ~Lister() = default;

  // Asks for everything, or for as much of it as `extent` says. The smaller list may be tried in several
  // ways.
  virtual boost::asio::awaitable<base::Result<std::vector<Sighting>>> list(Extent extent) = 0;
  // A cheap round trip: is anybody there?
  virtual boost::asio::awaitable<base::Status> is_there() = 0;
  // Nobody is: what the session waits for is to fail, and it ends with lost().
  virtual void end_waiting() = 0;
};

// How a stream of events ended.
struct EventsEnd {
  base::Error why;
  bool session_ends = false;  // it did its work, or its connection is gone: the next session has another
};

class ListKeeper : public std::enable_shared_from_this<ListKeeper> {
 public:
  // lister, observer: outlive the session.
  ListKeeper(const boost::asio::any_io_executor& executor, const Pace& pace, Lister& lister,
             Observer& observer);

  // The first list is asked for now.
  void start();
  // The session is to end: nobody waits any longer.
  void end();
  // end(), and waits until nothing is under way. What is must have been made to fail before.
  boost::asio::awaitable<void> stop();

  // Events are asked for; one was heard; they fail, and for what reason.
  void events_begin();
  void event_heard();
  void events_fail(const std::string& why);

  // Waits while events fail, until it is time to ask for them again or nobody is there any more.
  boost::asio::awaitable<void> wait_without_events();
  // Why nobody is there, once that is so.
  const std::optional<base::Error>& lost() const { return lost_; }

  // Why the last whole list failed; empty when it did not.
  const std::string& trouble() const { return trouble_; }

  // See Listing.
  void told(const core::Container& container, bool looked_up) { listing_.told(container, looked_up); }
  void gone(std::string_view handle) { listing_.gone(handle); }

 private:
  using Clock = std::chrono::steady_clock;
  enum class Events : uint8_t {
    kFail,
    kTried,  // they failed, and are asked for again
    kOpen,   // asked for; none was heard yet
    kHeard,
  };

  boost::asio::awaitable<void> run();
  boost::asio::awaitable<void> round();
  // The list, and how much it shows.
  boost::asio::awaitable<base::Result<Extent>> ask(std::vector<Sighting>& all);
  std::chrono::milliseconds pause() const;
  std::chrono::milliseconds age_of_events() const;
  bool has_events() const { return events_ == Events::kOpen || events_ == Events::kHeard; }
  void events_work(Events how);
  void lose(base::Error why);

  boost::asio::any_io_executor executor_;
  Pace pace_;
  Lister& lister_;
  Observer& observer_;
  Listing listing_;
  net::Signal wake_;  // the pause between two lists ends early
  net::Signal lost_signal_;
  net::Signal done_;
  bool running_ = false;
  bool ending_ = false;
  std::optional<base::Error> lost_;  // nobody is there

  Events events_ = Events::kOpen;
  Clock::time_point events_since_ = Clock::now();
  std::chrono::milliseconds events_pause_;
  Clock::duration took_{};  // by the last list that was answered
  std::string trouble_;
  unsigned failures_ = 0;          // lists in a row that failed altogether
  Clock::time_point whole_again_;  // the whole list is not asked for before
  std::chrono::milliseconds whole_pause_;
};

}  // namespace engines
