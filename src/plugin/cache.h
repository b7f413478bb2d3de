// Every container known now, and those gone for less than the grace period, by owner and id
// (core/container_key.h): two owners' containers with the same id are two entries, which nothing joins.
// Owned by the plugin; Falco's thread only. Times are event times in ns since the epoch, so that a replayed
// capture ages its containers as the live system did.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/cgroup/known_paths.h"
#include "core/container.h"
#include "core/container_key.h"
#include "core/limits.h"
#include "core/rendered.h"

namespace plugin {

// Bounds of the cache; see docs/configuration.md.
struct CacheLimits {
  size_t max_containers = 65536;
  uint64_t grace_period_ns = 30'000'000'000;
};

class Cache {
 public:
  struct Entry {
    std::shared_ptr<const core::Record> record;  // never null
    uint64_t first_thread_ns = 0;  // when a thread of it was first seen before its metadata; 0: it was not
    uint32_t threads = 0;          // threads that carry its key
    bool removed = false;
    uint64_t removed_at_ns = 0;
    bool from_worker = false;  // an engine told the worker: it decides about the container, not an event

    // False while nothing but the cgroup path is known of a container that an engine could tell more of.
    bool has_metadata() const {
      const core::Container& container = record->container;
      return container.source != core::Source::kCgroup || core::id_is_name(container.type);
    }

    core::ContainerKey key() const { return core::key_of(record->container); }

   private:
    friend class Cache;
    std::list<const core::StoredContainerKey*>::iterator recent;
    std::list<const core::StoredContainerKey*>::iterator namesake;
  };

  struct Counters {
    uint64_t evicted = 0;            // pushed out by max_containers
    uint64_t expired = 0;            // gone after the grace period
    uint64_t metadata_count = 0;     // containers whose metadata came after their first thread
    uint64_t metadata_total_ns = 0;  // how long that took, all in all
    uint64_t metadata_max_ns = 0;
  };

  // paths: kept informed of where these containers are; nullptr: nobody wants to know. It must outlive this.
  explicit Cache(CacheLimits limits, core::cgroup::KnownPaths* paths = nullptr)
      : limits_(limits), paths_(paths) {}

  // The container with that key. Records of old captures know only the first 12 digits of their id: those are
  // found by any id of the same owner that begins with them, and 12 digits find the machine's container whose
  // id they begin.
  Entry* find(const core::ContainerKey& key);

  // The container whose id is shown as `id` (core::shown_id): the machine's, else a user's; of several the
  // newest. The machine's containers are found by the whole id too.
  const Entry* find_shown(std::string_view id) const;

  // Stores what is new about a container, merged with what is known (core/merge.h), and returns its entry. A
  // container that had been removed is there again; what was known of it then is no longer, for its id may
  // have been given to another one.
  Entry& put(core::Container container, uint64_t now_ns);

  // The container is gone: its entry stays for the grace period. Unknown ids are ignored.
  void remove(const core::ContainerKey& key, uint64_t now_ns);

  // Drops what has been gone for longer than the grace period, and calls dropped(const Entry&) for each
  // before. Containers that were announced by a bundle or found on disk, but have had no thread for
  // kUnenteredNs, are removed: their runtime failed. Cheap when there is nothing to do.
  void expire(uint64_t now_ns) {
    expire(now_ns, [](const Entry&) {});
  }
  template <typename Dropped>
  void expire(uint64_t now_ns, Dropped&& dropped) {
    remove_unentered(now_ns);
    while (Entry* entry = next_expired(now_ns)) {
      dropped(*entry);
      drop_expired();
    }
  }

  // How long a bundle waits for its container's first thread, and how many may wait.
  static constexpr uint64_t kUnenteredNs = 60'000'000'000;
  static constexpr size_t kMaxUnentered = core::limits::kUnentered;

  // Forgets all thread counts, before the threads are counted anew.
  void reset_threads();

  size_t size() const { return entries_.size(); }
  // Bytes of all records together, about.
  size_t bytes() const { return bytes_; }
  // Containers, not counting removed ones, whose image is not known.
  size_t missing_images() const;
  const Counters& counters() const { return counters_; }

  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (const auto& [id, entry] : entries_) visit(entry);
  }

 private:
  using Key = core::StoredContainerKey;
  using Entries = std::unordered_map<Key, Entry, core::ContainerKeyHash, core::ContainerKeyEqual>;
  // Containers whose ids are shown alike, newest first.
  struct Namesakes {
    std::list<const Key*> machine;
    std::list<const Key*> others;
    std::list<const Key*>& of(core::Owner owner) { return owner.is_machine() ? machine : others; }
    bool empty() const { return machine.empty() && others.empty(); }
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  Entry& insert(const core::ContainerKey& key);
  // Gives an entry that was known by its short id the whole one.
  Entry& rekey(const core::ContainerKey& old_key, std::string_view full_id);
  void show(Entries::iterator where);
  void hide(Entries::iterator where);
  void erase(Entries::iterator where);
  void make_room();
  Entry* next_expired(uint64_t now_ns);
  void drop_expired();
  void remove_unentered(uint64_t now_ns);
  void note_unentered(const Entry& entry, uint64_t now_ns);
  // Of a bundle or from disk, without any thread, and no engine has told of it.
  static bool is_unentered(const Entry& entry);
  Entry* find_unentered(const Key& key);
  void set_record(Entry& entry, std::shared_ptr<const core::Record> record);
  void note_path(const Entry& entry);

  CacheLimits limits_;
  core::cgroup::KnownPaths* paths_;
  Entries entries_;
  std::unordered_map<std::string, Namesakes, Hash, std::equal_to<>> shown_;  // by the id as it is shown
  std::list<const Key*> recent_;                                             // last stored first
  std::deque<std::pair<uint64_t, Key>> removed_;                             // when and which, oldest first
  // When a record came that had no thread, and whose.
  std::deque<std::pair<uint64_t, Key>> unentered_;
  size_t bytes_ = 0;
  Counters counters_;
};

}  // namespace plugin
