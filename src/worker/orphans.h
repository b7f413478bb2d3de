// Containers without threads whose engine is away: nobody will say when they are removed, unless the engine
// comes back. Their cgroups are looked at now and then. docs/engines.md, "When an engine does not come back".
// Owned by Shared; worker's thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "core/owner.h"
#include "worker/cgroup_presence.h"

namespace worker {

struct Shared;
class Supervisor;

class Orphans : public std::enable_shared_from_this<Orphans> {
 public:
  // Beyond that notes are not taken: those containers stay known until their engine is back.
  static constexpr size_t kMaxNotes = 65536;
  // Notes looked at in one go, which takes the worker some 10 ms; the others have their turn the next time.
  static constexpr size_t kLooks = 1024;

  explicit Orphans(const std::shared_ptr<Shared>& shared) : shared_(shared) {}

  // The last thread of that container has ended. cgroup_path: as in /proc/PID/cgroup, "" when not known. Ids
  // that no engine reported are ignored. A later note for the same id replaces an earlier one.
  void note(std::string full_id, std::string cgroup_path, core::Owner owner = {});

  size_t notes() const { return notes_.size(); }

 private:
  using Key = std::pair<core::Owner, std::string>;  // whose it is, full id
  struct Note {
    std::string cgroup_path;
    // A service that is started anew is away for a moment: gone is what is gone at two looks in a row.
    bool seen_gone = false;
  };

  boost::asio::awaitable<void> run(std::shared_ptr<Shared> shared);
  void look(Shared& shared);
  // Looks at one note; true when it is done with.
  bool settle(Shared& shared, const Key& key, Note& note);

  std::weak_ptr<Shared> shared_;  // it owns this
  std::map<Key, Note> notes_;
  Key looked_at_;  // the last one
  bool running_ = false;
  CgroupPresence cgroups_;
};

}  // namespace worker
