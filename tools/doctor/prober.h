// Asks one engine's socket for its version, and how long small requests take. On a loop of its own; main
// thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/unix_stream.h"

namespace tools::doctor {

struct Probe {
  std::string version;           // in the engine's words: "Docker 20.10.24"
  std::optional<uint32_t> peer;  // uid of who listens
  std::vector<double> trips_ms;  // sorted
  // The smallest time that so many percent of the round trips did not exceed.
  double percentile(unsigned percent) const;
};

// engine: as in the configuration. path: for the kernel; shown: for people. At most so many round trips, and
// none after `limit` has passed. The error is the sentence of the first request.
base::Result<Probe> probe(std::string_view engine, const std::string& shown, const std::string& path,
                          unsigned trips, std::chrono::milliseconds limit);

}  // namespace tools::doctor
