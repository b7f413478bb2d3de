// Starts containers of one load at a fixed rate from a thread of its own, as many at once as it takes.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "bench/race/load.h"
#include "support/temp_dir.h"

namespace bench::race {

struct LaunchPlan {
  double per_second = 20;
  std::chrono::milliseconds duration{5000};
  unsigned parallel = 24;     // commands that run at the same time; more are not started, the rate is missed
  unsigned first_number = 0;  // of the containers' names
};

class Launcher {
 public:
  // Starts at once. stop: set from outside to start no more. Both outlive it.
  Launcher(Load& load, const LaunchPlan& plan, const std::atomic<bool>& stop);
  ~Launcher();  // waits for the commands that run
  Launcher(const Launcher&) = delete;
  Launcher& operator=(const Launcher&) = delete;

  // Every command has ended.
  bool done() const { return done_; }

  // Once done.
  const std::vector<Start>& starts() const { return starts_; }
  double reached_per_second() const { return reached_per_second_; }
  // What the last failed command printed; "" when none failed.
  const std::string& complaint() const { return complaint_; }

 private:
  struct Running {
    pid_t pid = -1;
    size_t index = 0;  // in starts_
  };

  void run();
  void launch(unsigned number);
  void reap();
  std::string output(size_t index, const char* stream) const;

  Load& load_;
  LaunchPlan plan_;
  const std::atomic<bool>& stop_;
  support::TempDir scratch_;
  std::vector<Running> running_;
  std::vector<Start> starts_;
  double reached_per_second_ = 0;
  std::string complaint_;
  std::atomic<bool> done_ = false;
  std::thread thread_;
};

}  // namespace bench::race
