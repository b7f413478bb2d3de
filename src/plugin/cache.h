// Every container known now, and those gone for less than the grace period, by owner and id
// (core/container_key.h): two owners' containers with the same id are two entries, which nothing joins.
// Owned by the plugin; Falco's thread only. Times are event times in ns since the epoch, so that a replayed
// capture ages its containers as the live system did.
//
// Nobody may fill it (core/limits.h): beyond a limit goes what matters least (Rank), users' containers before
// the machine's, of alike ones the one stored longest ago; a user beyond his share loses his own. No
// operation looks at more than a few entries, however many there are.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/intrusive_list.h"
#include "core/cgroup/known_paths.h"
#include "core/container.h"
#include "core/container_key.h"
#include "core/limits.h"
#include "core/rendered.h"

namespace plugin {

// Bounds of the cache; see docs/configuration.md and docs/limits.md.
struct CacheLimits {
  size_t max_containers = core::limits::kContainers;
  uint64_t grace_period_ns = 30'000'000'000;
  size_t max_bytes = core::limits::kCacheBytes;
};

class Cache {
 public:
  class Entry {
   public:
    std::shared_ptr<const core::Record> record;  // never null
    uint64_t first_thread_ns = 0;  // when a thread of it was first seen before its metadata; 0: it was not
    bool removed = false;
    uint64_t removed_at_ns = 0;
    bool from_worker = false;  // an engine told the worker: it decides about the container, not an event

    // Threads that carry its key.
    uint32_t threads() const { return threads_; }

    // False while nothing but the cgroup path is known of a container that an engine could tell more of.
    bool has_metadata() const {
      const core::Container& container = record->container;
      return container.source != core::Source::kCgroup || core::id_is_name(container.type);
    }

    core::ContainerKey key() const { return core::key_of(record->container); }

   private:
    friend class Cache;
    const core::StoredContainerKey* stored_key_ = nullptr;
    uint32_t threads_ = 0;
    // As it is counted and queued now.
    size_t rank_ = 0;
    size_t bytes_ = 0;
    bool image_is_missing_ = false;
    bool is_waiting_ = false;  // for its first thread
    uint64_t waiting_since_ns_ = 0;
    base::Links<Entry> queue_;
    base::Links<Entry> own_queue_;  // of its owner's, when that is not the machine
    base::Links<Entry> waiting_;
    base::Links<Entry> alike_;
  };

  struct Counters {
    uint64_t evicted = 0;            // pushed out by a limit
    uint64_t expired = 0;            // gone after the grace period
    uint64_t metadata_count = 0;     // containers whose metadata came after their first thread
    uint64_t metadata_total_ns = 0;  // how long that took, all in all
    uint64_t metadata_max_ns = 0;
  };

  // paths: kept informed of where these containers are; nullptr: nobody wants to know. It must outlive this.
  explicit Cache(CacheLimits limits, core::cgroup::KnownPaths* paths = nullptr);

  // The container with that key. Records of old captures know only the first 12 digits of their id: those are
  // found by any id of the same owner that begins with them, and 12 digits find the machine's container whose
  // id they begin.
  Entry* find(const core::ContainerKey& key);

  // The container whose id is shown as `id` (core::shown_id): the machine's, else a user's; of several the
  // newest. The machine's containers are found by the whole id too.
  const Entry* find_shown(std::string_view id) const;

  // Stores what is new about a container, merged with what is known (core/merge.h), and returns its entry. A
  // container that had been removed is there again; what was known of it then is no longer, for its id may
  // have been given to another one. What is evicted for it is never itself.
  Entry& put(core::Container container, uint64_t now_ns);

  // A thread carries the entry's key, or one carries it no longer. The entry stays valid.
  void add_thread(Entry& entry);
  void drop_thread(Entry& entry);

  // A removed container is there again; it keeps its record.
  void revive(Entry& entry) {
    entry.removed = false;
    requeue(entry);
    note_path(entry);
  }

  // The container is gone: its entry stays for the grace period. Unknown ids are ignored.
  void remove(const core::ContainerKey& key, uint64_t now_ns);

  // Drops what has been gone for longer than the grace period, and calls dropped(const Entry&) for
  // each before. Containers that were announced by a bundle or found on disk, but have had no thread for
  // kUnenteredNs, are removed: their runtime failed. Cheap when there is nothing to do; when there is much, a
  // part of it is left to the next call.
  void expire(uint64_t now_ns) {
    expire(now_ns, [](const Entry&) {});
  }
  template <typename Dropped>
  void expire(uint64_t now_ns, Dropped&& dropped) {
    remove_unentered(now_ns);
    size_t bytes = 0;
    for (size_t i = 0; i < core::limits::kExpiredPerCall && bytes < core::limits::kExpiredBytesPerCall; ++i) {
      Entry* entry = next_expired(now_ns);
      if (entry == nullptr) return;
      dropped(*entry);
      bytes += entry->bytes_;
      erase(*entry);
      ++counters_.expired;
    }
  }

  // How long a bundle waits for its container's first thread.
  static constexpr uint64_t kUnenteredNs = 60'000'000'000;

  // Forgets all thread counts, before the threads are counted anew.
  void reset_threads();

  size_t size() const { return entries_.size(); }
  // Bytes of all records together, about.
  size_t bytes() const { return bytes_; }
  // Containers, not counting removed ones, whose image is not known.
  size_t missing_images() const { return missing_images_; }
  const Counters& counters() const { return counters_; }

  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (const auto& [id, entry] : entries_) visit(entry);
  }

 private:
  using Key = core::StoredContainerKey;
  using Entries = std::unordered_map<Key, Entry, core::ContainerKeyHash, core::ContainerKeyEqual>;
  using Queue = base::IntrusiveList<Entry, &Entry::queue_>;
  using OwnQueue = base::IntrusiveList<Entry, &Entry::own_queue_>;
  using Waiting = base::IntrusiveList<Entry, &Entry::waiting_>;
  using Alike = base::IntrusiveList<Entry, &Entry::alike_>;

  // How much an entry matters: the lower, the sooner it goes.
  enum Rank : size_t {
    kGone,      // in its grace period, and nothing but its cgroup was ever known of it
    kRemoved,   // in its grace period
    kBare,      // nothing but its cgroup is known, and no thread needs it
    kIdle,      // without threads
    kBareLive,  // threads need it, nothing but its cgroup is known
    kLive,      // threads need it
    kRanks
  };
  static Rank rank_of(const Entry& entry);

  // The machine's, or those of everybody else: each has queues by rank, oldest first.
  struct Side {
    std::array<Queue, kRanks> queues;
    Waiting waiting;  // announced, and not entered by any thread
    size_t most_waiting;
  };
  Side& side_of(const Entry& entry) { return entry.stored_key_->owner.is_machine() ? machine_ : users_; }
  // What one owner other than the machine has.
  struct Share {
    size_t containers = 0;
    size_t bytes = 0;
    std::array<OwnQueue, kRanks> queues;
  };
  // Containers whose ids are shown alike, newest last.
  struct Namesakes {
    Alike machine;
    Alike others;
    Alike& of(core::Owner owner) { return owner.is_machine() ? machine : others; }
    bool empty() const { return machine.empty() && others.empty(); }
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  Entry& add(core::Container container, uint64_t now_ns);
  // Gives an entry that was known by its short id the whole one.
  Entry& rekey(Entry& entry, std::string_view full_id);
  void erase(Entry& entry);

  // Into the counts and queues, at their end, and out of them: what decides about an entry's place may change
  // in between.
  void enlist(Entry& entry);
  void delist(Entry& entry);
  void requeue(Entry& entry) {
    delist(entry);
    enlist(entry);
  }
  void show(Entry& entry, Namesakes& namesakes);
  void hide(Entry& entry);

  void make_room(const Entry& keep);
  // The first of them, by rank, but `keep`; nullptr: there is none.
  template <typename List>
  static Entry* first_of(const List& list, const Entry& keep);
  Entry* least_of_all(const Entry& keep);
  Entry* least_of(const Share& share, const Entry& keep);

  Entry* next_expired(uint64_t now_ns);
  void set_removed(Entry& entry, uint64_t now_ns);
  void remove_unentered(uint64_t now_ns);
  void note_unentered(Entry& entry, uint64_t now_ns);
  void stop_waiting(Entry& entry);
  // Of a bundle or from disk, without any thread, and no engine has told of it.
  static bool is_unentered(const Entry& entry);
  void note_path(const Entry& entry);

  CacheLimits limits_;
  core::cgroup::KnownPaths* paths_;
  Entries entries_;
  std::unordered_map<std::string, Namesakes, Hash, std::equal_to<>> shown_;  // by the id as it is shown
  std::map<core::Owner, Share> shares_;                                      // of those who have containers
  Side machine_{{}, {}, core::limits::kUnentered};
  Side users_{{}, {}, core::limits::kUserUnentered};
  size_t bytes_ = 0;
  size_t missing_images_ = 0;
  Counters counters_;
};

}  // namespace plugin
