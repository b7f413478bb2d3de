// See run.h.
#include "bench/race/run.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <optional>

#include "bench/race/race_host.h"
#include "bench/race/recorder.h"
#include "bench/race/synthetic.h"
#include "support/fake_peer.h"

namespace bench::race {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kSyntheticName = "synthetic";
constexpr int kPumpMs = 5;
// How long the host goes on after the last start: containers live for half a second.
constexpr std::chrono::seconds kLinger{2};
// From a synthetic container's first events to its last.
constexpr std::chrono::milliseconds kSyntheticLife{100};
constexpr timespec kSyntheticPause{0, 100'000};  // while nothing is due

// Listens, accepts, reads, and never answers.
class DeadSocket {
 public:
  DeadSocket() : peer_(path(), [](support::FakeConnection& connection) { connection.hold(); }) {}
  std::string path() const { return directory_ / "dead.sock"; }

 private:
  support::TempDir directory_;
  support::FakePeer peer_;
};

// Lets the event loop's thread go before others while it lives: on a machine with few processors the starts
// themselves would else delay it, and what is measured would be the scheduler. Without the right to do so
// nothing changes.
class Ahead {
 public:
  Ahead() { ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), -15); }
  ~Ahead() { ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), 0); }
  Ahead(const Ahead&) = delete;
  Ahead& operator=(const Ahead&) = delete;
};

Row row_of(const std::string& load, Sockets sockets, bool local_sources, const LaunchPlan& plan) {
  Row row;
  row.load = load;
  row.sockets = sockets;
  row.local_sources = local_sources;
  row.asked_per_second = plan.per_second;
  return row;
}

base::Status pump_until_done(RaceHost& host, const Launcher& launcher, const std::atomic<bool>& stop) {
  const Ahead ahead;  // only now: threads and processes started before keep their place
  std::optional<Clock::time_point> end;
  while (!end || (Clock::now() < *end && !stop)) {
    if (auto pumped = host.pump(kPumpMs); !pumped) return pumped;
    if (!end && launcher.done()) end = Clock::now() + kLinger;
  }
  return base::Ok{};
}

// At the plan's rate; each container ends kSyntheticLife after its start.
base::Status play(const Synthetic& containers, RaceHost& host, const LaunchPlan& plan,
                  const std::atomic<bool>& stop) {
  const Ahead ahead;
  const auto begin = Clock::now();
  const std::chrono::duration<double> step(1.0 / plan.per_second);
  const auto due = [&](size_t index) {
    return begin + std::chrono::duration_cast<Clock::duration>(step * static_cast<double>(index));
  };
  size_t begun = 0, finished = 0;
  while (finished < containers.size() && !stop) {
    host.feed_pushed();
    const auto now = Clock::now();
    if (begun < containers.size() && now >= due(begun)) {
      if (auto fed = containers.begin(host, begun++); !fed) return fed;
    } else if (finished < begun && now >= due(finished) + kSyntheticLife) {
      if (auto fed = containers.finish(host, finished++); !fed) return fed;
    } else {
      ::nanosleep(&kSyntheticPause, nullptr);
    }
  }
  host.feed_pushed();
  return base::Ok{};
}

}  // namespace

base::Result<Row> run_load(Load& load, const std::string& plugin, Sockets sockets, bool local_sources,
                           const LaunchPlan& plan, const std::atomic<bool>& stop) {
  const DeadSocket dead;
  const std::string socket = sockets == Sockets::kDead ? dead.path() : load.socket();
  Recorder recorder;
  auto host = RaceHost::start(plugin, config_json(sockets, local_sources, load.engine(), socket), true,
                              [&](const Observed& observed) { recorder.record(observed); });
  if (!host) return base::Error{host.error()};
  Row row = row_of(load.name(), sockets, local_sources, plan);
  if (const auto ready = (*host)->catch_up(); !ready) return base::Error{ready.error()};
  {
    const Launcher launcher(load, plan, stop);
    if (const auto pumped = pump_until_done(**host, launcher, stop); !pumped)
      return base::Error{pumped.error()};
    row.outcome = recorder.tally().evaluate(launcher.starts());
    row.reached_per_second = launcher.reached_per_second();
    row.complaint = launcher.complaint();
  }
  row.lag_ms = spread((*host)->lags_ms());
  row.overruns = (*host)->overruns();
  row.refused = (*host)->parse_failures();
  load.settle();
  return row;
}

base::Result<Row> run_synthetic(const std::string& plugin, Sockets sockets, bool local_sources,
                                const LaunchPlan& plan, const std::atomic<bool>& stop) {
  const std::chrono::duration<double> seconds = plan.duration;
  const auto count = static_cast<unsigned>(plan.per_second * seconds.count());
  auto containers = Synthetic::make(count, plan.first_number);
  if (!containers) return base::Error{containers.error()};
  const DeadSocket dead;
  Recorder recorder;
  auto host = RaceHost::start(plugin, config_json(sockets, local_sources, "", dead.path()), false,
                              [&](const Observed& observed) { recorder.record(observed); });
  if (!host) return base::Error{host.error()};
  Row row = row_of(kSyntheticName, sockets, local_sources, plan);
  const auto begin = Clock::now();
  if (const auto played = play(**containers, **host, plan, stop); !played) return base::Error{played.error()};
  const std::chrono::duration<double> took = Clock::now() - begin - kSyntheticLife;
  row.reached_per_second = count / took.count();
  row.outcome = recorder.tally().evaluate((*containers)->starts());
  row.refused = (*host)->parse_failures();
  return row;
}

}  // namespace bench::race
