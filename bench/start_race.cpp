// Starts containers faster than engines answer, and prints what the plugin knew about their events:
// bench/README.md.
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>
#include <string>
#include <vector>

#include "bench/race/load.h"
#include "bench/race/report.h"
#include "bench/race/run.h"

namespace {

using bench::race::Load;
using bench::race::Row;
using bench::race::Sockets;

constexpr const char* kSynthetic = "synthetic";

// A signal handler has no other way to tell; engines and containers must be taken down when one comes.
std::atomic<bool> stop = false;
static_assert(std::atomic<bool>::is_always_lock_free);

struct Options {
  std::vector<std::string> loads;
  std::vector<std::string> sockets;
  double rate = 20;
  double synthetic_rate = 1000;
  double seconds = 5;
  unsigned parallel = 24;
  bool json = false;
  std::string plugin = PLUGIN_PATH;
};

struct Sources {
  Sockets sockets;
  bool local;
};

// A mount namespace of our own: in it a private engine's state is seen where the plugin looks for it, and
// crun finds no hybrid cgroups, which it refuses.
base::Status enter_private_mounts() {
  if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_SLAVE | MS_REC, nullptr) != 0)
    return base::Error{"real containers need root (CAP_SYS_ADMIN), for a mount namespace to begin with"};
  ::umount2("/sys/fs/cgroup/unified", MNT_DETACH);  // where there is one
  return base::Ok{};
}

class Race {
 public:
  explicit Race(Options options) : options_(std::move(options)) {}

  int run() {
    if (!options_.json) fmt::print("{}\n", bench::race::table_header());
    for (const std::string& name : options_.loads) {
      if (stop) break;
      if (name == kSynthetic) {
        run_synthetic();
      } else {
        run_real(name);
      }
    }
    if (options_.json) fmt::print("{}\n", bench::race::to_json(rows_));
    return failed_ || rows_.empty() ? 1 : 0;
  }

 private:
  // healthy: an engine of its own, or none where the load has no engine.
  std::vector<Sources> choices(bool has_engine) const {
    std::vector<Sources> out;
    for (const std::string& sockets : options_.sockets) {
      const Sockets alive = has_engine ? Sockets::kHealthy : Sockets::kNone;
      const Sockets chosen = sockets == "dead" ? Sockets::kDead : alive;
      out.push_back({chosen, true});
      out.push_back({chosen, false});
    }
    return out;
  }

  bench::race::LaunchPlan plan(double rate) {
    bench::race::LaunchPlan plan;
    plan.per_second = rate;
    plan.duration = std::chrono::milliseconds(static_cast<int64_t>(options_.seconds * 1000));
    plan.parallel = options_.parallel;
    plan.first_number = next_number_;
    next_number_ += static_cast<unsigned>(rate * options_.seconds) + 1;
    return plan;
  }

  void take(const std::string& name, base::Result<Row> row) {
    if (!row) {
      failed_ = true;
      fmt::print(stderr, "start_race: {}: {}\n", name, row.error());
      return;
    }
    if (!options_.json) fmt::print("{}\n", bench::race::table_line(*row));
    if (!row->complaint.empty()) fmt::print(stderr, "start_race: {}: {}\n", name, row->complaint);
    std::fflush(stdout);
    rows_.push_back(std::move(*row));
  }

  void run_synthetic() {
    for (const Sources& sources : choices(false)) {
      if (stop) return;
      take(kSynthetic, bench::race::run_synthetic(options_.plugin, sources.sockets, sources.local,
                                                  plan(options_.synthetic_rate), stop));
    }
  }

  void run_real(const std::string& name) {
    const std::unique_ptr<Load> load = bench::race::make_load(name);
    if (const auto prepared = load->prepare(); !prepared) {
      // Said, and the rest goes on: not every machine has every engine.
      fmt::print(stderr, "start_race: {} is left out: {}\n", name, prepared.error());
      return;
    }
    for (const Sources& sources : choices(!load->engine().empty())) {
      if (stop) return;
      take(name, bench::race::run_load(*load, options_.plugin, sources.sockets, sources.local,
                                       plan(options_.rate), stop));
    }
  }

  Options options_;
  std::vector<Row> rows_;
  unsigned next_number_ = 1;
  bool failed_ = false;
};

int run(int argc, char** argv) {
  Options options;
  std::vector<std::string> loads = bench::race::load_names();
  loads.emplace_back(kSynthetic);
  options.loads = loads;
  options.sockets = {"healthy", "dead"};
  CLI::App app("What the plugin knows about the events of containers that are just starting (root)");
  app.add_option("--loads", options.loads, "Which containers to start")
      ->delimiter(',')
      ->check(CLI::IsMember(loads))
      ->capture_default_str();
  app.add_option("--sockets", options.sockets, "Engines that answer, sockets that never do")
      ->delimiter(',')
      ->check(CLI::IsMember(std::vector<std::string>{"healthy", "dead"}))
      ->capture_default_str();
  app.add_option("--rate", options.rate, "Real starts a second")
      ->check(CLI::Range(0.1, 1000.0))
      ->capture_default_str();
  app.add_option("--synthetic-rate", options.synthetic_rate, "Synthetic starts a second")
      ->check(CLI::Range(0.1, 1e6))
      ->capture_default_str();
  app.add_option("--seconds", options.seconds, "Length of each run")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  app.add_option("--parallel", options.parallel, "Start commands at the same time")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--plugin", options.plugin, "The plugin");
  app.add_flag("--json", options.json, "JSON instead of the table");
  CLI11_PARSE(app, argc, argv);

  const bool real = std::any_of(options.loads.begin(), options.loads.end(),
                                [](const std::string& name) { return name != kSynthetic; });
  if (real) {
    if (const auto entered = enter_private_mounts(); !entered) {
      fmt::print(stderr, "start_race: {}\n", entered.error());
      return 1;
    }
  }
  struct sigaction action {};
  action.sa_handler = [](int) { stop = true; };
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  return Race(std::move(options)).run();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& problem) {
    fmt::print(stderr, "start_race: {}\n", problem.what());
    return 1;
  }
}
