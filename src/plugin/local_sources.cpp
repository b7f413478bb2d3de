// See local_sources.h.
#include "plugin/local_sources.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "core/fit.h"

namespace plugin {
namespace {

constexpr uint64_t kNsPerSecond = 1'000'000'000;
// One line in ten seconds about refused files, and one about records without end.
constexpr base::RateLimit kRefusalLog(1, 10 * kNsPerSecond);
constexpr base::RateLimit kLeftOutLog(1, 10 * kNsPerSecond);
// A twentieth of the time, at most 20 ms at a stretch: some hundred bundles.
constexpr TimeBudget kBudget(20, 20'000'000);
// All users together: a hundredth.
constexpr TimeBudget kUsersBudget(100, 5'000'000);

uint64_t steady_ns() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

// Takes the time of one reading.
class Stopwatch {
 public:
  Stopwatch(TimeBudget& budget, uint64_t& total) : budget_(budget), total_(total), begin_(steady_ns()) {}
  ~Stopwatch() {
    const uint64_t took = steady_ns() - begin_;
    budget_.spend(took);
    total_ += took;
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  TimeBudget& budget_;
  uint64_t& total_;
  uint64_t begin_;
};

}  // namespace

LocalSources::LocalSources(const config::Config& config, base::Logger logger)
    : enabled_(config.local_sources && !config.static_engine.enabled),
      state_(config),
      logger_(std::move(logger)),
      refusals_(kRefusalLog),
      left_out_log_(kLeftOutLog),
      budget_(kBudget),
      users_budget_(kUsersBudget) {}

bool LocalSources::may_read(core::Owner owner) {
  if (!enabled()) return false;
  if (budget_of(owner).has_some(steady_ns())) return true;
  ++counters_.deferred;
  return false;
}

void LocalSources::refused(const base::ReadError& error) {
  ++counters_.refused;
  if (!refusals_.allow(steady_ns())) return;
  const uint64_t silent = refusals_.take_suppressed();
  logger_.warning(silent == 0 ? error.message
                              : fmt::format("{} ({} more since the last such line)", error.message, silent));
}

void LocalSources::note_left_out(const engines::local::Found& found) {
  if (found.left_out == 0) return;
  counters_.left_out += found.left_out;
  if (left_out_log_.allow(steady_ns()))
    logger_.warning(core::left_out_notice(found.container, found.left_out));
}

LocalSources::Bundle LocalSources::bundle(const core::ContainerKey& container, std::string_view directory,
                                          std::string_view name_hint) {
  if (!enabled()) return {};
  if (!may_read(container.owner)) return {Outcome::kLeftToWorker, std::nullopt};
  const Stopwatch stopwatch(budget_of(container.owner), counters_.spent_ns);
  auto reading = state_.bundle(container.full_id, directory, base::Patience::kCachedOnly, name_hint);
  if (reading) {
    ++counters_.bundles;
    note_left_out(*reading);
    const bool complete = reading->complete;
    if (!complete) ++counters_.deferred;
    return {complete ? Outcome::kFound : Outcome::kLeftToWorker, std::move(*reading)};
  }
  switch (reading.kind()) {
    case base::Unread::kMissing:
      return {};
    case base::Unread::kWouldWait:
    case base::Unread::kChanged:
      ++counters_.deferred;
      return {Outcome::kLeftToWorker, std::nullopt};
    case base::Unread::kRefused:
      break;
  }
  refused(reading.error());
  return {};
}

std::optional<core::Container> LocalSources::by_cgroup(const core::cgroup::Match& match, core::Owner owner) {
  if (!may_read(owner)) return std::nullopt;
  const Stopwatch stopwatch(budget_of(owner), counters_.spent_ns);
  auto reading = state_.by_id(match.type(), match.full_id, match.containerd_namespace, owner,
                              base::Patience::kCachedOnly);
  if (reading) {
    ++counters_.states;
    note_left_out(*reading);
    return std::move(reading->container);
  }
  if (reading.kind() == base::Unread::kRefused) refused(reading.error());
  if (reading.kind() == base::Unread::kWouldWait) ++counters_.deferred;
  return std::nullopt;
}

}  // namespace plugin
