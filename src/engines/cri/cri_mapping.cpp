// See cri_mapping.h.
#include "engines/cri/cri_mapping.h"

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include <boost/json/serialize.hpp>

#include "core/cni.h"
#include "core/cpuset.h"
#include "core/image_ref.h"
#include "core/labels.h"
#include "core/ports.h"
#include "core/probes.h"
#include "engines/oci/oci_spec.h"

namespace engines::cri {

namespace {

constexpr int64_t kSecondNs = 1'000'000'000;
constexpr std::string_view kInfoKey = "info";

struct RuntimeRow {
  std::string_view name;
  core::ContainerType type;
};
constexpr RuntimeRow kRuntimes[] = {
    {"containerd", core::ContainerType::kContainerd},
    {"cri-o", core::ContainerType::kCrio},
};

// MountPropagation, by its number.
constexpr std::array<std::string_view, 3> kPropagations{"private", "rslave", "rshared"};

json::object parsed_info(const Info& info) {
  const auto found = info.find(kInfoKey);
  if (found == info.end()) return {};
  base::Result<json::object> parsed = json::parse_object(found->second, "verbose info");
  return parsed ? *std::move(parsed) : json::object();
}

void take_labels(const core::Labels& labels, const Settings& settings, core::Labels& into) {
  for (const auto& [key, value] : labels) oci::take_label(key, value, settings, into);
}

// The image's names and id from everything that says them. info: the verbose one, or empty.
void take_image(const ContainerMessage& message, const json::object& info, core::Container& container) {
  using Place = core::ImagePlace;
  const json::object& config_image = json::child(json::child(info, "config"), "image");
  std::vector<core::ImageWord> words{
      {Place::kCriUserSpecified, message.user_specified_image},
      {Place::kCriUserConfig, json::text(config_image, "user_specified_image")},
      {Place::kCriImage, message.image},
      {Place::kCriImageRef, message.image_ref}};
  oci::add_image_words(json::child(json::child(info, "runtimeSpec"), "annotations"), words);
  core::name_image(words, container);
  container.image_id.clear();
  for (const std::string_view id : {std::string_view(message.image_id), json::text(config_image, "image"),
                                    std::string_view(message.image_ref), std::string_view(message.image)}) {
    if (container.image_id.empty() && core::is_image_id(id)) container.image_id = core::strip_sha256(id);
  }
  oci::take_image_id(words, container);
}

void take_mounts(const ContainerMessage& message, core::Container& container) {
  container.mounts.clear();
  for (const MountMessage& mount : message.mounts) {
    core::Mount& taken = container.mounts.emplace_back();
    taken.source = mount.host_path;
    taken.destination = mount.container_path;
    taken.rw = !mount.readonly;
    const auto index = static_cast<size_t>(mount.propagation);
    if (index < kPropagations.size()) taken.propagation = kPropagations[index];
  }
}

void take_resources(const Resources& resources, core::Container& container) {
  container.cpu_period = resources.cpu_period > 0 ? resources.cpu_period : core::kDefaultCpuPeriod;
  container.cpu_shares = resources.cpu_shares > 0 ? resources.cpu_shares : core::kDefaultCpuShares;
  container.cpu_quota = resources.cpu_quota;
  container.memory_limit = resources.memory_limit;
  container.swap_limit = resources.swap_limit;
  container.cpuset_cpu_count = core::count_cpus(resources.cpuset_cpus);
}

// The first place that says something: the runtime spec, the request that made it, the runtime itself. CRI-O
// says this of its pods' sandboxes in an annotation. What was not asked for in a request is left out of it.
core::YesNo is_privileged(const json::object& info) {
  const json::object& spec_linux = json::child(json::child(info, "runtimeSpec"), "linux");
  const json::object& config_linux = json::child(json::child(info, "config"), "linux");
  for (const json::object* place :
       {&json::child(spec_linux, "securityContext"), &json::child(config_linux, "security_context"), &info}) {
    const core::YesNo privileged = json::yes_no(*place, "privileged");
    if (privileged != core::YesNo::kUnknown) return privileged;
  }
  const json::object& annotations = json::child(json::child(info, "runtimeSpec"), "annotations");
  const std::string_view annotated = json::text(annotations, "io.kubernetes.cri-o.PrivilegedRuntime");
  if (!annotated.empty()) return core::yes_no(annotated == "true");
  const bool known = !json::child(info, "config").empty();
  return known ? core::YesNo::kNo : core::YesNo::kUnknown;
}

// What the request and the runtime's handler tell beside the specification. SecurityProfile of the CRI's API:
// 2 is "Localhost", a file of the node.
void take_posture(const json::object& info, const json::object& security, core::Container& container) {
  constexpr int64_t kLocalhost = 2;
  core::Posture posture = *container.posture;
  posture.runtime = oci::runtime_name(json::text(info, "runtimeType"));
  const json::object& seccomp = json::child(security, "seccomp");
  const std::string_view profile = json::text(seccomp, "localhost_ref");
  if (posture.seccomp == core::kDefaultProfile && json::number(seccomp, "profile_type") == kLocalhost &&
      !profile.empty()) {
    posture.seccomp = profile;
  }
  container.posture.set(std::move(posture));
}

// What containers and sandboxes have in common in the verbose info.
void take_info(const json::object& info, const Settings& settings, core::Container& container) {
  const json::object& spec = json::child(info, "runtimeSpec");
  oci::take_spec(spec, settings, container);
  const core::YesNo privileged = is_privileged(info);
  if (privileged != core::YesNo::kUnknown) container.privileged = privileged;
  if (container.pod_sandbox_id.empty()) container.pod_sandbox_id = json::text(info, "sandboxID");
  const json::object& security =
      json::child(json::child(json::child(info, "config"), "linux"), "security_context");
  take_posture(info, security, container);
  constexpr int64_t kNoUid = -1;
  const int64_t uid = json::number(json::child(security, "run_as_user"), "value", kNoUid);
  if (container.user.empty() && uid >= 0) container.user = std::to_string(uid);
}

void take_identity(const Metadata& metadata, core::Container& sandbox) {
  sandbox.name = metadata.name;
  sandbox.pod_name = metadata.name;
  sandbox.pod_namespace = metadata.pod_namespace;
  sandbox.pod_uid = metadata.uid;
}

// What lists and the full answer have in common.
core::Container common(const ContainerMessage& message, core::ContainerType type, const Settings& settings) {
  core::Container container;
  container.type = type;
  container.full_id = message.id;
  container.name = message.metadata.name;
  container.created_time = message.created_at > 0 ? message.created_at / kSecondNs : 0;
  container.pod_sandbox_id = message.sandbox_id;
  take_labels(message.labels, settings, container.labels);
  core::take_k8s_identity(container);
  return container;
}

// The primary IPv4 address; a pod without one is known by its first other address.
std::string primary_address(const std::vector<std::string>& ips) {
  for (const std::string& ip : ips) {
    if (core::parse_ipv4(ip)) return ip;
  }
  return ips.empty() ? std::string() : ips.front();
}

// containerd has the result as a member, CRI-O as an annotation, which take_spec() has taken.
void take_cni(const json::object& info, core::Container& sandbox) {
  const json::value* result = info.if_contains("cniResult");
  if (result != nullptr && result->is_object()) {
    sandbox.cni_json = core::shorten_cni_json(boost::json::serialize(*result));
  }
}

}  // namespace

core::ContainerType type_of_runtime(std::string_view runtime_name) {
  for (const RuntimeRow& row : kRuntimes) {
    if (row.name == runtime_name) return row.type;
  }
  return core::ContainerType::kCri;
}

core::Container map_container(const ContainerAnswer& answer, core::ContainerType type,
                              const Settings& settings) {
  const ContainerMessage& status = answer.status;
  const json::object info = parsed_info(answer.info);
  core::Container container = common(status, type, settings);
  take_info(info, settings, container);
  take_image(status, info, container);
  take_mounts(status, container);
  if (status.resources) take_resources(*status.resources, container);
  if (status.uid) container.user = std::to_string(*status.uid);
  container.is_pod_sandbox = false;
  container.cni_json.clear();
  return container;
}

Pod map_pod(const SandboxAnswer& answer, core::ContainerType type, const Settings& settings) {
  const SandboxMessage& status = answer.status;
  const json::object info = parsed_info(answer.info);
  Pod pod;
  pod.record = map_listed(status, type, settings);
  core::Container& sandbox = pod.record;
  oci::take_image_reference(core::ImagePlace::kCriSandboxImage, json::text(info, "image"), sandbox);
  take_info(info, settings, sandbox);
  take_cni(info, sandbox);
  sandbox.mounts.clear();  // those of its specification are the runtime's own
  const json::array& ports = json::list(json::child(info, "config"), "port_mappings");
  if (sandbox.port_mappings.empty()) oci::take_port_list(ports, sandbox);
  if (!status.ips.empty()) sandbox.ip = primary_address(status.ips);
  if (status.namespaces) {
    sandbox.host_network = core::yes_no(status.namespaces->network == kNamespaceNode);
    sandbox.host_pid = core::yes_no(status.namespaces->pid == kNamespaceNode);
    sandbox.host_ipc = core::yes_no(status.namespaces->ipc == kNamespaceNode);
  }
  // The address that CRI-O's annotation holds is the host's own then; containerd gives none.
  if (sandbox.host_network == core::YesNo::kYes) sandbox.ip.clear();
  const auto applied = status.annotations.find(core::kLastAppliedAnnotation);
  if (applied != status.annotations.end()) pod.last_applied = applied->second;
  take_identity(status.metadata, sandbox);
  return pod;
}

core::Container map_listed(const ContainerMessage& message, core::ContainerType type,
                           const Settings& settings) {
  core::Container container = common(message, type, settings);
  take_image(message, {}, container);
  return container;
}

core::Container map_listed(const SandboxMessage& message, core::ContainerType type,
                           const Settings& settings) {
  core::Container sandbox;
  sandbox.type = type;
  sandbox.full_id = message.id;
  sandbox.is_pod_sandbox = true;
  sandbox.pod_sandbox_id = message.id;
  sandbox.created_time = message.created_at > 0 ? message.created_at / kSecondNs : 0;
  take_labels(message.labels, settings, sandbox.labels);
  sandbox.pod_sandbox_labels = sandbox.labels;
  take_identity(message.metadata, sandbox);
  return sandbox;
}

void apply_pod(const Pod& pod, core::Container& container) {
  const core::Container& sandbox = pod.record;
  container.pod_sandbox_id = sandbox.full_id;
  container.pod_sandbox_labels = sandbox.labels;
  container.pod_name = sandbox.pod_name;
  container.pod_namespace = sandbox.pod_namespace;
  container.pod_uid = sandbox.pod_uid;
  container.ip = sandbox.ip;
  container.cni_json = sandbox.cni_json;
  container.port_mappings = sandbox.port_mappings;
  // A namespace shared with the pod is the host's when the pod's is.
  container.host_network = core::either(container.host_network, sandbox.host_network);
  container.host_pid = core::either(container.host_pid, sandbox.host_pid);
  container.host_ipc = core::either(container.host_ipc, sandbox.host_ipc);
  core::PodProbes probes = core::probes_from_last_applied(pod.last_applied, container.name);
  container.liveness_probe = std::move(probes.liveness);
  container.readiness_probe = std::move(probes.readiness);
}

}  // namespace engines::cri
