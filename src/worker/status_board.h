// What the worker tells about itself: socket states and counters, and whether the first lists are in.
// Owned by the worker; written on its thread, read on any.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "worker/worker.h"

namespace worker {

class StatusBoard {
 public:
  // A socket that is followed from now on; the id names it below. optional: left out of sockets() while it
  // has never been seen (the sockets of users who do not run Podman).
  int add(std::string engine, std::string path, bool optional);
  void remove(int id);

  // Changes a socket's status under the lock: change(SocketStatus&).
  template <typename Change>
  void update(int id, Change&& change) {
    const std::lock_guard lock(mutex_);
    const auto found = rows_.find(id);
    if (found != rows_.end()) std::forward<Change>(change)(found->second.status);
  }
  template <typename Change>
  void update_lookups(Change&& change) {
    const std::lock_guard lock(mutex_);
    std::forward<Change>(change)(lookups_);
  }

  void show(int id);       // an optional one was seen
  void settle(int id);     // it has listed, failed or is missing: nothing to wait for any more
  void begin_discovery();  // somebody else looks for sockets that exist at the start
  void end_discovery();    // one of those, or who made this, has added every one that he found
  void close();            // the worker stops: nobody waits any longer

  // True once all are settled; false when `limit` passed or the worker stopped before that.
  bool wait_until_settled(std::chrono::milliseconds limit);

  std::vector<SocketStatus> sockets() const;
  LookupStatus lookups() const;

 private:
  struct Row {
    SocketStatus status;
    bool hidden = false;
    bool settled = false;
  };
  bool all_settled() const;  // with the lock held

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int, Row> rows_;  // in the order of add()
  LookupStatus lookups_;
  int next_id_ = 0;
  int discovering_ = 1;  // who still look for sockets
  bool closed_ = false;
};

}  // namespace worker
