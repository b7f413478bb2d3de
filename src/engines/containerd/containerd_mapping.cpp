// See containerd_mapping.h.
#include "engines/containerd/containerd_mapping.h"

#include <utility>

#include "core/labels.h"
#include "core/merge.h"
#include "engines/oci/oci_spec.h"

namespace engines::containerd {

namespace {

constexpr size_t kMaxIdentifier = 76;
// Of containers that CRI made: "sandbox" or "container".
constexpr std::string_view kKindLabel = "io.cri-containerd.kind";
constexpr std::string_view kSandboxKind = "sandbox";
// Labels that hold a container's name, the most telling first; then come the spec's annotations, then the id.
constexpr std::string_view kNameLabels[] = {"nerdctl/name", "io.kubernetes.container.name"};
constexpr std::string_view kPodsOwn = "io.kubernetes.";  // the kubelet's, of the pod
constexpr std::string_view kPortsLabel = "nerdctl/ports";

std::string_view label(const core::Labels& labels, std::string_view key) {
  const auto found = labels.find(key);
  return found == labels.end() ? std::string_view() : std::string_view(found->second);
}

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

core::Container map_container(const ContainerMessage& message, const Settings& settings) {
  core::Container container;
  container.type = core::ContainerType::kContainerd;
  container.full_id = message.id;
  container.created_time = message.created_at;
  container.is_pod_sandbox = label(message.labels, kKindLabel) == kSandboxKind;
  for (const auto& [key, value] : message.labels) oci::take_label(key, value, settings, container.labels);
  if (container.is_pod_sandbox) {
    // A sandbox's labels are its pod's. Here those of its image and of containerd stand among them, and only
    // CRI tells which is which.
    std::erase_if(container.labels, [](const auto& entry) { return !entry.first.starts_with(kPodsOwn); });
  }
  core::take_k8s_identity(container);
  oci::take_image_reference(core::ImagePlace::kContainerdImage, message.image, container);
  for (const std::string_view key : kNameLabels) {
    if (container.name.empty()) container.name = label(message.labels, key);
  }
  // An unreadable spec is no reason to have no record.
  if (const base::Result<json::object> spec = json::parse_object(message.spec, "OCI spec")) {
    oci::take_spec(*spec, settings, container);
    // Containers of CRI have the mounts that CRI tells of: until it does, what it will tell.
    if (!label(message.labels, kKindLabel).empty()) oci::keep_volumes(*spec, container);
  }
  if (container.name.empty()) container.name = container.full_id;
  if (container.is_pod_sandbox && container.pod_sandbox_id.empty()) {
    container.pod_sandbox_id = container.full_id;
  }
  // nerdctl writes this label; the same text may stand in the annotations, which then come first.
  if (container.port_mappings.empty()) {
    const base::Result<json::array> ports =
        json::parse_array(label(message.labels, kPortsLabel), kPortsLabel);
    if (ports) oci::take_port_list(*ports, container);
  }
  return container;
}

core::Container map_event(const EventMessage& event) {
  core::Container container;
  container.type = core::ContainerType::kContainerd;
  container.full_id = event.container_id;
  container.engine_namespace = event.container_namespace;
  container.name = event.container_id;
  oci::take_image_reference(core::ImagePlace::kContainerdImage, event.image, container);
  return container;
}

void add_cri(core::Container& container, const core::Container& cri) {
  if (cri.privileged != core::YesNo::kUnknown) container.privileged = cri.privileged;
  container.host_pid = core::either(container.host_pid, cri.host_pid);
  container.host_network = core::either(container.host_network, cri.host_network);
  container.host_ipc = core::either(container.host_ipc, cri.host_ipc);
  container.mounts = cri.mounts;
  // Both have the specification; CRI knows names besides.
  core::SharedPosture posture = cri.posture;
  posture.fill(container.posture);
  container.posture = std::move(posture);
  // CRI knows what the user called the image, containerd one name of several.
  if (!cri.image_repository.empty()) {
    container.image = cri.image;
    container.image_repository = cri.image_repository;
    container.image_tag = cri.image_tag;
    if (!cri.image_digest.empty()) container.image_digest = cri.image_digest;
  }
  core::fill(container, cri);
  if (cri.is_pod_sandbox) container.labels = cri.labels;  // the pod's, and nothing of its image
}

bool is_identifier(std::string_view text) {
  if (text.empty() || text.size() > kMaxIdentifier) return false;
  bool after_separator = true;  // one must not come first
  for (const char c : text) {
    const bool separator = c == '.' || c == '_' || c == '-';
    if (!separator && !is_alphanumeric(c)) return false;
    if (separator && after_separator) return false;
    after_separator = separator;
  }
  return !after_separator;
}

}  // namespace engines::containerd
