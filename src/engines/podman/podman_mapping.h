// From the bytes of Podman's libpod API to records. Spec: docs/engines.md, "Podman". Pure functions; any
// thread. Tested against recorded answers of Podman 4.3 and 5.8; every member may be missing or of another
// type.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engines/engine.h"
#include "engines/inspect_json.h"

namespace engines::podman {

// GET /libpod/containers/<id>/json. Fails when it is no object or names no id. What the owner of a shared
// network tells is still missing: borrow().
base::Result<Inspected> map_inspect(std::string_view body, const Settings& settings);

// GET /libpod/containers/json. Entries without an id are left out. Fails when it is no array.
base::Result<std::vector<Sighting>> map_list(std::string_view body, const Settings& settings);

// Keys among an event's attributes that are no labels of the container.
std::span<const std::string_view> event_keys();

}  // namespace engines::podman
