// See docker_mapping.h.
#include "engines/docker/docker_mapping.h"

#include <algorithm>
#include <array>

#include "core/image_ref.h"
#include "core/ports.h"
#include "core/probes.h"

namespace engines::docker {

namespace {

// In the name of a pod's sandbox, as dockershim and cri-dockerd build it: k8s_POD_<pod>_<namespace>_...
constexpr std::string_view kSandboxName = "k8s_POD";
constexpr std::string_view kNone = "<none>";
constexpr std::array<std::string_view, 7> kEventKeys{"name",   "image",  "oldName",     "exitCode",
                                                     "signal", "execID", "execDuration"};

std::string_view without_slash(std::string_view name) {
  return name.starts_with('/') ? name.substr(1) : name;
}

void take_name(std::string_view name, core::Container& container) {
  container.name = without_slash(name);
  container.is_pod_sandbox = container.name.find(kSandboxName) != std::string::npos;
}

// A sandbox's labels are its pod's.
void take_pod_labels(core::Container& container) {
  if (container.is_pod_sandbox) container.pod_sandbox_labels = container.labels;
}

// A container's names in a list: its own, and with --link those that others gave it, "/other/alias".
std::string_view own_name(const json::array& names) {
  std::string_view first;
  for (const json::value& entry : names) {
    const std::string_view name = without_slash(json::text(entry));
    if (name.find('/') == std::string_view::npos && !name.empty()) return name;
    if (first.empty()) first = name;
  }
  return first;
}

void take_ports(const json::array& ports, core::Container& container) {
  constexpr int64_t kMaxPort = 65535;
  for (const json::value& entry : ports) {
    if (!entry.is_object()) continue;
    const json::object& port = entry.get_object();
    const int64_t host_port = json::number(port, "PublicPort");
    const int64_t container_port = json::number(port, "PrivatePort");
    const auto address = core::parse_ipv4(json::text(port, "IP"));
    if (json::text(port, "Type") != "tcp" || !address || host_port <= 0 || host_port > kMaxPort ||
        container_port <= 0 || container_port > kMaxPort) {
      continue;
    }
    container.port_mappings.push_back(
        {*address, static_cast<uint16_t>(host_port), static_cast<uint16_t>(container_port)});
  }
}

// What Docker asks its runtime for, as linux.cgroupsPath. Without a parent it is the daemon's own choice.
std::string cgroup_path(std::string_view parent, const std::string& full_id) {
  if (parent.empty()) return {};
  const bool is_slice = parent.ends_with(".slice") && parent.find('/') == std::string_view::npos;
  return std::string(parent).append(is_slice ? ":docker:" : "/").append(full_id);
}

Sighting map_entry(const json::object& entry, const Settings& settings) {
  Inspected taken;
  core::Container& container = taken.container;
  container.type = core::ContainerType::kDocker;
  container.full_id = json::text(entry, "Id");
  take_name(own_name(json::list(entry, "Names")), container);
  container.image = json::text(entry, "Image");
  container.image_id = core::strip_sha256(json::text(entry, "ImageID"));
  take_image_name(core::ImagePlace::kDockerImage, container);
  container.created_time = json::number(entry, "Created");
  container.host_network = is_host(json::child(entry, "HostConfig"), "NetworkMode");
  take_labels(json::child(entry, "Labels"), settings, taken);
  take_pod_labels(container);
  take_address(json::child(entry, "NetworkSettings"), container);
  take_ports(json::list(entry, "Ports"), container);
  take_mounts(json::list(entry, "Mounts"), container);
  Sighting sighting;
  sighting.running = json::text(entry, "State") == "running";
  sighting.container = std::move(container);
  return sighting;
}

}  // namespace

base::Result<Inspected> map_inspect(std::string_view body, const Settings& settings) {
  const base::Result<json::object> parsed = json::parse_object(body, "container inspect");
  if (!parsed) return base::Error{parsed.error()};
  return map_inspect(*parsed, settings);
}

base::Result<Inspected> map_inspect(const json::object& inspect, const Settings& settings) {
  Inspected result;
  core::Container& container = result.container;
  container.type = core::ContainerType::kDocker;
  container.full_id = json::text(inspect, "Id");
  if (!is_container_id(container.full_id)) return base::Error{"container inspect: it names no id"};
  take_name(json::text(inspect, "Name"), container);
  container.image = json::text(json::child(inspect, "Config"), "Image");
  container.image_id = core::strip_sha256(json::text(inspect, "Image"));
  container.cgroup_path =
      cgroup_path(json::text(json::child(inspect, "HostConfig"), "CgroupParent"), container.full_id);
  take_inspect(inspect, settings, result);
  take_pod_labels(container);
  take_image_name(core::ImagePlace::kDockerImage, container);
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

base::Result<Image> map_image(std::string_view body) {
  base::Result<json::object> parsed = json::parse_object(body, "image inspect");
  if (!parsed) return base::Error{parsed.error()};
  Image image;
  for (std::string& tag : json::strings(json::list(*parsed, "RepoTags"))) {
    if (!tag.starts_with(kNone)) image.repo_tags.push_back(std::move(tag));
  }
  for (std::string& digest : json::strings(json::list(*parsed, "RepoDigests"))) {
    if (!digest.starts_with(kNone)) image.repo_digests.push_back(std::move(digest));
  }
  return image;
}

void apply_image(const Image& image, core::Container& container) {
  const std::string asked = container.image;
  std::vector<core::ImageWord> words;
  if (!is_named_by_id(container)) words.push_back({core::ImagePlace::kDockerImage, asked});
  for (const std::string& tag : image.repo_tags) words.push_back({core::ImagePlace::kDockerRepoTag, tag});
  for (const std::string& digest : image.repo_digests) {
    words.push_back({core::ImagePlace::kDockerRepoDigest, digest});
  }
  core::name_image(words, container);
  container.image = asked;  // also an id, where the user gave one
}

std::span<const std::string_view> event_keys() {
  return kEventKeys;
}

}  // namespace engines::docker
