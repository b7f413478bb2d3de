// The getters that the rows of the field table point to, by subject. Pure but for reads of the thread table;
// none of them allocates. Answers: docs/fields.md.
#pragma once

#include "plugin/fields/question.h"

namespace plugin::fields {

inline constexpr const char* kHostWord = "host";

// A text member of the container; nothing on the host.
template <auto Member>
void member(const Question& question, Answer& answer) {
  if (const auto* container = question.container()) answer.text(container->*Member);
}

// The same, but the host answers `host`.
template <auto Member>
void member_or_host(const Question& question, Answer& answer) {
  if (question.host()) return answer.text(kHostWord);
  member<Member>(question, answer);
}

// One that every container of a pod shares with its sandbox.
template <auto Member>
void pods_member(const Question& question, Answer& answer) {
  if (question.container() == nullptr) return;
  const auto says = [](const core::Record& record) { return !(record.container.*Member).empty(); };
  answer.text(question.telling(says)->container.*Member);
}

// A ready text of the record.
template <auto Member>
void rendered(const Question& question, Answer& answer) {
  if (question.container() != nullptr) answer.text(question.record->*Member);
}

// One that may be missing (probes).
template <auto Member>
void rendered_optional(const Question& question, Answer& answer) {
  if (question.container() == nullptr) return;
  if (const auto& text = question.record->*Member) answer.text(*text);
}

// A boolean of the container: false on the host, n/a while nobody has told.
template <auto Member>
void flag(const Question& question, Answer& answer) {
  if (question.host()) return answer.flag(false);
  const auto* container = question.container();
  if (container == nullptr || container->*Member == core::YesNo::kUnknown) return;
  answer.flag(container->*Member == core::YesNo::kYes);
}

// A text, or a boolean, of the container's posture; nothing outside containers.
template <auto Member>
void posture_text(const Question& question, Answer& answer) {
  if (const auto* container = question.container()) answer.text((*container->posture).*Member);
}
template <auto Member>
void posture_flag(const Question& question, Answer& answer) {
  const auto* container = question.container();
  if (container == nullptr || (*container->posture).*Member == core::YesNo::kUnknown) return;
  answer.flag((*container->posture).*Member == core::YesNo::kYes);
}
void capabilities(const Question& question, Answer& answer);
void capability(const Question& question, Answer& answer);
void devices(const Question& question, Answer& answer);

// Deprecated fields that only exist so that rules compile.
void nothing(const Question& question, Answer& answer);

// container.*
void id(const Question& question, Answer& answer);
void type(const Question& question, Answer& answer);
void start_ts(const Question& question, Answer& answer);
void duration(const Question& question, Answer& answer);
void label(const Question& question, Answer& answer);
void mount(const Question& question, Answer& answer);
void mount_source(const Question& question, Answer& answer);
void mount_dest(const Question& question, Answer& answer);
void mount_mode(const Question& question, Answer& answer);
void mount_rdwr(const Question& question, Answer& answer);
void mount_propagation(const Question& question, Answer& answer);

// k8s.*: n/a outside pods
void pod_label(const Question& question, Answer& answer);
void pod_labels(const Question& question, Answer& answer);
void pod_full_sandbox_id(const Question& question, Answer& answer);
void pod_sandbox_id(const Question& question, Answer& answer);
void pod_ip(const Question& question, Answer& answer);
void cni_json(const Question& question, Answer& answer);
void pod_cni_json(const Question& question, Answer& answer);

// proc.is_container_*
void is_healthcheck(const Question& question, Answer& answer);
void is_liveness_probe(const Question& question, Answer& answer);
void is_readiness_probe(const Question& question, Answer& answer);

}  // namespace plugin::fields
