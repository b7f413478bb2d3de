// From the bytes of Docker's HTTP API to records. Spec: docs/engines.md, "Docker". Pure functions; any
// thread. Tested against recorded answers of Docker 20.10 and 28.5; every member may be missing or of another
// type.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engines/engine.h"
#include "engines/inspect_json.h"

namespace engines::docker {

// GET /images/<id>/json, as far as containers need it.
struct Image {
  std::vector<std::string> repo_tags;     // "busybox:1.36"
  std::vector<std::string> repo_digests;  // "busybox@sha256:..."
};

// GET /containers/<id>/json. Fails when it is no object or names no id. What the image tells is still
// missing: apply_image(). What the owner of a shared network tells, too: borrow().
base::Result<Inspected> map_inspect(std::string_view body, const Settings& settings);
// The same of an answer that is parsed, or put together from what Docker keeps on disk (engines/local/).
base::Result<Inspected> map_inspect(const json::object& inspect, const Settings& settings);

// GET /containers/json. Entries without an id are left out. Fails when it is no array.
base::Result<std::vector<Sighting>> map_list(std::string_view body, const Settings& settings);

base::Result<Image> map_image(std::string_view body);

// Repository, tag and digest. A container made from an id instead of a name takes the image's first tag, else
// its first digest. The digest is that of the container's own reference, else the image's for this
// repository, else the only one there is.
void apply_image(const Image& image, core::Container& container);

// Keys among an event's attributes that are no labels of the container.
std::span<const std::string_view> event_keys();

}  // namespace engines::docker
