// See bundle.h.
#include "engines/local/bundle.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <string>
#include <utility>

#include "base/utf8.h"
#include "core/json_read.h"
#include "engines/json_view.h"
#include "engines/local/docker_state.h"
#include "engines/oci/oci_spec.h"

namespace engines::local {

namespace {

// A specification takes about twice its text; most of them live here whole.
constexpr size_t kFirstBlock = 65536;
constexpr size_t kShownId = 64;
// What is long and tells nothing here; of seccomp only whether it is there.
constexpr core::JsonPath kSkipped[] = {
    {"process", "env"},  // the first: kept when it is wanted
    {"hooks"},
    {"linux", "seccomp"},
    {"linux", "sysctl"},
    {"linux", "uidMappings"},
    {"linux", "gidMappings"},
    {"linux", "resources", "devices"},
    {"linux", "resources", "hugepageLimits"},
    {"linux", "resources", "blockIO"},
    {"process", "rlimits"},
    {"process", "capabilities", "permitted"},
    {"process", "capabilities", "inheritable"},
    {"process", "capabilities", "ambient"},
};
// Annotations that hold the container's own id; containerd's one does in a sandbox only.
constexpr std::string_view kCrioId = "io.kubernetes.cri-o.ContainerID";
constexpr std::string_view kSandboxId = "io.kubernetes.cri.sandbox-id";
constexpr std::string_view kPodmanPrivileged = "io.podman.annotations.privileged";

// The engine that a bundle is of: the place's, where that is one engine's own.
core::ContainerType type_of(const Place& place, const json::object& annotations) {
  if (place.type != core::ContainerType::kUnknown) return place.type;
  const core::ContainerType told = oci::type_of(annotations);
  if (told != core::ContainerType::kUnknown || place.container_storage.empty()) return told;
  return core::ContainerType::kPodman;
}

// True for engines that call a container's own volumes its mounts. Plain containerd passes the
// specification's on.
bool tells_volumes_only(const core::Container& container) {
  switch (container.type) {
    case core::ContainerType::kDocker:
    case core::ContainerType::kPodman:
    case core::ContainerType::kCrio:
      return true;
    default:
      return !container.pod_sandbox_id.empty() || container.is_pod_sandbox;
  }
}

// The id that the specification itself tells; "" when it tells none.
std::string_view named_id(const json::object& annotations) {
  if (json::text(annotations, "io.kubernetes.cri.container-type") == "sandbox") {
    return json::text(annotations, kSandboxId);
  }
  return json::text(annotations, kCrioId);
}

void take_namespaces(const json::object& linux_part, Found& found) {
  found.cgroups_path = json::text(linux_part, "cgroupsPath");
  found.own_pid_namespace = false;
  for (const json::value& entry : json::list(linux_part, "namespaces")) {
    const json::object* one = entry.if_object();
    if (one == nullptr || json::text(*one, "type") != "pid") continue;
    found.own_pid_namespace = json::text(*one, "path").empty();
  }
}

}  // namespace

base::Result<Bundle> map_bundle(std::string_view full_id, std::string_view text, const Place& place,
                                const Settings& settings) {
  if (!place.id.empty() && place.id != full_id) {
    return base::Error{fmt::format("the place of the container '{}'", base::excerpt(place.id, kShownId))};
  }
  std::array<unsigned char, kFirstBlock> block;
  boost::json::monotonic_resource memory(block.data(), block.size());
  const core::JsonSkip skipped = core::JsonSkip(kSkipped).subspan(settings.with_env ? 1 : 0);
  const base::Result<json::value> parsed = core::parse_json(text, &memory, skipped);
  if (!parsed) return base::Error{parsed.error()};
  const json::object* spec = parsed->if_object();
  if (spec == nullptr) return base::Error{"not an object of JSON"};
  // Every program may be called `run`, and many keep a config.json where they are started.
  if (json::text(*spec, "ociVersion").empty())
    return base::Error{"no OCI runtime spec: 'ociVersion' is missing"};
  const json::object& annotations = json::child(*spec, "annotations");
  const std::string_view named = named_id(annotations);
  if (!named.empty() && named != full_id) {
    return base::Error{fmt::format("of the container '{}'", base::excerpt(named, kShownId))};
  }
  Bundle bundle;
  Found& found = bundle.found;
  core::Container& container = found.container;
  container.full_id = full_id;
  container.source = core::Source::kBundle;
  container.type = type_of(place, annotations);
  if (container.type == core::ContainerType::kContainerd) container.engine_namespace = place.ns;
  oci::take_spec(*spec, settings, container);
  if (container.type == core::ContainerType::kDocker) {
    bundle.docker_containers = docker_containers_directory(full_id, container.mounts);
  }
  if (tells_volumes_only(container)) oci::keep_volumes(*spec, container);
  const std::string_view privileged = json::text(annotations, kPodmanPrivileged);
  if (!privileged.empty()) container.privileged = core::yes_no(privileged == "TRUE");
  take_namespaces(json::child(*spec, "linux"), found);
  found.process_args = json::strings(json::list(json::child(*spec, "process"), "args"));
  return bundle;
}

}  // namespace engines::local
