// Which containers one engine is asked about next: each id once, urgent ones first, so many at a time. Those
// that take long give their place to others, up to a number that is never exceeded. Pure bookkeeping: no I/O,
// no clock. Owned by a supervisor; worker's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/container.h"
#include "net/signal.h"

namespace worker {

class LookupQueue {
 public:
  struct Job {
    uint64_t serial = 0;    // tells this job from an earlier one for the same id
    unsigned attempts = 0;  // that failed
    bool in_flight = false;
    bool again = false;  // asked for anew while in flight: what is under way may be out of date
    bool urgent = false;
    std::optional<core::Container> fallback;  // what is known without asking
    std::shared_ptr<net::Signal> done;        // notified at the answer, whatever it is, if anybody waits
  };
  struct Started {
    std::string id;
    uint64_t serial = 0;
  };

  // limit: at a time, but for those that take long; most: with these.
  explicit LookupQueue(size_t limit) : LookupQueue(limit, limit) {}
  LookupQueue(size_t limit, size_t most) : limit_(limit), most_(most) {}

  // Puts `id` in line, or, when it is in flight, in line again after that. A fallback replaces an older one.
  Job& add(const std::string& id, bool urgent, std::optional<core::Container> fallback);

  // The next to ask for, now in flight; nullopt when nothing waits or enough are in flight.
  std::optional<Started> start();

  // One in flight takes long: another may start in its place. Said again with its answer.
  void park() { ++parked_; }

  // What start() gave has been answered. nullptr when the job was dropped meanwhile: the answer is out of
  // date.
  Job* answered(const Started& started, bool was_parked = false);

  // The job ends, unless it was asked for again: then it waits in line once more.
  void finish(const std::string& id);
  // The answer was a failure: the job stays, but waits for resume(). Nobody waits for it any more.
  void suspend(const std::string& id);
  void resume(const std::string& id, uint64_t serial);

  // Ends a job early (its container is gone); its fallback, if it has one.
  std::optional<core::Container> drop(std::string_view id);
  // Ends all.
  void clear();

  bool contains(std::string_view id) const { return jobs_.contains(id); }
  size_t in_flight() const { return in_flight_; }
  size_t size() const { return jobs_.size(); }
  const std::map<std::string, Job, std::less<>>& jobs() const { return jobs_; }

 private:
  void end(std::map<std::string, Job, std::less<>>::iterator job);

  size_t limit_;
  size_t most_;
  size_t in_flight_ = 0;
  size_t parked_ = 0;  // of these
  uint64_t next_serial_ = 1;
  std::map<std::string, Job, std::less<>> jobs_;
  // Jobs in line; an entry whose serial is no longer its job's is passed over.
  std::deque<Started> urgent_;
  std::deque<Started> later_;
};

}  // namespace worker
