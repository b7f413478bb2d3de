// See list_keeper.h.
#include "engines/list_keeper.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

namespace engines {

namespace asio = boost::asio;
using std::chrono::milliseconds;

ListKeeper::ListKeeper(const asio::any_io_executor& executor, const Pace& pace, Lister& lister,
                       Observer& observer)
    : executor_(executor),
      pace_(pace),
      lister_(lister),
      observer_(observer),
      wake_(executor),
      lost_signal_(executor),
      done_(executor),
      events_pause_(pace.events_first),
      whole_pause_(pace.whole_first) {}

void ListKeeper::start() {
  running_ = true;
  const std::shared_ptr<ListKeeper> self = shared_from_this();
  asio::co_spawn(executor_, run(), [self](const std::exception_ptr& failure) {
    if (failure) self->lose(base::Error{"internal error in a list"});
    self->running_ = false;
    self->done_.notify();
  });
}

void ListKeeper::end() {
  ending_ = true;
  wake_.notify();
  lost_signal_.notify();
}

asio::awaitable<void> ListKeeper::stop() {
  const std::shared_ptr<ListKeeper> self = shared_from_this();
  end();
  if (running_) co_await done_.wait();
}

void ListKeeper::events_begin() {
  events_since_ = Clock::now();
  events_ = events_ == Events::kFail ? Events::kTried : Events::kOpen;
}

void ListKeeper::event_heard() {
  if (events_ != Events::kHeard) events_work(Events::kHeard);
}

void ListKeeper::events_fail(const std::string& why) {
  const bool sudden = has_events();
  events_ = Events::kFail;
  observer_.part(Part::kEvents, why + "; the containers are listed every second instead");
  if (sudden) wake_.notify();
}

void ListKeeper::events_work(Events how) {
  events_ = how;
  events_pause_ = pace_.events_first;
  observer_.part(Part::kEvents, {});
}

asio::awaitable<void> ListKeeper::wait_without_events() {
  if (lost_ || ending_) co_return;
  co_await lost_signal_.wait_for(events_pause_);
  events_pause_ = std::min(2 * events_pause_, pace_.events_limit);
}

void ListKeeper::lose(base::Error why) {
  lost_ = std::move(why);
  lost_signal_.notify();
  lister_.end_waiting();
}

asio::awaitable<void> ListKeeper::run() {
  const std::shared_ptr<ListKeeper> self = shared_from_this();
  while (!ending_ && !lost_) {
    co_await round();
    if (events_ == Events::kTried && age_of_events() >= pace_.silent) events_work(Events::kOpen);
    if (!ending_ && !lost_) co_await wake_.wait_for(pause());
  }
}

asio::awaitable<void> ListKeeper::round() {
  std::vector<Sighting> all;
  base::Result<Extent> extent = co_await ask(all);
  if (ending_) co_return;
  if (extent) {
    failures_ = 0;
    observer_.listed(listing_.compare(std::move(all)), *extent);
  } else {
    ++failures_;
  }
  observer_.part(Part::kList, trouble_);
  if (extent || has_events()) co_return;
  // Neither events nor lists: look-ups are left, if anybody is there at all.
  base::Status there = co_await lister_.is_there();
  if (!there && !ending_) lose(base::Error{there.error()});
}

asio::awaitable<base::Result<Extent>> ListKeeper::ask(std::vector<Sighting>& all) {
  Clock::time_point begin = Clock::now();
  listing_.begin();
  if (begin >= whole_again_) {
    base::Result<std::vector<Sighting>> whole = co_await lister_.list(Extent::kWhole);
    if (whole) {
      trouble_.clear();
      whole_again_ = {};
      whole_pause_ = pace_.whole_first;
      took_ = Clock::now() - begin;
      all = *std::move(whole);
      co_return Extent::kWhole;
    }
    trouble_ = whole.error();
    begin = Clock::now();
    whole_again_ = begin + whole_pause_;
    whole_pause_ = std::min(2 * whole_pause_, pace_.whole_limit);
    if (ending_) co_return base::Error{trouble_};
  }
  base::Result<std::vector<Sighting>> some = co_await lister_.list(Extent::kSome);
  if (!some) co_return base::Error{some.error()};
  took_ = Clock::now() - begin;
  all = *std::move(some);
  co_return Extent::kSome;
}

milliseconds ListKeeper::age_of_events() const {
  return std::chrono::duration_cast<milliseconds>(Clock::now() - events_since_);
}

milliseconds ListKeeper::pause() const {
  constexpr unsigned kMaxDoublings = 16;
  milliseconds pause = pace_.without_events;
  if (events_ == Events::kHeard) {
    pause = pace_.heard;
  } else if (events_ == Events::kOpen) {
    // Events that are only just asked for may be about to fail, or to have begun too late.
    pause = std::clamp(age_of_events(), pace_.without_events, pace_.silent);
  }
  if (failures_ > 0) {
    pause = std::min(pace_.retry_first * (1U << std::min(failures_ - 1, kMaxDoublings)), pace_.retry_limit);
  } else {
    pause = std::max(pause, std::chrono::duration_cast<milliseconds>(took_ * pace_.share));
  }
  if (trouble_.empty()) return pause;
  const auto whole = std::chrono::duration_cast<milliseconds>(whole_again_ - Clock::now());
  return std::clamp(whole, std::min(pace_.without_events, pause), pause);
}

}  // namespace engines
