// The container of a thread by its ancestors, where no cgroup path tells it: lineage.h fed from the host's
// table of threads. Owned by Attribution; Falco's thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "api/plugin_api.h"
#include "core/container_key.h"
#include "plugin/lineage.h"
#include "plugin/process_owners.h"
#include "plugin/thread_table.h"

namespace plugin {

// Why a thread is looked at.
struct Occasion {
  enum class Kind : uint8_t { kSeen, kCloned, kExecuted };
  Kind kind = Kind::kSeen;
  // With kExecuted: argv[0], and the other arguments, each ended by NUL.
  std::string_view exe;
  std::string_view args;
  // With both others: the thread's effective one; nullopt when the event does not tell.
  std::optional<uint32_t> uid = {};
};

class Descent {
 public:
  // Both must outlive this.
  Descent(const ThreadTable& threads, const ProcessOwners& processes)
      : threads_(threads), processes_(processes) {}

  // The container that the thread descends into; nullopt: none. The key is a view, valid until the thread or
  // the lineage changes.
  std::optional<core::ContainerKey> container_of(const api::TableReader* reader, api::TableEntry* thread,
                                                 const Occasion& occasion);

  // The thread executes a runtime that creates a container. Its cgroups are the host's.
  void expect(const api::TableReader* reader, api::TableEntry* thread, Creation creation);
  // Whether the thread's process, or one that it descends from, is creating that container already. Its
  // cgroups are the host's then, too: conmon is moved before it executes the runtime.
  bool expects(const api::TableReader* reader, api::TableEntry* thread, const core::ContainerKey& container);

  // Some thread was given a key of lineage: its heirs are asked about from now on.
  void note_heirs() { any_heirs_ = true; }
  // Some user's runtime was followed.
  bool any_by_users() const { return any_by_users_; }

  Lineage& lineage() { return lineage_; }

 private:
  std::optional<core::ContainerKey> where_asked_for(const api::TableReader* reader, api::TableEntry* thread);
  std::optional<core::ContainerKey> inherited(const api::TableReader* reader, api::TableEntry* thread,
                                              Occasion::Kind kind) const;
  Lineage::Answer created_by_runtime(const api::TableReader* reader, api::TableEntry* thread,
                                     const Occasion& occasion);

  const ThreadTable& threads_;
  const ProcessOwners& processes_;
  Lineage lineage_;
  bool any_heirs_ = false;
  bool any_by_users_ = false;
};

}  // namespace plugin
