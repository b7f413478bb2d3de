// From containerd's messages to records. Spec: docs/engines.md, "containerd". Pure functions; any thread.
// Tested against recorded answers of containerd 1.6 and 2.1.
#pragma once

#include <string>
#include <string_view>

#include "core/container.h"
#include "engines/containerd/containerd_proto.h"
#include "engines/engine.h"

namespace engines::containerd {

// The namespace in which CRI keeps its containers; the same socket serves CRI, too.
inline constexpr std::string_view kCriNamespace = "k8s.io";
// The namespace of Docker's own containers.
inline constexpr std::string_view kDockerNamespace = "moby";

// Everything but the image's digest, which takes a request of its own. A spec that is no OCI JSON (containers
// of other platforms) tells nothing; the rest of the record is there all the same.
core::Container map_container(const ContainerMessage& message, const Settings& settings);

// What an event tells: id, namespace, type and image.
core::Container map_event(const EventMessage& event);

// Adds what only CRI knows to the record of a container or sandbox in kCriNamespace. cri: CRI's record of the
// same. It knows best whether the container is privileged, what its image is called and which mounts were
// asked for; where both tell something else, containerd's own record stays.
void add_cri(core::Container& container, const core::Container& cri);

// True for what containerd accepts as an identifier: [A-Za-z0-9]+([._-][A-Za-z0-9]+)*, at most 76 bytes.
bool is_identifier(std::string_view text);

}  // namespace engines::containerd
