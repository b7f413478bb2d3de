// See load.h: the list of loads.
#include <array>
#include <functional>

#include "bench/race/load.h"

namespace bench::race {
namespace {

struct Row {
  const char* name;
  std::unique_ptr<Load> (*make)();
};

// Without a cgroup of its own the container stays in the one of whoever started it, as with rootless Podman
// where there is no session.
constexpr std::array kLoads{
    Row{"podman", make_podman_load},
    Row{"docker", make_docker_load},
    Row{"containerd", make_containerd_load},
    Row{"runc",
        [] {
          return make_runtime_load({"runc", "runc", {}, true});
        }},
    Row{"crun",
        [] {
          return make_runtime_load({"crun", "crun", {}, true});
        }},
    Row{"crun-nocgroup",
        [] {
          return make_runtime_load({"crun-nocgroup", "crun", {"--cgroup-manager=disabled"}, true});
        }},
    Row{"runc-plain",
        [] {
          return make_runtime_load({"runc-plain", "runc", {}, false});
        }},
};

}  // namespace

std::string shown_id(const std::string& full_id) {
  return full_id.substr(0, 12);
}

std::vector<std::string> load_names() {
  std::vector<std::string> names;
  for (const Row& row : kLoads) names.emplace_back(row.name);
  return names;
}

std::unique_ptr<Load> make_load(const std::string& name) {
  for (const Row& row : kLoads) {
    if (name == row.name) return row.make();
  }
  return nullptr;
}

}  // namespace bench::race
