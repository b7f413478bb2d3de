// Containers announced by the start of a runtime: its bundle is read before the container's first process
// runs. Owned by the plugin; Falco's thread only. Spec: docs/plugin.md, "Announced by a runtime".
//
// Anybody may execute something that looks like a runtime, so only processes of the host are listened to,
// what an engine has told stays as it is, and every word has an owner (docs/security.md): who executes the
// runtime, and who can have written the bundle. An ordinary user's is about his own containers, which nobody
// else's threads are in; a bundle that others than the executing can have written tells nothing at all.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "api/plugin_api.h"
#include "plugin/attribution.h"
#include "plugin/cache.h"
#include "plugin/event_view.h"
#include "plugin/local_sources.h"
#include "plugin/process_owners.h"
#include "plugin/runtime_call.h"
#include "plugin/thread_table.h"

namespace plugin {

struct AnnouncementHooks {
  // A container is known by its bundle.
  std::function<void(const core::Container& container)> appeared;
  // The worker is to read the bundle: that would take too long here.
  std::function<void(const core::ContainerKey& container, const std::string& directory,
                     const std::string& name_hint)>
      read_bundle;
};

class Announcements {
 public:
  // All must outlive this.
  Announcements(const ThreadTable& threads, const ProcessOwners& processes, Cache& cache,
                Attribution& attribution, LocalSources& sources, AnnouncementHooks hooks)
      : threads_(threads),
        processes_(processes),
        cache_(cache),
        attribution_(attribution),
        sources_(sources),
        hooks_(std::move(hooks)) {}

  // The thread executes another program; `event` is the exit of that exec, and the thread is attached
  // already.
  void program_started(const api::TableReader* reader, api::TableEntry* thread, const EventView& event,
                       uint64_t now_ns);

  // At the begin of a capture, when every thread is attached: finds the containers that no cgroup path tells
  // of by the processes that keep them (conmon, containerd's shims, a runtime in the foreground). Their first
  // process is the first of a pid namespace and a child of its keeper; containers in the host's pid namespace
  // are not found.
  void look_back(const api::TableReader* reader, const api::TableWriter* writer, uint64_t now_ns);

  // Runtime calls whose bundle could not be found, for its path is relative and the directory not known.
  uint64_t lost_paths() const { return lost_paths_; }

 private:
  struct Keeper {
    core::StoredContainerKey container;
    std::optional<std::string> directory;
    std::string name;
    bool used = false;
  };
  using Keepers = std::unordered_map<int64_t, Keeper>;
  Keepers find_keepers(const api::TableReader* reader) const;
  struct Descent {
    Keeper* keeper = nullptr;
    int64_t keeper_pid = 0;
    int64_t first = 0;  // pid of the container's first process
  };
  Descent descent_of(const api::TableReader* reader, api::TableEntry* thread, Keepers& keepers) const;
  void found_running(const api::TableReader* reader, const Descent& descent, uint64_t now_ns);

  // Reads the bundle, here or in the worker, and reports what it tells of the container, whose owner executes
  // the runtime.
  LocalSources::Bundle announce(const core::ContainerKey& container, const std::string& directory,
                                std::string_view name_hint, uint64_t now_ns);

  // The thread executes a runtime that starts another process in that container.
  void enters(const api::TableReader* reader, api::TableEntry* thread, const core::ContainerKey& container);

  enum class Verdict : uint8_t { kIgnore, kFollow, kRead };
  Verdict judge(const api::TableReader* reader, api::TableEntry* thread, const core::ContainerKey& container);
  // Absolute; nullopt when it is relative to nobody knows what.
  std::optional<std::string> directory_of(const api::TableReader* reader, api::TableEntry* thread,
                                          const EventView& event, std::string_view bundle) const;

  const ThreadTable& threads_;
  const ProcessOwners& processes_;
  Cache& cache_;
  Attribution& attribution_;
  LocalSources& sources_;
  AnnouncementHooks hooks_;
  uint64_t lost_paths_ = 0;
};

}  // namespace plugin
