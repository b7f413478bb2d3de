// Look-ups on demand: containers seen on a thread before any engine told of them. Each is asked for until it
// is reported, forgotten, or its cgroup is gone. Owned by Shared; worker's thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/limits.h"
#include "net/signal.h"
#include "worker/cgroup_presence.h"
#include "worker/worker.h"

namespace worker {

class Supervisor;
struct Shared;

class Fetcher : public std::enable_shared_from_this<Fetcher> {
 public:
  // Asked for at once; beyond that the oldest is given up for the newest.
  static constexpr size_t kMaxPending = core::limits::kLookupsPending;

  explicit Fetcher(const std::shared_ptr<Shared>& shared) : shared_(shared) {}

  void request(LookupRequest request);
  void forget(const std::string& full_id, core::Owner owner = {});
  // A record of that container was reported.
  void found(const core::Container& container);

 private:
  using Key = std::pair<core::Owner, std::string>;  // by engines::handle_of
  struct Pending {
    LookupRequest request;
    std::shared_ptr<net::Signal> over;
    bool is_over = false;
    bool cgroup_seen = false;
    bool on_disk = false;  // what engines keep on disk was reported
    unsigned disk_attempts = 0;
    std::set<const Supervisor*> asking;  // that have not answered yet
    std::list<Key>::iterator age;
  };
  // Supervisors that are asked at the same time.
  struct Round {
    explicit Round(const boost::asio::any_io_executor& executor) : over(executor) {}
    size_t open = 0;
    net::Signal over;
  };
  using Pointer = std::shared_ptr<Pending>;
  enum class Outcome { kFound, kFailed, kForgotten };

  boost::asio::awaitable<void> pursue(std::shared_ptr<Shared> shared, Pointer pending);
  void look_on_disk(Shared& shared, Pending& pending);
  boost::asio::awaitable<void> ask_all(std::shared_ptr<Shared> shared, Pointer pending);
  boost::asio::awaitable<void> ask_each(std::shared_ptr<Shared> shared, Pointer pending,
                                        std::vector<std::shared_ptr<Supervisor>> supervisors);
  boost::asio::awaitable<void> ask_one(std::shared_ptr<Supervisor> supervisor, Pointer pending,
                                       std::shared_ptr<Round> round);
  bool is_cgroup_gone(const Shared& shared, Pending& pending);
  void end(Shared& shared, Pointer pending, Outcome outcome);

  std::weak_ptr<Shared> shared_;  // it owns this
  std::map<Key, Pointer> pending_;
  std::list<Key> by_age_;  // keys of pending_, oldest first
  CgroupPresence cgroups_;
  std::chrono::steady_clock::time_point cgroups_read_{};
};

}  // namespace worker
