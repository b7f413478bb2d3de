// Which container a thread belongs to: from its cgroups to the key written on the thread and the cache's
// entry. Owned by the plugin; Falco's thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "api/plugin_api.h"
#include "base/lru.h"
#include "config/config.h"
#include "core/cgroup/resolver.h"
#include "plugin/cache.h"
#include "plugin/thread_table.h"

namespace plugin {

// The thread field container_key says whether a thread was looked at, and what was found:
//   ""       nobody looked yet
//   "-"      the host
//   "~name"  a containerd name that is a container only if containerd says so; the host until then
//   else     the container's full id
inline constexpr std::string_view kHostKey = "-";
inline constexpr char kUnconfirmedMark = '~';

// What attribution needs done elsewhere.
struct AttributionHooks {
  // A container that only the cgroup told of: ask the engines.
  std::function<void(core::ContainerType hint, const std::string& full_id, const std::string& cgroup_path)>
      ask;
  // No thread carries this id any more, and no engine has told of it.
  std::function<void(std::string_view full_id)> forget;
  // A container without an engine to ask (lxc, libvirt-lxc, bpm, static) appeared, or is gone.
  std::function<void(const core::Container& container)> appeared;
  std::function<void(const core::Container& container)> disappeared;
};

class Attribution {
 public:
  // cache and threads must outlive this.
  Attribution(const config::Config& config, Cache& cache, const ThreadTable& threads, AttributionHooks hooks);

  // Reads the thread's cgroups and writes container_id and container_key, if they changed. Counts threads.
  void attach(const api::TableReader* reader, const api::TableWriter* writer, api::TableEntry* thread,
              uint64_t now_ns);

  // The same for a thread that was in the table before the capture: counted even if it carries its key
  // already.
  void attach_anew(const api::TableReader* reader, const api::TableWriter* writer, api::TableEntry* thread,
                   uint64_t now_ns);

  // The thread is about to leave the table.
  void detach(const api::TableReader* reader, api::TableEntry* thread, uint64_t now_ns);

  // The thread's container, or nullptr for the host. Also for threads that nobody attached (the host may make
  // them up on the fly); their key is then worked out from the cgroups each time. The entry is valid until
  // the cache changes.
  Cache::Entry* container_of(const api::TableReader* reader, api::TableEntry* thread, uint64_t now_ns);

  // Asks the engines again for every container without metadata: when they have just become reachable.
  void ask_for_all();

 private:
  struct Cgroups {
    const core::cgroup::Match* match = nullptr;  // the container that they name; nullptr: none
    bool any = false;                            // the host knows at least one cgroup path of the thread
  };
  // The path that matched is left in path_.
  Cgroups match(const api::TableReader* reader, api::TableEntry* thread);
  // Takes over the key and id of the thread's parent, for a thread whose cgroups the host does not know.
  void inherit(const api::TableReader* reader, api::TableEntry* thread);
  // The entry of a container that has threads; made from the cgroup alone when nothing is known yet.
  Cache::Entry& ensure(const core::cgroup::Match& match, uint64_t now_ns);
  Cache::Entry* confirmed(std::string_view full_id);
  void ask_once_to_confirm(const core::cgroup::Match& match);
  void enter(const Cgroups& cgroups, uint64_t now_ns);
  void leave(std::string_view key, uint64_t now_ns);
  // Works out id_ and key_ from the thread's cgroups.
  Cgroups work_out(const api::TableReader* reader, api::TableEntry* thread);

  const config::Config& config_;
  Cache& cache_;
  const ThreadTable& threads_;
  AttributionHooks hooks_;
  core::cgroup::Resolver resolver_;
  core::cgroup::Match static_match_;
  base::Lru<bool> asked_names_;  // unconfirmed names that were asked about
  std::string path_;
  std::string id_;  // scratch, so that attaching a thread allocates nothing
  std::string key_;
};

}  // namespace plugin
