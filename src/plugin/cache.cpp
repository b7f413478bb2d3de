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
    entry = &insert(container.full_id);
    set_record(*entry, core::Record::make(std::move(container)));
    note_unentered(*entry, now_ns);
    return *entry;
  }
  const std::string& known_id = entry->record->container.full_id;
  if (container.full_id.size() > known_id.size()) {
    entry = &rekey(std::string(known_id), container.full_id);
  } else if (container.full_id.size() < known_id.size()) {
    container.full_id = known_id;
  }
  recent_.splice(recent_.begin(), recent_, entry->recent);

  const bool had_metadata = entry->has_metadata();
  const core::Container& known = entry->record->container;
  const bool another = (entry->removed && container.source > core::Source::kCgroup) ||
                       (entry->untrusted && container.source > known.source);
  entry->removed = false;
  if (another) entry->untrusted = entry->from_worker = false;
  core::Container merged = another ? std::move(container) : core::merge(known, container);
  if (merged.source != known.source || merged.full_id.size() != known.full_id.size() ||
      !core::same_for_users(merged, known)) {
    set_record(*entry, core::Record::make(std::move(merged)));
  }
  if (another || !had_metadata) note_unentered(*entry, now_ns);
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

Cache::Entry* Cache::next_expired(uint64_t now_ns) {
  while (!removed_.empty()) {
    const auto& [when, id] = removed_.front();
    const auto found = entries_.find(id);
    if (found != entries_.end() && found->second.removed && found->second.removed_at_ns == when) {
      // A clock that runs backwards (captures may) makes nothing expire.
      const bool still_grace = now_ns < when || now_ns - when < limits_.grace_period_ns;
      return still_grace ? nullptr : &found->second;
    }
    removed_.pop_front();
  }
  return nullptr;
}

void Cache::drop_expired() {
  erase(entries_.find(removed_.front().second));
  removed_.pop_front();
  ++counters_.expired;
}

void Cache::note_unentered(const Entry& entry, uint64_t now_ns) {
  if (is_unentered(entry)) unentered_.emplace_back(now_ns, **entry.recent);
}

bool Cache::is_unentered(const Entry& entry) {
  const core::Source source = entry.record->container.source;
  const bool local = source == core::Source::kBundle || source == core::Source::kDisk;
  return local && entry.threads == 0 && !entry.removed;
}

Cache::Entry* Cache::find_unentered(const std::string& full_id) {
  const auto found = entries_.find(full_id);
  if (found == entries_.end()) return nullptr;
  return is_unentered(found->second) ? &found->second : nullptr;
}

void Cache::remove_unentered(uint64_t now_ns) {
  while (!unentered_.empty()) {
    const auto& [when, id] = unentered_.front();
    const bool too_many = unentered_.size() > kMaxUnentered;
    if (!too_many && (now_ns < when || now_ns - when < kUnenteredNs)) return;
    if (find_unentered(id) != nullptr) remove(id, now_ns);
    unentered_.pop_front();
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
  const bool is_shown = full != by_short_id_.end() && full->second == where->first;
  bytes_ -= where->second.record->bytes;
  recent_.erase(where->second.recent);
  entries_.erase(where);
  if (!is_shown) return;
  // The short id leads to the next of those that share it; hardly ever is there one, and then the sizes tell.
  const auto next = entries_.size() < by_short_id_.size()
                        ? recent_.end()
                        : std::find_if(recent_.begin(), recent_.end(), [&](const std::string* key) {
                            return core::short_id(*key) == full->first;
                          });
  if (next == recent_.end()) {
    by_short_id_.erase(full);
  } else {
    full->second = **next;
  }
}

void Cache::make_room() {
  while (entries_.size() >= limits_.max_containers) {
    auto victim = entries_.end();
    while (victim == entries_.end() && !removed_.empty()) {
      const auto found = entries_.find(removed_.front().second);
      if (found != entries_.end() && found->second.removed) victim = found;
      removed_.pop_front();
    }
    while (victim == entries_.end() && !unentered_.empty()) {
      if (find_unentered(unentered_.front().second) != nullptr)
        victim = entries_.find(unentered_.front().second);
      unentered_.pop_front();
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
