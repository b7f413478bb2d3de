// The files of a scenario on disk. For every host that runs scenarios; one thread.
#pragma once

#include "scenario.h"
#include "scratch.h"

namespace scenarios {

// A scenario with its files below a directory of its own, and that directory in place of kDirectory. The
// files are gone with it.
class Placed {
 public:
  explicit Placed(Scenario scenario);
  const Scenario& scenario() const { return scenario_; }

 private:
  sinsp_host::ScratchDirectory directory_;
  Scenario scenario_;
};

}  // namespace scenarios
