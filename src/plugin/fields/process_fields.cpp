// Getters of proc.is_container_*: is this process a healthcheck or probe that the engine started, or below
// one?
#include "plugin/fields/getters.h"
#include "plugin/probe_processes.h"

namespace plugin::fields {
namespace {

void is_probe(const Question& question, Answer& answer, uint64_t probe) {
  if (question.host()) return answer.flag(false);
  const auto* container = question.container();
  if (container == nullptr) return;
  const ProbeProcesses probes(*question.threads);
  answer.flag(question.tid > 0 && (probes.of_thread(question.reader, question.tid, *container) & probe) != 0);
}

}  // namespace

void is_healthcheck(const Question& question, Answer& answer) {
  is_probe(question, answer, kHealthcheckProbe);
}

void is_liveness_probe(const Question& question, Answer& answer) {
  is_probe(question, answer, kLivenessProbe);
}

void is_readiness_probe(const Question& question, Answer& answer) {
  is_probe(question, answer, kReadinessProbe);
}

}  // namespace plugin::fields
