// Getters of k8s.*. Their values come from members of the record, which no label limit can drop.
#include "plugin/fields/getters.h"

namespace plugin::fields {
namespace {

// The container of a pod (or the pod's sandbox), or nullptr.
const core::Container* in_pod(const Question& question) {
  const auto* container = question.container();
  if (container == nullptr) return nullptr;
  const bool pod = container->is_pod_sandbox || !container->pod_sandbox_id.empty() ||
                   !container->pod_name.empty() || !container->pod_uid.empty();
  return pod ? container : nullptr;
}

bool knows_labels(const core::Record& record) {
  return record.container.pod_sandbox_labels.has_value();
}

// The labels of a sandbox are its pod's, but for those that containerd keeps: it mixes the image's and its
// own in, and marks what it so keeps.
bool labels_are_the_pods(const core::Container& container) {
  return container.is_pod_sandbox && !container.labels.contains("io.cri-containerd.kind");
}

}  // namespace

void pod_label(const Question& question, Answer& answer) {
  if (in_pod(question) == nullptr || question.key == nullptr) return;
  const auto& told = question.telling(knows_labels)->container.pod_sandbox_labels;
  const core::Container& own = question.record->container;
  if (!told && !labels_are_the_pods(own)) return;
  const core::Labels* labels = told ? &*told : &own.labels;
  const auto found = labels->find(std::string_view(question.key));
  if (found != labels->end()) answer.text(found->second.c_str());
}

void pod_labels(const Question& question, Answer& answer) {
  if (in_pod(question) == nullptr) return;
  const core::Record& told = *question.telling(knows_labels);
  if (!knows_labels(told) && labels_are_the_pods(question.record->container)) {
    return answer.text(question.record->labels);
  }
  answer.text(told.pod_labels);
}

void pod_full_sandbox_id(const Question& question, Answer& answer) {
  const auto* container = in_pod(question);
  if (container == nullptr) return;
  answer.text(container->is_pod_sandbox && container->pod_sandbox_id.empty() ? container->full_id
                                                                             : container->pod_sandbox_id);
}

void pod_sandbox_id(const Question& question, Answer& answer) {
  const auto* container = in_pod(question);
  if (container == nullptr) return;
  answer.text(container->is_pod_sandbox && container->pod_sandbox_id.empty()
                  ? question.record->id
                  : question.record->pod_sandbox_id_short);
}

void pod_ip(const Question& question, Answer& answer) {
  if (in_pod(question) != nullptr) pods_member<&core::Container::ip>(question, answer);
}

void cni_json(const Question& question, Answer& answer) {
  if (question.container() == nullptr) return;
  const auto says = [](const core::Record& record) { return !record.cni_json.empty(); };
  answer.text(question.telling(says)->cni_json);
}

void pod_cni_json(const Question& question, Answer& answer) {
  if (in_pod(question) != nullptr) cni_json(question, answer);
}

}  // namespace plugin::fields
