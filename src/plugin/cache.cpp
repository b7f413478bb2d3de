// See cache.h.
#include "plugin/cache.h"

#include <algorithm>
#include <utility>

#include "core/merge.h"

namespace plugin {
namespace {

// The first 12 digits of a hexadecimal id; names are never taken for the beginning of other names.
bool is_short_id(std::string_view text) {
  return text.size() == core::kShortIdLength && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace

Cache::Entry* Cache::find(std::string_view full_id) {
  if (const auto found = entries_.find(full_id); found != entries_.end()) return &found->second;
  const auto full = by_short_id_.find(core::short_id(full_id));
  if (full == by_short_id_.end()) return nullptr;
  // Two different whole ids with the same beginning are two containers, and so are two names.
  if (!is_short_id(full->second) && !is_short_id(full_id)) return nullptr;
  const auto found = entries_.find(full->second);
  return found != entries_.end() ? &found->second : nullptr;
}

const Cache::Entry* Cache::find_shown(std::string_view id) const {
  if (const auto found = entries_.find(id); found != entries_.end()) return &found->second;
  const auto full = by_short_id_.find(id);
  if (full == by_short_id_.end()) return nullptr;
  const auto found = entries_.find(full->second);
  return found != entries_.end() ? &found->second : nullptr;
}

Cache::Entry& Cache::put(core::Container container, uint64_t now_ns) {
  Entry* entry = find(container.full_id);
  if (entry == nullptr) {
    make_room();
    Entry& fresh = insert(container.full_id);
    set_record(fresh, core::Record::make(std::move(container)));
    return fresh;
  }
  const std::string& known_id = entry->record->container.full_id;
  if (container.full_id.size() > known_id.size()) {
    entry = &rekey(std::string(known_id), container.full_id);
  } else if (container.full_id.size() < known_id.size()) {
    container.full_id = known_id;
  }
  recent_.splice(recent_.begin(), recent_, entry->recent);
  entry->removed = false;

  const bool had_metadata = entry->has_metadata();
  core::Container merged = core::merge(entry->record->container, container);
  if (merged.source != entry->record->container.source ||
      merged.full_id.size() != entry->record->container.full_id.size() ||
      !core::same_for_users(merged, entry->record->container)) {
    set_record(*entry, core::Record::make(std::move(merged)));
  }
  if (!had_metadata && entry->has_metadata() && entry->first_thread_ns != 0) {
    const uint64_t took = now_ns > entry->first_thread_ns ? now_ns - entry->first_thread_ns : 0;
    ++counters_.metadata_count;
    counters_.metadata_total_ns += took;
    counters_.metadata_max_ns = std::max(counters_.metadata_max_ns, took);
    entry->first_thread_ns = 0;
  }
  return *entry;
}

void Cache::remove(std::string_view full_id, uint64_t now_ns) {
  Entry* entry = find(full_id);
  if (entry == nullptr || entry->removed) return;
  entry->removed = true;
  entry->removed_at_ns = now_ns;
  removed_.emplace_back(now_ns, **entry->recent);
}

void Cache::expire(uint64_t now_ns) {
  while (!removed_.empty()) {
    const auto& [when, id] = removed_.front();
    const auto found = entries_.find(id);
    const bool current =
        found != entries_.end() && found->second.removed && found->second.removed_at_ns == when;
    if (current) {
      // A clock that runs backwards (captures may) makes nothing expire.
      if (now_ns < when || now_ns - when < limits_.grace_period_ns) return;
      erase(found);
      ++counters_.expired;
    }
    removed_.pop_front();
  }
}

void Cache::reset_threads() {
  for (auto& [id, entry] : entries_) entry.threads = 0;
}

size_t Cache::missing_images() const {
  return static_cast<size_t>(std::count_if(entries_.begin(), entries_.end(), [](const auto& item) {
    return !item.second.removed && item.second.record->container.image.empty();
  }));
}

Cache::Entry& Cache::insert(std::string_view full_id) {
  const auto where = entries_.try_emplace(std::string(full_id)).first;
  recent_.push_front(&where->first);
  where->second.recent = recent_.begin();
  by_short_id_.insert_or_assign(std::string(core::short_id(full_id)), std::string(full_id));
  return where->second;
}

Cache::Entry& Cache::rekey(std::string_view old_key, std::string_view full_id) {
  auto node = entries_.extract(entries_.find(old_key));
  node.key() = std::string(full_id);
  const auto where = entries_.insert(std::move(node)).position;
  *where->second.recent = &where->first;
  by_short_id_.insert_or_assign(std::string(core::short_id(full_id)), std::string(full_id));
  return where->second;
}

void Cache::erase(Entries::iterator where) {
  const auto full = by_short_id_.find(core::short_id(where->first));
  if (full != by_short_id_.end() && full->second == where->first) by_short_id_.erase(full);
  bytes_ -= where->second.record->bytes;
  recent_.erase(where->second.recent);
  entries_.erase(where);
}

void Cache::make_room() {
  while (entries_.size() >= limits_.max_containers) {
    auto victim = entries_.end();
    while (victim == entries_.end() && !removed_.empty()) {
      const auto found = entries_.find(removed_.front().second);
      if (found != entries_.end() && found->second.removed) victim = found;
      removed_.pop_front();
    }
    if (victim == entries_.end()) victim = entries_.find(*recent_.back());
    erase(victim);
    ++counters_.evicted;
  }
}

void Cache::set_record(Entry& entry, std::shared_ptr<const core::Record> record) {
  if (entry.record != nullptr) bytes_ -= entry.record->bytes;
  bytes_ += record->bytes;
  entry.record = std::move(record);
}

}  // namespace plugin
