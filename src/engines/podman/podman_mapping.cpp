// See podman_mapping.h.
//
// The infra container of a pod is an ordinary container here, not a pod sandbox: Podman's pods are no
// Kubernetes pods, and rules that leave out sandboxes would lose a container that users do see.
#include "engines/podman/podman_mapping.h"

#include <array>

#include "core/image_ref.h"
#include "core/ports.h"
#include "core/probes.h"
#include "core/timestamps.h"

namespace engines::podman {

namespace {

constexpr std::array<std::string_view, 4> kEventKeys{"name", "image", "podId", "containerExitCode"};

// [{"host_ip": "", "container_port": 80, "host_port": 18080, "range": 1, "protocol": "tcp"}]: a range of
// ports that map one to one.
void take_ports(const json::array& ports, core::Container& container) {
  constexpr int64_t kMaxPort = 65535;
  for (const json::value& entry : ports) {
    if (!entry.is_object()) continue;
    const json::object& port = entry.get_object();
    const std::string_view protocol = json::text(port, "protocol");
    const std::string_view host_ip = json::text(port, "host_ip");
    const auto address = host_ip.empty() ? std::optional<uint32_t>(0) : core::parse_ipv4(host_ip);
    const int64_t host_port = json::number(port, "host_port");
    const int64_t container_port = json::number(port, "container_port");
    const int64_t range = std::max<int64_t>(json::number(port, "range", 1), 1);
    if (!address || (!protocol.empty() && protocol != "tcp") || host_port <= 0 || container_port <= 0)
      continue;
    for (int64_t i = 0; i < range && host_port + i <= kMaxPort && container_port + i <= kMaxPort; ++i) {
      container.port_mappings.push_back(
          {*address, static_cast<uint16_t>(host_port + i), static_cast<uint16_t>(container_port + i)});
    }
  }
}

// Podman 4 calls the IPC mode of a container with `--ipc host` "shareable", like most others. The command
// line that made it, where there was one, tells the truth: the options stand before the image.
bool was_given_host_ipc(const json::object& config, std::string_view image) {
  std::string_view previous;
  for (const json::value& entry : json::list(config, "CreateCommand")) {
    const std::string_view word = json::text(entry);
    if (word == image) return false;
    if (word == "--ipc=host" || (previous == "--ipc" && word == "host")) return true;
    previous = word;
  }
  return false;
}

// Podman reads it from the container's first process, which may have gone below its cgroup, or, when it is
// allowed to, anywhere. Whatever the parent, the container's own cgroup is called after it.
std::string_view cgroup_path(std::string_view path, std::string_view full_id) {
  const size_t id = path.find(full_id);
  return id == std::string_view::npos ? std::string_view() : path.substr(0, path.find('/', id));
}

Sighting map_entry(const json::object& entry, const Settings& settings) {
  Inspected taken;
  core::Container& container = taken.container;
  container.type = core::ContainerType::kPodman;
  container.full_id = json::text(entry, "Id");
  const std::vector<std::string> names = json::strings(json::list(entry, "Names"));
  if (!names.empty()) container.name = names.front();
  container.image = json::text(entry, "Image");
  container.image_id = core::strip_sha256(json::text(entry, "ImageID"));
  take_image_name(core::ImagePlace::kPodmanImageName, container);
  container.created_time = core::parse_rfc3339(json::text(entry, "Created"));
  take_labels(json::child(entry, "Labels"), settings, taken);
  take_ports(json::list(entry, "Ports"), container);
  Sighting sighting;
  sighting.running = json::text(entry, "State") == "running";
  sighting.container = std::move(container);
  return sighting;
}

}  // namespace

base::Result<Inspected> map_inspect(std::string_view body, const Settings& settings) {
  base::Result<json::object> parsed = json::parse_object(body, "container inspect");
  if (!parsed) return base::Error{parsed.error()};
  Inspected result;
  core::Container& container = result.container;
  container.type = core::ContainerType::kPodman;
  container.full_id = json::text(*parsed, "Id");
  if (!is_container_id(container.full_id)) return base::Error{"container inspect: it names no id"};
  container.name = json::text(*parsed, "Name");
  container.image = json::text(*parsed, "ImageName");
  container.image_id = core::strip_sha256(json::text(*parsed, "Image"));
  container.image_digest = json::text(*parsed, "ImageDigest");
  take_image_name(core::ImagePlace::kPodmanImageName, container);
  const json::object& config = json::child(*parsed, "Config");
  result.last_applied = json::text(json::child(config, "Annotations"), core::kLastAppliedAnnotation);
  container.cgroup_path =
      cgroup_path(json::text(json::child(*parsed, "State"), "CgroupPath"), container.full_id);
  take_inspect(*parsed, settings, result);
  if (was_given_host_ipc(config, container.image)) container.host_ipc = core::YesNo::kYes;
  return result;
}

base::Result<std::vector<Sighting>> map_list(std::string_view body, const Settings& settings) {
  base::Result<json::array> parsed = json::parse_array(body, "container list");
  if (!parsed) return base::Error{parsed.error()};
  std::vector<Sighting> result;
  result.reserve(parsed->size());
  for (const json::value& entry : *parsed) {
    if (!entry.is_object()) continue;
    Sighting sighting = map_entry(entry.get_object(), settings);
    if (is_container_id(sighting.container.full_id)) result.push_back(std::move(sighting));
  }
  return result;
}

std::span<const std::string_view> event_keys() {
  return kEventKeys;
}

}  // namespace engines::podman
