// Which container a thread belongs to: from its cgroups to the key written on the thread and the cache's
// entry. Owned by the plugin; Falco's thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "api/plugin_api.h"
#include "base/lru.h"
#include "config/config.h"
#include "core/cgroup/choice.h"
#include "core/cgroup/known_paths.h"
#include "core/cgroup/resolver.h"
#include "plugin/cache.h"
#include "plugin/descent.h"
#include "plugin/process_owners.h"
#include "plugin/second_look.h"
#include "plugin/thread_key.h"
#include "plugin/thread_table.h"
#include "worker/worker.h"

namespace plugin {

// What attribution needs done elsewhere.
struct AttributionHooks {
  // What is on disk about a container that a cgroup told of, as far as that can be had at once.
  std::function<std::optional<core::Container>(const core::cgroup::Match& match, core::Owner owner)>
      read_state;
  // A container that only the cgroup told of: ask the engines.
  std::function<void(worker::LookupRequest request)> ask;
  // No thread carries this id any more, and no engine has told of it.
  std::function<void(const core::ContainerKey& container)> forget;
  // No thread carries this id any more; an engine has told of it. cgroup_path: the last thread's, "" when not
  // known.
  std::function<void(const core::ContainerKey& container, const std::string& cgroup_path)> orphaned;
  // A container without an engine to ask (lxc, libvirt-lxc, bpm, static), or found on disk, appeared; one
  // without an engine to ask is gone.
  std::function<void(const core::Container& container)> appeared;
  std::function<void(const core::Container& container)> disappeared;
};

class Attribution {
 public:
  // All must outlive this. paths: where the cache's containers are known to be.
  Attribution(const config::Config& config, Cache& cache, const core::cgroup::KnownPaths& paths,
              const ThreadTable& threads, const ProcessOwners& processes, AttributionHooks hooks);

  // Reads the thread's cgroups and writes container_id and container_key, if they changed. Counts threads.
  void attach(const api::TableReader* reader, const api::TableWriter* writer, api::TableEntry* thread,
              const Occasion& occasion, uint64_t now_ns);

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

  // Puts a thread into that container, which nothing but its ancestors tell of: one that ran before the
  // capture.
  void adopt(const api::TableReader* reader, const api::TableWriter* writer, api::TableEntry* thread,
             const core::ContainerKey& container, uint64_t now_ns);
  Descent& descent() { return descent_; }

  // This capture is from before events told whose container they are about: its containers are all the
  // machine's, also those below a user's slice.
  void set_without_owners() { without_owners_ = true; }

  // Threads were there before somebody told that their cgroup is a container's: they are attached anew, some
  // of them at each call; see second_look.h.
  void look_again(const api::TableReader* reader, const api::TableWriter* writer, uint64_t now_ns);

  // Asks the engines again for every container without metadata: when they have just become reachable.
  void ask_for_all();

 private:
  struct Cgroups {
    const core::cgroup::Match* match = nullptr;  // the container that they name; nullptr: none
    bool any = false;                            // the host knows at least one cgroup path of the thread
    core::Owner owner = {};                      // of the cgroup that matched, and so of the container
  };
  // The path that matched is left in path_. A path in a user's slice, where he makes cgroups that are called
  // as he likes, gives way to any other.
  Cgroups match(const api::TableReader* reader, api::TableEntry* thread);
  // Takes over the key and id of the thread's parent, for a thread whose cgroups the host does not know.
  void inherit(const api::TableReader* reader, api::TableEntry* thread);
  // Finds the container of a thread by its ancestors; see descent.h. True when there is one, in key_ and id_.
  bool descend(const api::TableReader* reader, api::TableEntry* thread, const Occasion& occasion);
  // Whether the thread is in another owner's container of the same id than its cgroup tells.
  bool is_anothers(const api::TableReader* reader, api::TableEntry* thread, const Cgroups& cgroups,
                   const Occasion& occasion);
  // Whether a process of somebody else's is in a cgroup of a user's container, but in no container: his sudo.
  bool is_visitor(const api::TableReader* reader, api::TableEntry* thread, const Cgroups& cgroups) const;
  core::ContainerKey key_of(const Cgroups& cgroups) const;
  ThreadKey key_on(const api::TableReader* reader, api::TableEntry* thread) const;
  void set_key(ThreadKey::Kind kind, const core::ContainerKey& container);
  void set_lineage(const core::ContainerKey& container);
  ThreadKey key() const { return ThreadKey::parse(key_); }
  // The entry of a container that has threads; made from the cgroup alone when nothing is known yet.
  Cache::Entry& ensure(const Cgroups& cgroups, uint64_t now_ns);
  // The entry of a container that has threads, though no cgroup path tells of it.
  Cache::Entry& ensure_by_lineage(const core::ContainerKey& container, uint64_t now_ns);
  // path_: where the thread is.
  Cache::Entry* confirmed(const Cgroups& cgroups);
  void ask_once_to_confirm(const core::cgroup::Match& match);
  void enter(const Cgroups& cgroups, uint64_t now_ns);
  // cgroup_path: where the thread was, "" when not known.
  void leave(const ThreadKey& key, const std::string& cgroup_path, uint64_t now_ns);
  // Works out id_ and key_ from the thread's cgroups.
  Cgroups work_out(const api::TableReader* reader, api::TableEntry* thread, const Occasion& occasion);

  const config::Config& config_;
  Cache& cache_;
  const ThreadTable& threads_;
  const ProcessOwners& processes_;
  Descent descent_;
  AttributionHooks hooks_;
  core::cgroup::Resolver resolver_;
  core::cgroup::Match static_match_;
  core::cgroup::Choice choice_;
  base::Lru<bool> asked_names_;  // unconfirmed names that were asked about
  SecondLook second_look_;
  bool without_owners_ = false;
  std::string path_;
  std::string id_;   // scratch, so that attaching a thread allocates nothing
  std::string key_;  // a ThreadKey's text
};

}  // namespace plugin
