// One process or container: every step from the thread to the values, and the first that failed. Main thread.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "core/cgroup/resolver.h"
#include "host/proc_reader.h"
#include "tools/cgroup_containers.h"
#include "tools/doctor/sections.h"
#include "tools/trace.h"

namespace tools::doctor {
namespace {

using Verdict = Trace::Verdict;

constexpr size_t kShortest = 4;  // characters of an id that are taken for its beginning

std::optional<int64_t> to_pid(std::string_view text) {
  int64_t pid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  // Short ids may be digits alone, but no pid has that many.
  constexpr size_t kLongest = 7;
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && pid > 0 && text.size() <= kLongest ? std::optional(pid) : std::nullopt;
}

bool is_meant(std::string_view what, std::string_view full_id, std::string_view name) {
  return what == full_id || what == name || (what.size() >= kShortest && full_id.starts_with(what));
}

// The one that is called so; of several a name or whole id goes before the beginning of an id.
Record find_record(std::string_view what, const std::vector<Record>& records) {
  Record found;
  for (const Record& record : records) {
    if (!is_meant(what, record->full_id, record->name)) continue;
    if (found == nullptr || what == record->full_id || what == record->name) found = record;
  }
  return found;
}

// A process whose cgroup names that container: the one with the smallest id.
std::optional<int64_t> process_of(std::string_view what, const config::Config& config,
                                  const std::vector<Record>& told) {
  host::ProcReader proc(config.host_root);
  CgroupReader reader(config);
  for (const Record& record : told) reader.learn(*record);
  std::vector<int64_t> pids = proc.pids();
  std::sort(pids.begin(), pids.end());
  for (const int64_t pid : pids) {
    const auto process = proc.process(pid);
    if (!process) continue;
    for (const host::CgroupPath& cgroup : process->cgroups) {
      const core::cgroup::Match* match = reader.read(cgroup.path);
      if (match != nullptr && is_meant(what, match->full_id, match->full_id)) return pid;
    }
  }
  return std::nullopt;
}

Finding step(const char* id, Level level, std::string text, std::string advice = {}) {
  return {id, level, "", std::move(text), std::move(advice), {}};
}

void add_engine_steps(const Trace& trace, Section& section) {
  const core::cgroup::Match& match = *trace.choice.match();
  const bool reached = std::any_of(trace.sockets.begin(), trace.sockets.end(),
                                   [](const worker::SocketStatus& socket) { return socket.connected; });
  if (!reached) {
    section.add(step("container.engine", Level::kBad,
                     fmt::format("no engine is connected that could be asked about {}", match.id()),
                     "see 'Engines' above"));
  } else {
    section.add(step("container.engine", Level::kGood, "an engine is connected"));
  }
  if (trace.record == nullptr) {
    section.add(step(
        "container.answer", Level::kBad,
        fmt::format("nobody knows {}: neither an engine, nor a bundle, nor an engine's files", match.id()),
        fmt::format("is the engine of {} another one than those above? name its socket in "
                    "engines.<engine>.sockets",
                    trace.choice.path())));
    return;
  }
  const bool whole = trace.record->source == core::Source::kApi;
  section.add(step("container.answer", whole ? Level::kGood : Level::kWarning,
                   fmt::format("{} answered{}", source_name(trace.record->source),
                               whole ? "" : "; the engine's API, which tells more, has not")));
}

void add_fields(const Trace& trace, Section& section) {
  for (const FieldAnswer& answer : trace.fields) {
    Finding finding{
        "container.field", answer.value.empty() ? Level::kInfo : Level::kGood, answer.field, "", "", {}};
    finding.text =
        answer.value.empty() ? "<NA>, " + answer.because : answer.value + " (" + answer.because + ")";
    finding.facts = {{"field", answer.field}, {"value", answer.value}, {"because", answer.because}};
    section.add(std::move(finding));
  }
}

void add_trace(const Trace& trace, Section& section) {
  section.add(step(
      "container.process", Level::kGood,
      fmt::format("process {} is {}{}", trace.pid, trace.comm,
                  trace.vpid == trace.pid ? "" : fmt::format(", {} in its own pid namespace", trace.vpid))));
  if (trace.verdict == Verdict::kStatic) {
    section.add(
        step("container.static", Level::kGood, "the configuration puts every process into one container"));
    return;
  }
  for (const CgroupLine& line : trace.cgroups) {
    Finding finding{"container.cgroup", Level::kInfo, line.subsystem + " " + line.path, line.meaning, "", {}};
    section.add(std::move(finding));
  }
  if (trace.cgroups.empty()) {
    section.add(step("container.decided", Level::kBad, "/proc tells no cgroup of this process",
                     "a process that ends has none any more; else see 'What of the host can be seen'"));
    return;
  }
  if (trace.verdict == Verdict::kHost) {
    section.add(step(
        "container.decided", Level::kWarning,
        "no cgroup path names a container: it is the host's, unless a runtime above it was seen to start",
        "docs/cgroups.md lists what is known as a container; an engine that is switched off is not"));
    return;
  }
  if (trace.verdict == Verdict::kUnconfirmed) {
    section.add(step("container.decided", Level::kWarning,
                     fmt::format("'{}' looks like a name of containerd's, which does not know it: the host",
                                 trace.choice.match()->full_id)));
    return;
  }
  const core::cgroup::Match& match = *trace.choice.match();
  section.add(step("container.decided", Level::kGood,
                   fmt::format("{} says {} of {}, {}", trace.choice.path(), match.id(),
                               core::cgroup::engine_name(match.engine),
                               match.owner.is_machine() ? "root's" : match.owner.to_string() + "'s")));
  if (trace.verdict == Verdict::kNobodyToAsk) {
    section.add(step("container.answer", Level::kInfo,
                     "this engine has nobody to ask, so id and type are all there is"));
  } else {
    add_engine_steps(trace, section);
  }
  add_fields(trace, section);
}

}  // namespace

Section container_section(const std::string& what, const Settings& settings, Engines& engines,
                          std::chrono::milliseconds limit) {
  Section section{"container", "From the thread to the values: " + printable(what)};
  std::optional<int64_t> pid = to_pid(what);
  Record record;
  if (!pid) {
    const std::vector<Record> told = engines.containers();
    record = find_record(what, told);
    pid = process_of(record ? record->full_id : what, settings.config, told);
  }
  if (!pid && record == nullptr) {
    section.add(
        step("container.known", Level::kBad,
             fmt::format("no engine knows a container '{}', and no process' cgroup names it", what),
             "'ctrmeta list' shows those that are known; give an id of at least four characters, or a name"));
    return section;
  }
  if (record) {
    section.add(
        step("container.known", Level::kGood,
             fmt::format("{} knows it as {} '{}'", source_name(record->source), record->id(), record->name)));
  }
  if (!pid) {
    section.add(step("container.process", Level::kWarning,
                     "no process of it is seen: it does not run, or its cgroup does not have its id"));
    return section;
  }
  const auto trace = trace_process(settings, *pid, limit, &engines);
  if (!trace) {
    section.add(
        step("container.process", Level::kBad, trace.error(), "it may have ended; is HOST_ROOT right?"));
    return section;
  }
  add_trace(*trace, section);
  return section;
}

}  // namespace tools::doctor
