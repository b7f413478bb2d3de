// What Falco's thread reads from disk itself: bundles that a runtime is being given, and the state of
// containers that nobody told of. Only what is in memory already is read here, and only as long as there is
// time for it; everything else is left to the worker. Owned by the plugin; Falco's thread only. Spec:
// docs/engines.md, "Bundles and state on disk".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/log.h"
#include "base/rate_limit.h"
#include "config/config.h"
#include "core/cgroup/resolver.h"
#include "core/container_key.h"
#include "engines/local/local_state.h"
#include "plugin/time_budget.h"

namespace plugin {

class LocalSources {
 public:
  struct Counters {
    uint64_t bundles = 0;   // read here
    uint64_t states = 0;    // containers found in an engine's state on disk, here
    uint64_t deferred = 0;  // left to the worker
    uint64_t refused = 0;   // bundles and files that are not what they should be
    uint64_t left_out = 0;  // values beyond the limits of a record
    uint64_t spent_ns = 0;  // of Falco's thread
  };

  LocalSources(const config::Config& config, base::Logger logger);

  // Whether files may be read at all: never in a replay, whose files are those of another time and machine.
  void set_live(bool live) { live_ = live; }
  bool enabled() const { return enabled_ && live_; }

  enum class Outcome : uint8_t { kFound, kNothing, kLeftToWorker };
  struct Bundle {
    Outcome outcome = Outcome::kNothing;
    std::optional<engines::local::Found> found;  // with kFound; also when the worker may find more
  };
  // The bundle in `directory` (absolute) for that container, whose owner executes its runtime. name_hint: see
  // engines/local/local_state.h.
  Bundle bundle(const core::ContainerKey& container, std::string_view directory, std::string_view name_hint);

  // What the owner's engines have on disk of a container that a cgroup told of.
  std::optional<core::Container> by_cgroup(const core::cgroup::Match& match, core::Owner owner);

  const Counters& counters() const { return counters_; }

 private:
  // What is read on behalf of users has a budget of its own: theirs may be spent, and root's is not.
  TimeBudget& budget_of(core::Owner owner) { return owner.is_machine() ? budget_ : users_budget_; }
  bool may_read(core::Owner owner);
  void refused(const base::ReadError& error);
  void note_left_out(const engines::local::Found& found);

  bool enabled_;
  bool live_ = false;
  engines::local::State state_;
  base::Logger logger_;
  base::RateLimit refusals_;
  base::RateLimit left_out_log_;
  TimeBudget budget_;
  TimeBudget users_budget_;
  Counters counters_;
};

}  // namespace plugin
