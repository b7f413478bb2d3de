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

// The sandbox is a container too; its own labels are the pod's.
const core::Labels* labels_of_pod(const core::Container& container) {
  if (container.pod_sandbox_labels) return &*container.pod_sandbox_labels;
  return container.is_pod_sandbox ? &container.labels : nullptr;
}

}  // namespace

void pod_label(const Question& question, Answer& answer) {
  const auto* container = in_pod(question);
  if (container == nullptr || question.key == nullptr) return;
  const core::Labels* labels = labels_of_pod(*container);
  if (labels == nullptr) return;
  const auto found = labels->find(std::string_view(question.key));
  if (found != labels->end()) answer.text(found->second.c_str());
}

void pod_labels(const Question& question, Answer& answer) {
  const auto* container = in_pod(question);
  if (container == nullptr) return;
  if (container->pod_sandbox_labels) {
    answer.text(question.record->pod_labels);
  } else if (container->is_pod_sandbox) {
    answer.text(question.record->labels);
  }
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
  if (const auto* container = in_pod(question)) answer.text(container->ip);
}

void pod_cni_json(const Question& question, Answer& answer) {
  if (in_pod(question) != nullptr) answer.text(question.record->cni_json);
}

}  // namespace plugin::fields
