// See size_keeper.h.
#include "engines/size_keeper.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

namespace engines {

namespace asio = boost::asio;

namespace {

// Somebody will say so when there is.
constexpr std::chrono::hours kNothingToDo{24};

}  // namespace

SizeKeeper::SizeKeeper(const asio::any_io_executor& executor, const Pace& pace, SizeSource& source,
                       Observer& observer)
    : executor_(executor),
      pace_(pace),
      source_(source),
      observer_(observer),
      wake_(executor),
      end_(executor),
      done_(executor) {}

void SizeKeeper::start() {
  running_ = true;
  const std::shared_ptr<SizeKeeper> self = shared_from_this();
  // Should it fail, sizes are what is missing.
  asio::co_spawn(executor_, run(), [self](const std::exception_ptr&) {
    self->running_ = false;
    self->done_.notify();
  });
}

asio::awaitable<void> SizeKeeper::stop() {
  const std::shared_ptr<SizeKeeper> self = shared_from_this();
  ending_ = true;
  wake_.notify();
  end_.notify();
  if (running_) co_await done_.wait();
}

void SizeKeeper::add(const std::string& full_id) {
  if (line_.size() >= kMaxWaiting || !waiting_.insert(full_id).second) return;
  line_.push_back(full_id);
  wake_.notify();
}

void SizeKeeper::forget(std::string_view full_id) {
  const auto found = waiting_.find(full_id);
  if (found != waiting_.end()) waiting_.erase(found);
}

asio::awaitable<void> SizeKeeper::run() {
  const std::shared_ptr<SizeKeeper> self = shared_from_this();
  std::chrono::milliseconds pause = pace_.size_first;
  while (!ending_) {
    if (line_.empty()) {
      co_await wake_.wait_for(kNothingToDo);
      continue;
    }
    std::string id = std::move(line_.front());
    line_.pop_front();
    if (waiting_.erase(id) == 0) continue;
    base::Result<std::optional<core::Container>> found = co_await source_.lookup_with_size(id);
    if (ending_) break;
    if (found.ok()) {
      pause = pace_.size_first;
      if (!found->has_value()) continue;
      Sighting whole;
      whole.container = std::move(**found);
      whole.complete = true;
      observer_.changed(std::move(whole));
      continue;
    }
    // One that never answers must not keep the engine at it: the others wait, and it is left without a size.
    co_await end_.wait_for(pause);
    pause = std::min(2 * pause, pace_.size_limit);
  }
}

}  // namespace engines
