// See places.h.
#include "engines/local/places.h"

#include <algorithm>
#include <array>

namespace engines::local {

namespace {

// The second is that of containerd 1.x's first shim; Docker used it until 20.10.
constexpr std::array<std::string_view, 2> kTasks{"io.containerd.runtime.v2.task",
                                                 "io.containerd.runtime.v1.linux"};
constexpr std::string_view kDockerNamespace = "moby";
constexpr std::string_view kUserdata = "userdata";
constexpr std::string_view kContainers = "-containers";

// Takes the last component off.
std::string_view pop(std::string_view& path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  const size_t slash = path.rfind('/');
  const std::string_view last = path.substr(slash == std::string_view::npos ? 0 : slash + 1);
  path.remove_suffix(last.size());
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return last;
}

}  // namespace

Place place_of(std::string_view directory) {
  Place place;
  if (!directory.starts_with('/') || directory.find("/..") != std::string_view::npos) return place;
  std::string_view rest = directory;
  const std::string_view last = pop(rest);
  std::string_view storage = rest;
  const std::string_view middle = pop(rest);
  std::string_view above = rest;
  const std::string_view first = pop(above);
  if (std::find(kTasks.begin(), kTasks.end(), first) != kTasks.end()) {
    place.id = last;
    place.ns = middle;
    place.type = middle == kDockerNamespace ? core::ContainerType::kDocker : core::ContainerType::kContainerd;
  } else if (last == kUserdata && first.size() > kContainers.size() && first.ends_with(kContainers)) {
    place.id = middle;
    pop(storage);
    place.container_storage = storage;
  }
  return place;
}

}  // namespace engines::local
