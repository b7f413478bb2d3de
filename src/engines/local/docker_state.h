// From the files that Docker keeps of a container to a record. Pure functions; any thread. Source of fact:
// Docker 20.10 to 28: config.v2.json has the members of the API's inspect, with "ID" for "Id" and
// "MountPoints" for "Mounts"; hostconfig.json is its "HostConfig".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/container.h"
#include "engines/engine.h"

namespace engines::local {

// config: of config.v2.json. host_config: of hostconfig.json; "" when it is not there, and then the members
// that come from it have their defaults. Fails when one is not JSON or names another container than full_id.
base::Result<core::Container> map_docker_state(std::string_view full_id, std::string_view config,
                                               std::string_view host_config, const Settings& settings);

// Docker's directory of containers as the bundle's mounts tell it: the one that /etc/hostname or another file
// of the engine's own is mounted from, "…/containers" of "…/containers/<full id>/hostname". "" when none is.
std::string docker_containers_directory(std::string_view full_id, const std::vector<core::Mount>& mounts);

}  // namespace engines::local
