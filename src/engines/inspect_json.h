// The members that Docker's and Podman's "inspect container" have in common, and their events.
// Pure functions; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "core/container.h"
#include "core/image_names.h"
#include "engines/engine.h"
#include "engines/json_view.h"

namespace engines {

// What an inspect answer gives.
struct Inspected {
  core::Container container;
  bool running = false;
  // The container whose network this one uses (NetworkMode "container:X").
  std::string network_owner;
  // The same, when that one has to be asked for the address: Podman tells it itself.
  std::string network_of;
  // The pod manifest that `kubectl apply` left in the labels or annotations: it tells the probes.
  std::string last_applied;
};

// Config, HostConfig, NetworkSettings, Mounts, Created, State, SizeRw. Leaves id, type, name and image alone.
void take_inspect(const json::object& inspect, const Settings& settings, Inspected& into);

// How confined it is, as far as an inspect answer tells exactly: what the engine's own defaults decide
// (capabilities, no_new_privs of its daemon, a remapped user namespace) is left to the bundle.
void take_posture(const json::object& inspect, core::Container& container);

// Whether a HostConfig's member "PidMode", "IpcMode" or "NetworkMode" is the host's.
core::YesNo is_host(const json::object& host_config, std::string_view mode);

// Labels, the identity and the probes that they carry. labels: values that are no strings are left out.
void take_labels(const json::object& labels, const Settings& settings, Inspected& into);

// "80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}, ...]: tcp and IPv4 only.
void take_port_table(const json::object& ports, core::Container& container);

// NetworkSettings: IPAddress, else the first of Networks, by name, that has one.
void take_address(const json::object& network_settings, core::Container& container);

// Mounts as {"Source", "Destination", "Mode", "RW", "Propagation"}.
void take_mounts(const json::array& mounts, core::Container& container);

// True when container.image is no name but an image id, perhaps shortened.
bool is_named_by_id(const core::Container& container);

// Repository, tag and digest of container.image, which stands in that place (core::name_image). Nothing when
// it is an image id. image_id, and image_digest where the engine tells it by itself: set before.
void take_image_name(core::ImagePlace place, core::Container& container);

// What a container gets from the one whose network it uses: the address, and from its pod's sandbox the
// labels and the probes.
void borrow(Inspected& container, const Inspected& network_owner);

// One object of the event stream.
struct Event {
  std::string type;           // "container", "image", "network", ...
  std::string action;         // "create", "exec_create: sh", ...
  std::string id;             // of the container, also when the event is a network's
  int64_t time_ns = 0;        // since the epoch; 0 when it was not told
  core::Container container;  // id, name, image and labels as the event tells them; no type
};

// Fails when it is no JSON object. not_labels: keys of Actor.Attributes that are no labels.
base::Result<Event> map_event(std::string_view text, std::span<const std::string_view> not_labels,
                              const Settings& settings);

// How the events that matter are called, and what they mean.
enum class Meaning : uint8_t {
  kNothing,
  kCreated,
  kStarted,
  kChanged,
  kRemoved,
  kConnected,     // to a network, also a moment before it starts
  kDisconnected,  // from one, also when it ends
};
Meaning meaning_of(const Event& event);
// ?filters= of the event stream for just those, percent-encoded.
std::string event_filters();

// Ids go into request targets: true for what container engines give out, [A-Za-z0-9][A-Za-z0-9_.-]*, at most
// 128 bytes.
bool is_container_id(std::string_view text);

}  // namespace engines
