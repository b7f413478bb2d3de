// Where engines put a container's bundle: the path tells whose it is. Pure functions; any thread.
#pragma once

#include <string_view>

#include "core/container.h"

namespace engines::local {

struct Place {
  // kUnknown: not a place that this table knows, or one that several engines share (storage says so).
  core::ContainerType type = core::ContainerType::kUnknown;
  std::string_view id;                 // the container that the path is about; "" when it tells none
  std::string_view ns;                 // containerd's namespace
  std::string_view container_storage;  // "<storage>/overlay-containers" of Podman and CRI-O, else ""
};

// directory: absolute, of the bundle. The views point into it. A path with ".." is no known place.
//   …/io.containerd.runtime.v2.task/<namespace>/<id>   containerd, and Docker with namespace "moby"
//   …/<driver>-containers/<id>/userdata                Podman and CRI-O (github.com/containers/storage)
Place place_of(std::string_view directory);

}  // namespace engines::local
