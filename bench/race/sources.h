// What the plugin may learn from in a run of the harness: engines that answer, sockets behind which nobody
// answers, or no socket at all; with and without local sources (bundles, state on disk). Pure.
#pragma once

#include <string>

namespace bench::race {

enum class Sockets : uint8_t { kHealthy, kDead, kNone };
const char* name_of(Sockets sockets);

// The plugin's init_config. engine: "docker", "podman", "containerd", or "" for containers without an engine;
// socket: of that engine when healthy, of all of them when dead.
std::string config_json(Sockets sockets, bool local_sources, const std::string& engine,
                        const std::string& socket);

}  // namespace bench::race
