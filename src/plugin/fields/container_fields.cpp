// Getters of container.*.
#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "core/mounts.h"
#include "plugin/fields/getters.h"

namespace plugin::fields {
namespace {

// An argument of digits only is an index; libsinsp hands both kinds over as text.
std::optional<uint64_t> as_index(const char* key) {
  const char* end = key + std::strlen(key);
  uint64_t index = 0;
  const auto [stop, error] = std::from_chars(key, end, index);
  if (error != std::errc() || stop != end) return std::nullopt;
  return index;
}

using FindMount = const core::Mount* (*)(std::span<const core::Mount>, const char*);

// The mount that the field's argument names by its index or by what `find` compares, or nullptr.
const core::Mount* named_mount(const Question& question, FindMount find) {
  const auto* container = question.container();
  if (container == nullptr || question.key == nullptr) return nullptr;
  if (const auto index = as_index(question.key)) return core::find_by_index(container->mounts, *index);
  return find(container->mounts, question.key);
}

}  // namespace

void nothing(const Question&, Answer&) {}

void id(const Question& question, Answer& answer) {
  if (question.host()) return answer.text(kHostWord);
  if (question.container() != nullptr) answer.text(question.record->id);
}

void type(const Question& question, Answer& answer) {
  if (question.host()) return answer.text(kHostWord);
  if (question.container() != nullptr) answer.text(question.record->type);
}

void start_ts(const Question& question, Answer& answer) {
  if (question.tid <= 0) return;
  const ThreadEntry thread = question.threads->find(question.reader, question.tid);
  if (!thread) return;
  if (const uint64_t ts = question.threads->pidns_init_start_ts(question.reader, thread.get()); ts != 0) {
    answer.number(ts);
  }
}

void duration(const Question& question, Answer& answer) {
  Answer start;
  start_ts(question, start);
  if (!start.set()) return;
  const uint64_t ts = *start.number_slot();
  // The clocks differ a little: a process cannot be older than its event.
  answer.number(question.event_ts > ts ? question.event_ts - ts : 0);
}

void label(const Question& question, Answer& answer) {
  const auto* container = question.container();
  if (container == nullptr || question.key == nullptr) return;
  const auto found = container->labels.find(std::string_view(question.key));
  // A label may be there and be empty: then it has a value, the empty text.
  if (found != container->labels.end()) answer.text(found->second.c_str());
}

void mount(const Question& question, Answer& answer) {
  const core::Mount* found = named_mount(question, core::find_by_source);
  if (found == nullptr) return;
  const size_t index = static_cast<size_t>(found - question.record->container.mounts.data());
  answer.text(question.record->mount_texts[index]);
}

void mount_source(const Question& question, Answer& answer) {
  if (const auto* found = named_mount(question, core::find_by_destination)) answer.text(found->source);
}

void mount_dest(const Question& question, Answer& answer) {
  if (const auto* found = named_mount(question, core::find_by_source)) answer.text(found->destination);
}

void mount_mode(const Question& question, Answer& answer) {
  if (const auto* found = named_mount(question, core::find_by_source)) answer.text(found->mode);
}

void mount_rdwr(const Question& question, Answer& answer) {
  if (const auto* found = named_mount(question, core::find_by_source))
    answer.text(core::rdwr_text(found->rw));
}

void mount_propagation(const Question& question, Answer& answer) {
  if (const auto* found = named_mount(question, core::find_by_source)) answer.text(found->propagation);
}

}  // namespace plugin::fields
