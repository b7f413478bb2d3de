// From an OCI runtime spec (the config.json of a bundle) to members of a record. Spec: docs/engines.md.
// The same JSON comes from containerd (Container.spec), from CRI (verbose info, "runtimeSpec") and from
// bundles on disk. Pure functions; any thread. Every member may be missing or of another type, and then says
// nothing. Source of fact: OCI runtime-spec 1.0 to 1.3, "config" and "config-linux".
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/container.h"
#include "core/image_names.h"
#include "engines/engine.h"
#include "engines/json_view.h"

namespace engines::oci {

// Mounts, environment, user, namespaces, resources, privileged, and what take_annotations() and
// take_posture() take. Members that the spec does not tell stay as they are.
void take_spec(const json::object& spec, const Settings& settings, core::Container& container);

// The same from text. Fails, and takes nothing, when it is no JSON object.
base::Status take_spec(std::string_view text, const Settings& settings, core::Container& container);

// What engines leave in a spec's annotations: containerd's CRI (io.kubernetes.cri.*), CRI-O
// (io.kubernetes.cri-o.* and the kubelet's labels) and nerdctl (nerdctl/*): name, image, labels, pod,
// address, ports. A member that is set already stays.
void take_annotations(const json::object& annotations, const Settings& settings, core::Container& container);

// How confined it is; container.privileged has been told. Of seccomp only whether there is a profile:
// "linux.seccomp" may be read as an empty object.
void take_posture(const json::object& spec, core::Container& container);

// The names of one of its sets; nullopt where there is no such set.
std::optional<core::Capabilities> capability_set(const json::object& capabilities, std::string_view set);

// What containerd, CRI and Docker call a runtime, by its usual name: "io.containerd.runc.v2" is "runc".
std::string_view runtime_name(std::string_view told);

// The engine whose annotations these are; kUnknown when none can be told.
core::ContainerType type_of(const json::object& annotations);

// What is called an image in a spec's annotations, behind the words that are known already. Views into them.
void add_image_words(const json::object& annotations, std::vector<core::ImageWord>& words);

// The first of the words that is an id is the image_id, when that is not known yet.
void take_image_id(std::span<const core::ImageWord> words, core::Container& container);

// Both from a single word: core::name_image() and take_image_id().
void take_image_reference(core::ImagePlace place, std::string_view reference, core::Container& container);

// Leaves of container.mounts, which take_spec() took from `spec`, what the user asked for: what every
// container gets
// (/proc and its like) and files that the engine keeps for it are no mounts to Docker, Podman and CRI.
void keep_volumes(const json::object& spec, core::Container& container);

// [{"HostPort": 8080, "ContainerPort": 80, "Protocol": "tcp", "HostIP": ""}, ...] in the spellings of CRI-O,
// nerdctl and CRI's own JSON (host_port, container_port, protocol 0): tcp and IPv4 only.
void take_port_list(const json::array& ports, core::Container& container);

// A label, unless it is too long (core::keep_label).
void take_label(std::string_view key, std::string_view value, const Settings& settings, core::Labels& labels);

}  // namespace engines::oci
