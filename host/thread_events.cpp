// See thread_events.h. Positions of the parameters: event table of the Falco libs 0.20.
#include "host/thread_events.h"

#include <algorithm>
#include <array>
#include <string>

#include "api/events.h"

namespace host {
namespace {

// Shared by clone and execve.
constexpr uint32_t kRes = 0, kExe = 1, kArgs = 2, kPid = 4, kPtid = 5, kCwd = 6, kComm = 13, kCgroups = 14;
constexpr uint32_t kCloneUid = 16, kCloneGid = 17, kCloneVtid = 18, kCloneVpid = 19, kClonePidnsStart = 20;
constexpr uint32_t kChdirPath = 1;
constexpr uint16_t kEventChdirExit = 95;  // PPME_SYSCALL_CHDIR_X
constexpr uint32_t kExecPgid = 17, kExecUid = 26, kExecPath = 27, kExecGid = 29;

std::string text_or(const EventView& event, uint32_t index, const std::string& fallback) {
  const auto text = event.text(index);
  return text && !text->empty() ? std::string(*text) : fallback;
}

std::vector<CgroupPath> cgroups_of(const EventView& event) {
  std::vector<CgroupPath> out;
  for (const std::string_view entry : event.texts(kCgroups)) {
    // A named hierarchy has a second "=": "name=systemd=/path". Paths begin with a slash.
    const size_t equals = entry.find("=/");
    if (equals == std::string_view::npos) continue;
    out.push_back({std::string(entry.substr(0, equals)), std::string(entry.substr(equals + 1))});
  }
  return out;
}

// What clone and execve both tell, on top of `data`.
void take_common(const EventView& event, ThreadData& data) {
  data.tid = event.tid();
  data.pid = event.i64(kPid).value_or(data.pid);
  data.ptid = event.i64(kPtid).value_or(data.ptid);
  data.cwd = text_or(event, kCwd, data.cwd);
  data.comm = text_or(event, kComm, data.comm);
  if (auto cgroups = cgroups_of(event); !cgroups.empty()) data.cgroups = std::move(cgroups);
}

void take_command(const EventView& event, ThreadData& data) {
  data.exe = text_or(event, kExe, data.exe);
  data.args.clear();
  for (const std::string_view arg : event.texts(kArgs)) data.args.emplace_back(arg);
}

void on_clone(ThreadTable& threads, const EventView& event) {
  if (event.i64(kRes) != 0) return;  // the parent's side, or a failure
  ThreadData data;
  const Thread* parent = threads.find(event.i64(kPtid).value_or(-1));
  if (parent != nullptr) data = *parent;
  take_common(event, data);
  if (!event.text(kExe).value_or("").empty()) take_command(event, data);
  data.uid = event.u32(kCloneUid).value_or(data.uid);
  data.gid = event.u32(kCloneGid).value_or(data.gid);
  data.vtid = event.i64(kCloneVtid).value_or(data.tid);
  data.vpid = event.i64(kCloneVpid).value_or(data.pid);
  data.pidns_init_start_ts = event.u64(kClonePidnsStart).value_or(data.pidns_init_start_ts);
  threads.erase_thread(data.tid);  // a tid that comes again is another thread
  threads.put(data);
}

void on_exec(ThreadTable& threads, const EventView& event) {
  if (event.i64(kRes).value_or(-1) < 0) return;
  ThreadData data;
  if (const Thread* known = threads.find(event.tid())) {
    data = *known;
  } else {
    data.vtid = event.tid();
    data.vpid = event.i64(kPid).value_or(event.tid());
  }
  take_common(event, data);
  take_command(event, data);
  data.pgid = event.i64(kExecPgid).value_or(data.pgid);
  data.uid = event.u32(kExecUid).value_or(data.uid);
  data.gid = event.u32(kExecGid).value_or(data.gid);
  data.exe_path = text_or(event, kExecPath, data.exe_path);
  threads.put(data);
}

void on_chdir(ThreadTable& threads, const EventView& event) {
  const Thread* known = threads.find(event.tid());
  const std::string path = text_or(event, kChdirPath, "");
  if (known == nullptr || path.empty() || event.i64(kRes).value_or(-1) < 0) return;
  ThreadData data = *known;
  if (path.front() != '/' && data.cwd.empty()) return;
  data.cwd = path.front() == '/' ? path : data.cwd + "/" + path;
  threads.put(data);
}

struct Handler {
  uint16_t type;
  void (*apply)(ThreadTable&, const EventView&);
};
constexpr std::array kHandlers{
    Handler{api::kEventCloneExit, on_clone},   Handler{api::kEventForkExit, on_clone},
    Handler{api::kEventVforkExit, on_clone},   Handler{api::kEventClone3Exit, on_clone},
    Handler{api::kEventExecve16Exit, on_exec}, Handler{api::kEventExecve17Exit, on_exec},
    Handler{api::kEventExecve18Exit, on_exec}, Handler{api::kEventExecve19Exit, on_exec},
    Handler{api::kEventExecveatExit, on_exec}, Handler{kEventChdirExit, on_chdir}};

}  // namespace

void apply_event(ThreadTable& threads, const EventView& event) {
  const auto* found = std::find_if(kHandlers.begin(), kHandlers.end(),
                                   [&](const Handler& handler) { return handler.type == event.type(); });
  if (found != kHandlers.end()) found->apply(threads, event);
}

void finish_event(ThreadTable& threads, const EventView& event) {
  if (event.type() == api::kEventProcexit) threads.erase_thread(event.tid());
}

}  // namespace host
