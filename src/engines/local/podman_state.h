// What Podman tells of its containers in containers.json, the list of its storage. Pure functions; any
// thread. Source of fact: Podman 4.3 (github.com/containers/storage 1.43), an array with for each container
// {"id", "names": [...], "image": "<image id>", "metadata": "<JSON as text: image-name, image-id, name>",
// "created"}.
#pragma once

#include <optional>
#include <string_view>

#include "core/container.h"

namespace engines::local {

// The element about full_id, in a text that may be megabytes long: only that element is parsed. "" when there
// is none.
std::string_view find_storage_entry(std::string_view list, std::string_view full_id);

// The container's name, image and image id from its element; nullopt when it is not JSON or about another
// one.
std::optional<core::Container> map_storage_entry(std::string_view full_id, std::string_view entry);

}  // namespace engines::local
