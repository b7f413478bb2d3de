// See probe_processes.h.
#include "plugin/probe_processes.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>

#include "core/probes.h"

namespace plugin {
namespace {

// Longest chain of parents that is followed; the thread table of a hostile capture may hold a circle.
constexpr int kMaxAncestors = 64;

struct Row {
  uint64_t bit;
  std::optional<core::Probe> core::Container::*probe;
};
constexpr Row kRows[] = {
    {kHealthcheckProbe, &core::Container::healthcheck},
    {kHealthcheckProbe, &core::Container::startup_healthcheck},
    {kLivenessProbe, &core::Container::liveness_probe},
    {kReadinessProbe, &core::Container::readiness_probe},
};

bool is_command(const std::optional<core::Probe>& probe) {
  return probe && !(probe->exe == core::kProbeNone && probe->args.empty());
}

}  // namespace

bool ProbeProcesses::same_command(const api::TableReader* reader, api::TableEntry* thread,
                                  const core::Probe& probe) const {
  if (threads_.exe(reader, thread) != probe.exe) return false;
  size_t matched = 0;
  bool same = true;
  threads_.for_each_arg(reader, thread, [&](const char* arg) {
    same = matched < probe.args.size() && probe.args[matched] == arg;
    ++matched;
    return same;
  });
  return same && matched == probe.args.size();
}

uint64_t ProbeProcesses::runs(const api::TableReader* reader, api::TableEntry* thread,
                              const core::Container& container) const {
  uint64_t probes = 0;
  for (const Row& row : kRows) {
    const auto& probe = container.*row.probe;
    if (is_command(probe) && same_command(reader, thread, *probe)) probes |= row.bit;
  }
  return probes;
}

uint64_t ProbeProcesses::of_thread(const api::TableReader* reader, int64_t tid,
                                   const core::Container& container) const {
  const bool has_any = std::any_of(std::begin(kRows), std::end(kRows),
                                   [&](const Row& row) { return is_command(container.*row.probe); });
  if (!has_any) return 0;
  // Held to the end: the key points into its memory.
  const ThreadEntry first = threads_.find(reader, tid);
  if (!first) return 0;
  if (const uint64_t marked = threads_.container_probe(reader, first.get()); marked != 0) return marked;
  const std::string_view own_key = threads_.container_key(reader, first.get());
  ThreadEntry thread = threads_.find(reader, tid);
  uint64_t probes = 0;
  for (int i = 0; i < kMaxAncestors; ++i) {
    if (!thread || threads_.container_key(reader, thread.get()) != own_key) return probes;
    if (threads_.vpid(reader, thread.get()) == 1) return 0;
    probes |= threads_.container_probe(reader, thread.get()) | runs(reader, thread.get(), container);
    thread = threads_.find(reader, threads_.ptid(reader, thread.get()));
  }
  return 0;
}

void ProbeProcesses::mark_program(const api::TableReader* reader, const api::TableWriter* writer,
                                  api::TableEntry* thread, int64_t tid,
                                  const core::Container& container) const {
  if (threads_.container_probe(reader, thread) != 0) return;
  // The way up is only walked for who runs a probe's command.
  if (runs(reader, thread, container) == 0) return;
  if (const uint64_t probes = of_thread(reader, tid, container); probes != 0) {
    threads_.write_probe(writer, thread, probes);
  }
}

void ProbeProcesses::mark_child(const api::TableReader* reader, const api::TableWriter* writer,
                                api::TableEntry* thread) const {
  const ThreadEntry parent = threads_.find(reader, threads_.ptid(reader, thread));
  if (!parent) return;
  const uint64_t probes = threads_.container_probe(reader, parent.get());
  if (probes != 0) threads_.write_probe(writer, thread, probes);
}

}  // namespace plugin
