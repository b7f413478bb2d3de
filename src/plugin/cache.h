// Every container known now, and those gone for less than the grace period.
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

#include "core/container.h"
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
    bool from_worker = false;  // the worker reported it: its engine decides about it, not an event

    // False while nothing but the cgroup path is known of a container that an engine could tell more of.
    bool has_metadata() const {
      const core::Container& container = record->container;
      return container.source != core::Source::kCgroup || core::id_is_name(container.type);
    }

   private:
    friend class Cache;
    std::list<const std::string*>::iterator recent;
  };

  struct Counters {
    uint64_t evicted = 0;            // pushed out by max_containers
    uint64_t expired = 0;            // gone after the grace period
    uint64_t metadata_count = 0;     // containers whose metadata came after their first thread
    uint64_t metadata_total_ns = 0;  // how long that took, all in all
    uint64_t metadata_max_ns = 0;
  };

  explicit Cache(CacheLimits limits) : limits_(limits) {}

  // The container with that full id. Records of old captures know only the first 12 digits of theirs: those
  // are found by any id that begins with them, and 12 digits find the container whose id they begin.
  Entry* find(std::string_view full_id);

  // The container whose id is shown as `id` (core::shown_id); of several the newest.
  const Entry* find_shown(std::string_view id) const;

  // Stores what is new about a container, merged with what is known (core/merge.h), and returns its entry. A
  // container that had been removed is there again.
  Entry& put(core::Container container, uint64_t now_ns);

  // The container is gone: its entry stays for the grace period. Unknown ids are ignored.
  void remove(std::string_view full_id, uint64_t now_ns);

  // Drops what has been gone for longer than the grace period. Cheap when there is nothing to drop.
  void expire(uint64_t now_ns);

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
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using Entries = std::unordered_map<std::string, Entry, Hash, std::equal_to<>>;

  Entry& insert(std::string_view full_id);
  // Gives an entry that was known by its short id the whole one.
  Entry& rekey(std::string_view old_key, std::string_view full_id);
  void erase(Entries::iterator where);
  void make_room();
  void set_record(Entry& entry, std::shared_ptr<const core::Record> record);

  CacheLimits limits_;
  Entries entries_;                                                                  // by full id
  std::unordered_map<std::string, std::string, Hash, std::equal_to<>> by_short_id_;  // to the full id
  std::list<const std::string*> recent_;                  // keys, last stored first
  std::deque<std::pair<uint64_t, std::string>> removed_;  // when and which, oldest first
  size_t bytes_ = 0;
  Counters counters_;
};

}  // namespace plugin
