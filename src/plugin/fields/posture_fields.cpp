// Getters of how confined a container is: nothing outside containers, and nothing that nobody has told.
#include "core/posture.h"
#include "plugin/fields/getters.h"

namespace plugin::fields {

void capabilities(const Question& question, Answer& answer) {
  const auto* container = question.container();
  if (container == nullptr || !container->posture->capabilities) return;
  const core::Capabilities set = *container->posture->capabilities;
  for (const uint8_t number : core::capabilities_by_name()) {
    if ((set >> number & 1U) != 0) answer.element(core::capability_names()[number]);
  }
}

void capability(const Question& question, Answer& answer) {
  const auto* container = question.container();
  if (container == nullptr || question.key == nullptr || !container->posture->capabilities) return;
  const auto number = core::capability_number(question.key);
  if (number) answer.flag((*container->posture->capabilities >> *number & 1U) != 0);
}

void devices(const Question& question, Answer& answer) {
  const auto* container = question.container();
  if (container == nullptr || !container->posture->devices) return;
  for (const std::string& path : *container->posture->devices) answer.element(path.c_str());
}

}  // namespace plugin::fields
