// Takes what RaceHost observes apart: events of containers, execs that announce one, published records. One
// owner, the event loop's thread.
#pragma once

#include "bench/race/race_host.h"
#include "bench/race/tally.h"
#include "bench/race/truth.h"

namespace bench::race {

class Recorder {
 public:
  void record(const Observed& observed);
  const Tally& tally() const { return tally_; }

 private:
  void record_published(const Observed& observed);

  Truth truth_;
  Tally tally_;
};

}  // namespace bench::race
