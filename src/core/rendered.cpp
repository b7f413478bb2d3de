// Building the texts of a record.
#include "core/rendered.h"

#include <utility>

#include "core/cni.h"
#include "core/fit.h"
#include "core/labels.h"
#include "core/mounts.h"
#include "core/probes.h"

namespace core {
namespace {

std::optional<std::string> text_of(const std::optional<Probe>& probe) {
  if (!probe) return std::nullopt;
  return probe_text(*probe);
}

// Bytes outside the object itself: the allocated characters and one node for each element.
constexpr size_t kNode = 64;

size_t heap(const std::string& text) {
  return text.capacity() > 15 ? text.capacity() + 1 : 0;
}

size_t heap(const Labels& labels) {
  size_t bytes = 0;
  for (const auto& [key, value] : labels)
    bytes += kNode + sizeof(key) + heap(key) + sizeof(value) + heap(value);
  return bytes;
}

size_t heap(const std::vector<std::string>& texts) {
  size_t bytes = texts.capacity() * sizeof(std::string);
  for (const std::string& text : texts) bytes += heap(text);
  return bytes;
}

size_t heap(const std::optional<Probe>& probe) {
  return probe ? heap(probe->exe) + heap(probe->args) : 0;
}

size_t heap(const std::optional<std::string>& text) {
  return text ? heap(*text) : 0;
}

// Equal ones may be shared with other records.
size_t heap(const SharedPosture& posture) {
  if (posture.empty()) return 0;
  return kNode + sizeof(Posture) + heap(posture->seccomp) + heap(posture->apparmor) + heap(posture->selinux) +
         heap(posture->cmd) + heap(posture->runtime) + (posture->devices ? heap(*posture->devices) : 0);
}

size_t heap(const Container& container) {
  size_t bytes = 0;
  for (const std::string Container::*member :
       {&Container::full_id, &Container::name, &Container::image, &Container::image_id,
        &Container::image_repository, &Container::image_tag, &Container::image_digest, &Container::user,
        &Container::ip, &Container::cgroup_path, &Container::pod_sandbox_id, &Container::cni_json,
        &Container::pod_name, &Container::pod_namespace, &Container::pod_uid}) {
    bytes += heap(container.*member);
  }
  for (const Mount& mount : container.mounts) {
    bytes += sizeof(mount) + heap(mount.source) + heap(mount.destination) + heap(mount.mode) +
             heap(mount.propagation);
  }
  if (container.pod_sandbox_labels) bytes += heap(*container.pod_sandbox_labels);
  return bytes + heap(container.posture) + heap(container.env) + heap(container.labels) +
         container.port_mappings.capacity() * sizeof(PortMapping) + heap(container.healthcheck) +
         heap(container.startup_healthcheck) + heap(container.liveness_probe) +
         heap(container.readiness_probe);
}

size_t size_of(const Record& record) {
  return sizeof(record) + heap(record.container) + heap(record.mounts) + heap(record.mount_texts) +
         heap(record.labels) + heap(record.pod_labels) + heap(record.healthcheck) +
         heap(record.liveness_probe) + heap(record.readiness_probe) + heap(record.cni_json);
}

}  // namespace

std::shared_ptr<const Record> Record::make(Container container) {
  auto record = std::make_shared<Record>();
  fit(container);
  record->container = std::move(container);
  const Container& from = record->container;
  record->type = type_name(from.type);
  record->id = from.id();
  record->pod_sandbox_id_short = short_id(from.pod_sandbox_id);
  record->mounts = join_mounts(from.mounts);
  record->mount_texts.reserve(from.mounts.size());
  for (const Mount& mount : from.mounts) record->mount_texts.push_back(mount_text(mount));
  record->labels = join_labels(from.labels);
  if (from.pod_sandbox_labels) record->pod_labels = join_labels(*from.pod_sandbox_labels);
  record->healthcheck = text_of(from.healthcheck);
  record->liveness_probe = text_of(from.liveness_probe);
  record->readiness_probe = text_of(from.readiness_probe);
  record->cni_json = shorten_cni_json(from.cni_json);
  record->bytes = size_of(*record);
  return record;
}

}  // namespace core
