// Containers without processes: the events that their start would make go straight into the host, at any
// rate, one container's right behind each other, so that nothing that takes time can be there before the
// first event. Their bundles are real files. Cgroup and bundle are those of a pod's container of containerd.
// One thread.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "bench/race/race_host.h"
#include "bench/race/tally.h"
#include "support/temp_dir.h"

namespace bench::race {

class Synthetic {
 public:
  // Events of a container's own threads.
  static constexpr unsigned kEventsPerContainer = 9;

  // Writes the bundles of `count` containers.
  static base::Result<std::unique_ptr<Synthetic>> make(unsigned count, unsigned first_number);

  size_t size() const { return starts_.size(); }
  const std::vector<Start>& starts() const { return starts_; }
  // Executes the runtime; then the container's first process appears and executes the command.
  base::Status begin(RaceHost& host, size_t index) const;
  // Two more processes; then all end.
  base::Status finish(RaceHost& host, size_t index) const;

 private:
  Synthetic() = default;

  support::TempDir work_;
  std::vector<Start> starts_;
};

}  // namespace bench::race
