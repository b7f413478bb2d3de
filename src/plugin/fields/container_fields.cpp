// Getters of container.*.
#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>
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

constexpr uint64_t kNsPerSecond = 1'000'000'000;
// In ns since the epoch: the beginning of the year 2000. What hosts hand out in replays may count from the
// boot.
constexpr uint64_t kEarliestTime = 946'684'800 * kNsPerSecond;
constexpr uint64_t kLatestTime = std::numeric_limits<uint64_t>::max();
// How far two clocks of one machine may differ.
constexpr uint64_t kClockSlack = 60 * kNsPerSecond;

// ns when that can be when something of the event began, else 0.
uint64_t time_or_nothing(const Question& question, uint64_t ns) {
  return ns >= kEarliestTime && ns <= question.event_ts + kClockSlack ? ns : 0;
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
  uint64_t start =
      time_or_nothing(question, question.threads->pidns_init_start_ts(question.reader, thread.get()));
  if (const auto* container = question.container(); container != nullptr && container->created_time > 0) {
    const uint64_t created = static_cast<uint64_t>(container->created_time);
    // No container starts before it is created. In the host's pid namespace, where `runc init` begins too,
    // the namespace is as old as the host.
    if (created < kLatestTime / kNsPerSecond) {
      start = std::max(start, time_or_nothing(question, created * kNsPerSecond));
    }
  }
  if (start != 0) answer.number(start);
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
