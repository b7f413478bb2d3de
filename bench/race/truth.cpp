// See truth.h.
#include "bench/race/truth.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "api/events.h"
#include "bench/race/tally.h"

namespace bench::race {
namespace {

constexpr size_t kIdDigits = 64;
constexpr std::string_view kNamePrefix = "race";
constexpr size_t kNumberDigits = 5;
constexpr std::string_view kMarker = ": ";

constexpr std::array kExecs{api::kEventExecve16Exit, api::kEventExecve17Exit, api::kEventExecve18Exit,
                            api::kEventExecve19Exit, api::kEventExecveatExit};
constexpr std::array kClones{api::kEventCloneExit, api::kEventForkExit, api::kEventVforkExit,
                             api::kEventClone3Exit};

template <typename Types>
bool is_one_of(const Types& types, const host::EventContext& context) {
  return std::find(types.begin(), types.end(), context.event.type()) != types.end();
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f');
}

template <typename Predicate>
size_t run_length(std::string_view text, Predicate predicate) {
  return static_cast<size_t>(std::find_if_not(text.begin(), text.end(), predicate) - text.begin());
}

// The name at the beginning of `text`: race00001-4711.
std::string_view name_at(std::string_view text) {
  if (!text.starts_with(kNamePrefix)) return {};
  const std::string_view rest = text.substr(kNamePrefix.size());
  if (run_length(rest, is_digit) != kNumberDigits || rest.size() <= kNumberDigits ||
      rest[kNumberDigits] != '-')
    return {};
  const size_t run = run_length(rest.substr(kNumberDigits + 1), is_digit);
  return run == 0 ? std::string_view() : text.substr(0, kNamePrefix.size() + kNumberDigits + 1 + run);
}

// The last component that names a container decides; a monitor's cgroup has the id in its name and is the
// host's.
std::string_view key_in_path(std::string_view path) {
  while (!path.empty()) {
    const size_t slash = path.rfind('/');
    const std::string_view component = slash == std::string_view::npos ? path : path.substr(slash + 1);
    if (component.find("conmon") == std::string_view::npos) {
      if (const std::string_view key = find_key(component); !key.empty()) return key;
    }
    path = slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
  }
  return {};
}

std::string_view key_in_cgroups(const host::Thread& thread) {
  for (const host::CgroupPath& cgroup : thread.cgroups) {
    if (const std::string_view key = key_in_path(cgroup.path); !key.empty()) return key;
  }
  return {};
}

// The name in `sh -c ": NAME; ..."`; "" for any other process, also for those that were told to start this
// one.
std::string_view marker_of(const host::Thread& thread) {
  if (!thread.exe.ends_with("sh") || thread.args.size() != 2 || thread.args[0] != "-c") return {};
  const std::string_view line = thread.args[1];
  return line.starts_with(kMarker) ? name_at(line.substr(kMarker.size())) : std::string_view();
}

}  // namespace

std::string container_name(unsigned number, int64_t run) {
  return fmt::format("{}{:0{}}-{}", kNamePrefix, number, kNumberDigits, run);
}

std::string marked_command(std::string_view name) {
  return fmt::format("{}{}; /bin/true; /bin/true; sleep 0.2; /bin/true; sleep 0.3; /bin/true", kMarker, name);
}

std::string_view find_key(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    if (const std::string_view name = name_at(text.substr(i)); !name.empty()) return name;
    const size_t digits = run_length(text.substr(i), is_hex);
    if (digits == kIdDigits) return text.substr(i, digits);
    i += std::max<size_t>(digits, 1);
  }
  return {};
}

// What the thread itself or, for a new one, its parent was before this event.
std::string Truth::inherited(const host::EventContext& context) const {
  // A tid that comes again is another thread: its past does not count.
  const int64_t tid = is_one_of(kClones, context) ? context.thread->ptid : context.thread->tid;
  const auto found = places_.find(tid);
  return found == places_.end() ? std::string() : found->second;
}

Place Truth::place_of(const host::EventContext& context) {
  if (context.thread == nullptr) return {};
  const host::Thread& thread = *context.thread;
  Place place{std::string(key_in_cgroups(thread)), false};
  if (place.key.empty()) {
    if (const std::string_view name = marker_of(thread); !name.empty()) place.key = Tally::by_marker(name);
    const std::string before = inherited(context);
    // A key of the cgroup: it was seen before, so it cannot be missing now.
    place.read_too_late = !before.empty() && !Tally::is_marker(before);
    if (place.key.empty() || place.read_too_late) place.key = before;
  }
  if (place.key.empty() || context.event.type() == api::kEventProcexit) {
    places_.erase(thread.tid);
  } else {
    places_[thread.tid] = place.key;
  }
  return place;
}

bool Truth::is_command(const host::EventContext& context) {
  return context.thread != nullptr && is_one_of(kExecs, context) && !marker_of(*context.thread).empty();
}

std::vector<std::string> Truth::announced_by(const host::EventContext& context) {
  std::vector<std::string> keys;
  if (context.thread == nullptr || !is_one_of(kExecs, context)) return keys;
  for (const std::string& argument : context.thread->args) {
    std::string key(find_key(argument));
    if (!key.empty() && std::find(keys.begin(), keys.end(), key) == keys.end()) {
      keys.push_back(std::move(key));
    }
  }
  return keys;
}

}  // namespace bench::race
