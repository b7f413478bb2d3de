// See live_events.h.
#include "host/live_events.h"

#include <optional>
#include <string>
#include <unordered_set>
#include <utility>

#include "api/events.h"
#include "host/event_builder.h"

namespace host {
namespace {

// The child of a clone runs its parent's program until it executes another one, whatever /proc says by now.
void take_command(const ThreadData& parent, ThreadData& child) {
  child.comm = parent.comm;
  child.exe = parent.exe;
  child.exe_path = parent.exe_path;
  child.args = parent.args;
}

bool changed(const ThreadData& before, const ThreadData& now) {
  return before.exe != now.exe || before.args != now.args || before.cgroups != now.cgroups;
}

}  // namespace

EventBytes LiveEvents::convert(const ProcessEvent& event, uint64_t now) {
  switch (event.kind) {
    case ProcessEvent::Kind::kFork:
      return forked(event, now);
    case ProcessEvent::Kind::kExec:
      return executed(event, now);
    case ProcessEvent::Kind::kExit:
      break;
  }
  return make_procexit(event.tid, now, event.status);
}

EventBytes LiveEvents::forked(const ProcessEvent& event, uint64_t now) {
  const bool new_thread = event.tid != event.pid;
  const Thread* parent = threads_.find(new_thread ? event.pid : event.parent_pid);
  std::optional<ThreadData> child;
  if (new_thread && parent != nullptr) {
    child = proc_.thread(*parent, event.tid);
  } else {
    child = proc_.process(event.pid);
    if (child && new_thread) child = proc_.thread(*child, event.tid);
  }
  if (!child) {
    ++vanished_;
    child = parent != nullptr ? static_cast<const ThreadData&>(*parent) : ThreadData{};
    child->tid = event.tid;
    child->pid = event.pid;
    child->vtid = event.tid;
    child->vpid = event.pid;
  }
  if (!new_thread) child->ptid = event.parent_pid;
  if (parent != nullptr) take_command(*parent, *child);
  return make_clone_exit(api::kEventCloneExit, *child, now);
}

EventBytes LiveEvents::executed(const ProcessEvent& event, uint64_t now) {
  std::optional<ThreadData> process = proc_.process(event.pid);
  if (!process) {
    ++vanished_;
    const Thread* known = threads_.find(event.pid);
    process = known != nullptr ? static_cast<const ThreadData&>(*known) : ThreadData{};
    process->tid = event.pid;
    process->pid = event.pid;
    if (std::string name = proc_.name(event.pid); !name.empty()) {
      process->comm = process->exe = std::move(name);
      process->args.clear();
    }
  }
  return make_exec_exit(api::kEventExecve19Exit, *process, now);
}

std::vector<EventBytes> LiveEvents::rescan(uint64_t now) {
  std::vector<EventBytes> out;
  std::unordered_set<int64_t> alive;
  const auto add = [&](const ThreadData& data) {
    alive.insert(data.tid);
    const Thread* known = threads_.find(data.tid);
    if (known == nullptr) {
      out.push_back(make_clone_exit(api::kEventCloneExit, data, now));
    } else if (data.tid == data.pid && changed(*known, data)) {
      out.push_back(make_exec_exit(api::kEventExecve19Exit, data, now));
    }
  };
  proc_.learn_pid_namespaces();
  for (const int64_t pid : proc_.pids()) {
    const auto process = proc_.process(pid);
    if (!process) continue;
    add(*process);
    for (const int64_t tid : proc_.tids(pid)) {
      if (tid == pid) continue;
      if (const auto thread = proc_.thread(*process, tid)) add(*thread);
    }
  }
  for (const int64_t tid : threads_.tids()) {
    if (!alive.contains(tid)) out.push_back(make_procexit(tid, now));
  }
  return out;
}

}  // namespace host
