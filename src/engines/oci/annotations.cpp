// The annotations that engines leave in OCI specs, see oci_spec.h.
#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <vector>

#include "core/cni.h"
#include "core/image_ref.h"
#include "core/labels.h"
#include "core/ports.h"
#include "core/timestamps.h"
#include "engines/oci/oci_spec.h"

namespace engines::oci {

namespace {

constexpr std::string_view kManager = "io.container.manager";
constexpr std::string_view kContainerdCri = "io.kubernetes.cri.";
constexpr std::string_view kCrio = "io.kubernetes.cri-o.";
constexpr std::string_view kNerdctl = "nerdctl/";

// Texts that go straight into a member. Source: the annotation names of containerd (pkg/cri/annotations),
// CRI-O (pkg/annotations) and nerdctl (pkg/labels); of several rows for one member the first that is there
// counts.
struct TextRow {
  std::string_view key;
  std::string core::Container::*member;
};
constexpr TextRow kTexts[] = {
    {"nerdctl/name", &core::Container::name},
    {"io.kubernetes.cri.container-name", &core::Container::name},
    {"io.kubernetes.container.name", &core::Container::name},
    {"io.kubernetes.cri.sandbox-id", &core::Container::pod_sandbox_id},
    {"io.kubernetes.cri-o.SandboxID", &core::Container::pod_sandbox_id},
    {"io.kubernetes.cri.sandbox-name", &core::Container::pod_name},
    {"io.kubernetes.pod.name", &core::Container::pod_name},
    {"io.kubernetes.cri-o.KubeName", &core::Container::pod_name},
    {"io.kubernetes.cri.sandbox-namespace", &core::Container::pod_namespace},
    {"io.kubernetes.pod.namespace", &core::Container::pod_namespace},
    {"io.kubernetes.cri-o.Namespace", &core::Container::pod_namespace},
    {"io.kubernetes.cri.sandbox-uid", &core::Container::pod_uid},
    {"io.kubernetes.pod.uid", &core::Container::pod_uid},
};

// Where an image's name stands; CRI-O's may also hold an id.
struct ImageRow {
  std::string_view key;
  core::ImagePlace place;
};
constexpr ImageRow kImages[] = {
    {"io.kubernetes.cri.image-name", core::ImagePlace::kCriAnnotation},
    {"io.kubernetes.cri-o.UserRequestedImage", core::ImagePlace::kCrioUserRequested},
    {"io.kubernetes.cri-o.ImageName", core::ImagePlace::kCrioImageName},
    {"io.kubernetes.cri-o.SomeNameOfTheImage", core::ImagePlace::kCrioSomeName},
    {"io.kubernetes.cri-o.Image", core::ImagePlace::kCrioImage},
    {"io.kubernetes.cri.podsandbox.image-name", core::ImagePlace::kCriSandboxImage}};
// Several, with commas between them.
constexpr std::string_view kRepoDigests = "io.kubernetes.cri-o.ImageRepoDigests";

// "sandbox" or "container".
constexpr std::array<std::string_view, 2> kKinds{"io.kubernetes.cri.container-type",
                                                 "io.kubernetes.cri-o.ContainerType"};

json::object parsed_object(std::string_view text) {
  base::Result<json::object> parsed = json::parse_object(text, "annotation");
  return parsed ? *std::move(parsed) : json::object();
}

json::array parsed_array(std::string_view text) {
  base::Result<json::array> parsed = json::parse_array(text, "annotation");
  return parsed ? *std::move(parsed) : json::array();
}

void take_kind(const json::object& annotations, core::Container& container) {
  for (const std::string_view key : kKinds) {
    if (json::text(annotations, key) == "sandbox") container.is_pod_sandbox = true;
  }
  if (!container.is_pod_sandbox) return;
  // A sandbox is called by its pod's name; CRI-O names the container in it "POD".
  if (!container.pod_name.empty()) container.name = container.pod_name;
}

void take_crio(const json::object& annotations, const Settings& settings, core::Container& container) {
  if (container.ip.empty()) container.ip = json::text(annotations, "io.kubernetes.cri-o.IP.0");
  if (container.labels.empty()) {
    for (const auto& label : parsed_object(json::text(annotations, "io.kubernetes.cri-o.Labels"))) {
      if (!label.value().is_string()) continue;
      take_label({label.key().data(), label.key().size()}, json::text(label.value()), settings,
                 container.labels);
    }
    if (container.is_pod_sandbox) container.pod_sandbox_labels = container.labels;
  }
  if (container.created_time == 0) {
    container.created_time = core::parse_rfc3339(json::text(annotations, "io.kubernetes.cri-o.Created"));
  }
  if (container.cni_json.empty()) {
    container.cni_json = core::shorten_cni_json(json::text(annotations, "io.kubernetes.cri-o.CNIResult"));
  }
  const std::string_view image_id = json::text(annotations, "io.kubernetes.cri-o.ImageRef");
  if (container.image_id.empty() && core::is_image_id(image_id)) {
    container.image_id = core::strip_sha256(image_id);
  }
  if (json::text(annotations, "io.kubernetes.cri-o.PrivilegedRuntime") == "true")
    container.privileged = core::YesNo::kYes;
  if (json::text(annotations, "io.kubernetes.cri-o.HostNetwork") == "true")
    container.host_network = core::YesNo::kYes;
}

void take_ports(const json::object& annotations, core::Container& container) {
  for (const std::string_view key : {"io.kubernetes.cri-o.PortMappings", "nerdctl/ports"}) {
    if (container.port_mappings.empty()) {
      take_port_list(parsed_array(json::text(annotations, key)), container);
    }
  }
}

// The first of the two spellings that is there.
int64_t port_number(const json::object& port, std::string_view key, std::string_view other_key) {
  const int64_t number = json::number(port, key);
  return number != 0 ? number : json::number(port, other_key);
}

bool is_tcp(const json::object& port) {
  for (const std::string_view key : {"Protocol", "protocol"}) {
    const json::value* protocol = port.if_contains(key);
    if (protocol == nullptr) continue;
    // CRI's own JSON leaves the protocol out or writes its number, 0.
    if (!protocol->is_string()) return json::number(port, key, 1) == 0;
    const std::string_view word = json::text(*protocol);
    return word.empty() || word == "TCP" || word == "tcp";
  }
  return true;
}

}  // namespace

void take_label(std::string_view key, std::string_view value, const Settings& settings,
                core::Labels& labels) {
  if (core::keep_label(key, value, settings.label_max_len)) {
    labels.insert_or_assign(std::string(key), std::string(value));
  }
}

void add_image_words(const json::object& annotations, std::vector<core::ImageWord>& words) {
  for (const ImageRow& row : kImages) words.push_back({row.place, json::text(annotations, row.key)});
  std::string_view digests = json::text(annotations, kRepoDigests);
  while (!digests.empty()) {
    const std::string_view one = digests.substr(0, digests.find(','));
    words.push_back({core::ImagePlace::kCrioRepoDigest, one});
    digests.remove_prefix(std::min(one.size() + 1, digests.size()));
  }
}

void take_image_id(std::span<const core::ImageWord> words, core::Container& container) {
  for (const core::ImageWord& word : words) {
    if (container.image_id.empty() && core::is_image_id(word.text)) {
      container.image_id = core::strip_sha256(word.text);
    }
  }
}

void take_image_reference(core::ImagePlace place, std::string_view reference, core::Container& container) {
  const core::ImageWord word{place, reference};
  take_image_id({&word, 1}, container);
  core::name_image({&word, 1}, container);
}

void take_port_list(const json::array& ports, core::Container& container) {
  constexpr int64_t kMaxPort = std::numeric_limits<uint16_t>::max();
  for (const json::value& entry : ports) {
    if (!entry.is_object()) continue;
    const json::object& port = entry.get_object();
    const int64_t host_port = port_number(port, "HostPort", "host_port");
    const int64_t container_port = port_number(port, "ContainerPort", "container_port");
    std::string_view host_ip = json::text(port, "HostIP");
    if (host_ip.empty()) host_ip = json::text(port, "host_ip");
    const auto address = host_ip.empty() ? std::optional<uint32_t>(0) : core::parse_ipv4(host_ip);
    const bool possible =
        host_port > 0 && host_port <= kMaxPort && container_port > 0 && container_port <= kMaxPort;
    if (!possible || !address || !is_tcp(port)) continue;
    container.port_mappings.push_back(
        {*address, static_cast<uint16_t>(host_port), static_cast<uint16_t>(container_port)});
  }
}

void take_annotations(const json::object& annotations, const Settings& settings, core::Container& container) {
  if (annotations.empty()) return;
  for (const TextRow& row : kTexts) {
    std::string& member = container.*row.member;
    if (member.empty()) member = json::text(annotations, row.key);
  }
  // What the engine called it before (containerd) is a word like the others.
  const std::string told = container.image;
  std::vector<core::ImageWord> words{{core::ImagePlace::kContainerdImage, told}};
  add_image_words(annotations, words);
  take_image_id(words, container);
  core::name_image(words, container);
  take_kind(annotations, container);
  if (type_of(annotations) == core::ContainerType::kCrio) take_crio(annotations, settings, container);
  take_ports(annotations, container);
  core::take_k8s_identity(container);
}

core::ContainerType type_of(const json::object& annotations) {
  const std::string_view manager = json::text(annotations, kManager);
  if (manager == "cri-o") return core::ContainerType::kCrio;
  if (manager == "libpod") return core::ContainerType::kPodman;
  for (const auto& entry : annotations) {
    const std::string_view key(entry.key().data(), entry.key().size());
    if (key.starts_with(kCrio)) return core::ContainerType::kCrio;
    if (key.starts_with(kContainerdCri) || key.starts_with(kNerdctl)) return core::ContainerType::kContainerd;
  }
  return core::ContainerType::kUnknown;
}

}  // namespace engines::oci
