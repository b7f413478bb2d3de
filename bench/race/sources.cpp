// See sources.h. Keys: docs/configuration.md.
#include "bench/race/sources.h"

#include <fmt/format.h>

#include <array>

namespace bench::race {
namespace {

constexpr std::array kEngines = {"docker", "podman", "containerd", "cri"};

}  // namespace

const char* name_of(Sockets sockets) {
  switch (sockets) {
    case Sockets::kHealthy:
      return "healthy";
    case Sockets::kDead:
      return "dead";
    case Sockets::kNone:
      break;
  }
  return "none";
}

std::string config_json(Sockets sockets, bool local_sources, const std::string& engine,
                        const std::string& socket) {
  std::string engines;
  for (const std::string name : kEngines) {
    const bool has = sockets == Sockets::kDead || (sockets == Sockets::kHealthy && name == engine);
    engines += fmt::format(R"({}"{}":{{"sockets":[{}]}})", engines.empty() ? "" : ",", name,
                           has ? '"' + socket + '"' : "");
  }
  return fmt::format(R"({{"local_sources":{},"engines":{{{}}}}})", local_sources, engines);
}

}  // namespace bench::race
