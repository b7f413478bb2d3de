// From the text of a bundle's config.json to what it tells. Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "engines/engine.h"
#include "engines/local/local_state.h"
#include "engines/local/places.h"

namespace engines::local {

struct Bundle {
  Found found;
  std::string docker_containers;  // see docker_containers_directory(); with Docker's bundles only
};

// place: of the directory where the text was found. The error, when it is no JSON object or names another
// container than full_id, is a clause that goes behind the file's name.
base::Result<Bundle> map_bundle(std::string_view full_id, std::string_view text, const Place& place,
                                const Settings& settings);

}  // namespace engines::local
