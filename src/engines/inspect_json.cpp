// See inspect_json.h. Facts: docs/engines.md, "Docker" and "Podman".
#include "engines/inspect_json.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "core/cpuset.h"
#include "core/image_ref.h"
#include "core/labels.h"
#include "core/ports.h"
#include "core/probes.h"
#include "core/timestamps.h"
#include "net/http_client.h"

namespace engines {

namespace {

constexpr std::string_view kNetworkOf = "container:";
constexpr std::string_view kHost = "host";
constexpr int64_t kNanoCpus = 1'000'000'000;
// dockershim and cri-dockerd write a pod's annotations into labels, with this prefix.
constexpr std::string_view kAnnotationPrefix = "annotation.";

constexpr std::string_view kContainer = "container";
constexpr std::string_view kNetwork = "network";

struct MeaningRow {
  std::string_view type;
  std::string_view action;
  Meaning meaning;
};

// "remove" is Podman's word for Docker's "destroy"; both engines ignore names in a filter that they do not
// know.
constexpr std::array kMeanings{
    MeaningRow{kContainer, "create", Meaning::kCreated},
    MeaningRow{kContainer, "start", Meaning::kStarted},
    MeaningRow{kContainer, "rename", Meaning::kChanged},
    MeaningRow{kContainer, "update", Meaning::kChanged},
    MeaningRow{kContainer, "destroy", Meaning::kRemoved},
    MeaningRow{kContainer, "remove", Meaning::kRemoved},
    MeaningRow{kNetwork, "connect", Meaning::kConnected},
    MeaningRow{kNetwork, "disconnect", Meaning::kDisconnected},
};

void take_config(const json::object& config, const Settings& settings, Inspected& into) {
  core::Container& container = into.container;
  container.user = json::text(config, "User");
  if (settings.with_env) container.env = json::strings(json::list(config, "Env"));
  take_labels(json::child(config, "Labels"), settings, into);
  const std::vector<std::string> test = json::strings(json::list(json::child(config, "Healthcheck"), "Test"));
  const std::vector<std::string> shell = json::strings(json::list(config, "Shell"));
  const bool podman = container.type == core::ContainerType::kPodman;
  container.healthcheck = podman ? core::podman_healthcheck(test) : core::docker_healthcheck(test, shell);
  if (podman) {
    container.startup_healthcheck = core::podman_healthcheck(
        json::strings(json::list(json::child(config, "StartupHealthCheck"), "Test")));
  }
}

// A number that is 0 where the kernel's default holds.
std::optional<int64_t> or_default(std::optional<int64_t> number, int64_t fallback) {
  return number && *number <= 0 ? fallback : number;
}

void take_host_config(const json::object& host, Inspected& into) {
  core::Container& container = into.container;
  container.privileged = json::yes_no(host, "Privileged");
  container.host_pid = is_host(host, "PidMode");
  container.host_ipc = is_host(host, "IpcMode");
  container.host_network = is_host(host, "NetworkMode");
  const std::string_view network = json::text(host, "NetworkMode");
  if (network.starts_with(kNetworkOf)) into.network_owner = network.substr(kNetworkOf.size());

  container.cpu_shares = or_default(json::told_number(host, "CpuShares"), core::kDefaultCpuShares);
  container.cpu_period = or_default(json::told_number(host, "CpuPeriod"), core::kDefaultCpuPeriod);
  container.cpu_quota = json::told_number(host, "CpuQuota");
  // `docker run --cpus` is kept apart from the quota that it results in.
  const int64_t nano_cpus = json::number(host, "NanoCpus");
  if (container.cpu_quota.value_or(0) == 0 && nano_cpus > 0) {
    const int64_t period = container.cpu_period.value_or(core::kDefaultCpuPeriod);
    container.cpu_quota = static_cast<int64_t>(static_cast<double>(nano_cpus) /
                                               static_cast<double>(kNanoCpus) * static_cast<double>(period));
  }
  if (host.contains("CpusetCpus")) {
    container.cpuset_cpu_count = core::count_cpus(json::text(host, "CpusetCpus"));
  }
  container.memory_limit = json::told_number(host, "Memory");
  container.swap_limit = json::told_number(host, "MemorySwap");
}

}  // namespace

core::YesNo is_host(const json::object& host_config, std::string_view mode) {
  const json::value* told = host_config.if_contains(mode);
  if (told == nullptr || !told->is_string()) return core::YesNo::kUnknown;
  return core::yes_no(json::text(*told) == kHost);
}

void take_labels(const json::object& labels, const Settings& settings, Inspected& into) {
  for (const auto& label : labels) {
    if (!label.value().is_string()) continue;
    const std::string_view key(label.key().data(), label.key().size());
    const std::string_view text = json::text(label.value());
    std::string_view bare = key;
    if (bare.starts_with(kAnnotationPrefix)) bare.remove_prefix(kAnnotationPrefix.size());
    if (bare == core::kLastAppliedAnnotation) into.last_applied = text;
    if (core::keep_label(key, text, settings.label_max_len)) {
      into.container.labels.insert_or_assign(std::string(key), std::string(text));
    }
  }
  core::take_k8s_identity(into.container);
}

void take_port_table(const json::object& ports, core::Container& container) {
  for (const auto& entry : ports) {
    const auto key = core::parse_port_key({entry.key().data(), entry.key().size()});
    if (!key || key->protocol != "tcp" || !entry.value().is_array()) continue;
    for (const json::value& binding : entry.value().get_array()) {
      if (!binding.is_object()) continue;
      const std::string_view host_ip = json::text(binding.get_object(), "HostIp");
      const auto address = host_ip.empty() ? std::optional<uint32_t>(0) : core::parse_ipv4(host_ip);
      const auto host_port = core::parse_port(json::text(binding.get_object(), "HostPort"));
      if (address && host_port) container.port_mappings.push_back({*address, *host_port, key->port});
    }
  }
}

void take_address(const json::object& network_settings, core::Container& container) {
  container.ip = json::text(network_settings, "IPAddress");
  if (!container.ip.empty()) return;
  std::string_view first;
  for (const auto& network : json::child(network_settings, "Networks")) {
    if (!network.value().is_object()) continue;
    const std::string_view name(network.key().data(), network.key().size());
    const std::string_view address = json::text(network.value().get_object(), "IPAddress");
    if (address.empty() || (!container.ip.empty() && name >= first)) continue;
    first = name;
    container.ip = address;
  }
}

void take_mounts(const json::array& mounts, core::Container& container) {
  for (const json::value& entry : mounts) {
    if (!entry.is_object()) continue;
    const json::object& mount = entry.get_object();
    core::Mount& taken = container.mounts.emplace_back();
    taken.source = json::text(mount, "Source");
    taken.destination = json::text(mount, "Destination");
    taken.mode = json::text(mount, "Mode");
    taken.rw = json::flag(mount, "RW");
    taken.propagation = json::text(mount, "Propagation");
  }
}

bool is_named_by_id(const core::Container& container) {
  constexpr size_t kShortestId = 4;
  const std::string_view name = container.image;
  if (core::is_image_id(name)) return true;
  return name.size() >= kShortestId && container.image_id.starts_with(core::strip_sha256(name));
}

void take_image_name(core::ImagePlace place, core::Container& container) {
  if (is_named_by_id(container)) return;
  const std::string image = container.image;  // not viewed while it is written
  const std::string digest = container.image_digest;
  const core::ImageWord words[] = {{place, image}, {core::ImagePlace::kBareDigest, digest}};
  core::name_image(words, container);
}

void take_inspect(const json::object& inspect, const Settings& settings, Inspected& into) {
  core::Container& container = into.container;
  take_config(json::child(inspect, "Config"), settings, into);
  take_host_config(json::child(inspect, "HostConfig"), into);
  take_posture(inspect, container);
  const json::object& network = json::child(inspect, "NetworkSettings");
  take_address(network, container);
  take_port_table(json::child(network, "Ports"), container);
  take_mounts(json::list(inspect, "Mounts"), container);
  container.created_time = core::parse_rfc3339(json::text(inspect, "Created"));
  container.size = settings.with_size ? json::number(inspect, "SizeRw", -1) : -1;
  into.running = json::flag(json::child(inspect, "State"), "Running");
  if (container.ip.empty()) into.network_of = into.network_owner;
  if (!into.last_applied.empty()) {
    const auto name = container.labels.find("io.kubernetes.container.name");
    const core::PodProbes probes = core::probes_from_last_applied(
        into.last_applied, name == container.labels.end() ? std::string_view(container.name) : name->second);
    container.liveness_probe = probes.liveness;
    container.readiness_probe = probes.readiness;
  }
}

void borrow(Inspected& to, const Inspected& network_owner) {
  core::Container& container = to.container;
  const core::Container& owner = network_owner.container;
  if (container.ip.empty()) container.ip = owner.ip;
  container.host_network = core::either(container.host_network, owner.host_network);
  if (container.pod_sandbox_id != owner.full_id) return;
  container.pod_sandbox_labels = owner.labels;
  if (network_owner.last_applied.empty() || container.liveness_probe || container.readiness_probe) return;
  const auto name = container.labels.find("io.kubernetes.container.name");
  if (name == container.labels.end()) return;
  const core::PodProbes probes = core::probes_from_last_applied(network_owner.last_applied, name->second);
  container.liveness_probe = probes.liveness;
  container.readiness_probe = probes.readiness;
}

base::Result<Event> map_event(std::string_view text, std::span<const std::string_view> not_labels,
                              const Settings& settings) {
  base::Result<json::object> parsed = json::parse_object(text, "event");
  if (!parsed) return base::Error{parsed.error()};
  const json::object& actor = json::child(*parsed, "Actor");
  const json::object& attributes = json::child(actor, "Attributes");
  Event event;
  event.type = json::text(*parsed, "Type");
  event.action = json::text(*parsed, "Action");
  event.id = json::text(actor, "ID");
  // Docker before 1.22 has these three only; Podman's older services write both.
  if (event.action.empty()) event.action = json::text(*parsed, "status");
  if (event.id.empty()) event.id = json::text(*parsed, "id");
  event.time_ns = json::number(*parsed, "timeNano");
  if (event.type == kNetwork) {
    // Docker's actor is the network, Podman's the container.
    if (const std::string_view id = json::text(attributes, "container"); !id.empty()) event.id = id;
    event.container.full_id = event.id;
    return event;
  }
  if (meaning_of(event) == Meaning::kNothing) return event;

  Inspected taken;
  taken.container.full_id = event.id;
  taken.container.name = json::text(attributes, "name");
  taken.container.image = json::text(attributes, "image");
  take_image_name(core::ImagePlace::kDockerImage, taken.container);
  json::object labels = attributes;
  for (const std::string_view key : not_labels) labels.erase(key);
  take_labels(labels, settings, taken);
  event.container = std::move(taken.container);
  return event;
}

Meaning meaning_of(const Event& event) {
  if (!is_container_id(event.id)) return Meaning::kNothing;
  const auto row = std::find_if(kMeanings.begin(), kMeanings.end(), [&](const MeaningRow& candidate) {
    return candidate.type == event.type && candidate.action == event.action;
  });
  return row == kMeanings.end() ? Meaning::kNothing : row->meaning;
}

std::string event_filters() {
  std::string filters = R"({"type":["container","network"],"event":[)";
  for (const MeaningRow& row : kMeanings) {
    if (filters.back() != '[') filters += ',';
    filters.append("\"").append(row.action).append("\"");
  }
  return net::percent_encode(filters + "]}");
}

bool is_container_id(std::string_view text) {
  constexpr size_t kMaxId = 128;
  const auto alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !text.empty() && text.size() <= kMaxId && alphanumeric(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return alphanumeric(c) || c == '_' || c == '.' || c == '-'; });
}

}  // namespace engines
