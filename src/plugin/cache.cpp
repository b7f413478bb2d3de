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

// What the key's container is shown as.
std::string_view shown_id(const core::ContainerKey& key) {
  return core::shown_id(key.names, key.full_id);
}

}  // namespace

Cache::Entry* Cache::find(const core::ContainerKey& key) {
  if (const auto found = entries_.find(key); found != entries_.end()) return &found->second;
  if (key.names != core::ContainerType::kUnknown) return nullptr;
  const std::string_view begin = core::short_id(key.full_id);
  if (!is_short_id(begin)) return nullptr;
  if (begin.size() < key.full_id.size()) {
    const auto found = entries_.find(core::ContainerKey{begin, key.owner, key.names});
    return found != entries_.end() ? &found->second : nullptr;
  }
  // Only old captures ask with 12 digits, and those know of no other owner.
  if (!key.owner.is_machine()) return nullptr;
  const auto alike = shown_.find(begin);
  if (alike == shown_.end() || alike->second.machine.empty()) return nullptr;
  const auto found = entries_.find(*alike->second.machine.front());
  return found != entries_.end() ? &found->second : nullptr;
}

const Cache::Entry* Cache::find_shown(std::string_view id) const {
  if (const auto found = entries_.find(core::ContainerKey{id}); found != entries_.end())
    return &found->second;
  const auto alike = shown_.find(id);
  if (alike == shown_.end()) return nullptr;
  const auto& [machine, others] = alike->second;
  const auto found = entries_.find(*(machine.empty() ? others : machine).front());
  return found != entries_.end() ? &found->second : nullptr;
}

Cache::Entry& Cache::put(core::Container container, uint64_t now_ns) {
  const core::ContainerKey key = core::key_of(container);
  Entry* entry = find(key);
  if (entry == nullptr) {
    make_room();
    entry = &insert(key);
    set_record(*entry, core::Record::make(std::move(container)));
    note_path(*entry);
    note_unentered(*entry, now_ns);
    return *entry;
  }
  const std::string& known_id = entry->record->container.full_id;
  if (container.full_id.size() > known_id.size()) {
    entry = &rekey(entry->key(), container.full_id);
  } else if (container.full_id.size() < known_id.size()) {
    container.full_id = known_id;
  }
  recent_.splice(recent_.begin(), recent_, entry->recent);

  const bool had_metadata = entry->has_metadata();
  const core::Container& known = entry->record->container;
  const bool was_removed = std::exchange(entry->removed, false);
  const bool another = was_removed && container.source > core::Source::kCgroup;
  if (another) entry->from_worker = false;
  core::Container merged = another ? std::move(container) : core::merge(known, container);
  if (merged.source != known.source || merged.full_id.size() != known.full_id.size() ||
      !core::same_for_users(merged, known)) {
    set_record(*entry, core::Record::make(std::move(merged)));
    note_path(*entry);
  } else if (was_removed) {
    note_path(*entry);
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

void Cache::remove(const core::ContainerKey& key, uint64_t now_ns) {
  Entry* entry = find(key);
  if (entry == nullptr || entry->removed) return;
  entry->removed = true;
  entry->removed_at_ns = now_ns;
  removed_.emplace_back(now_ns, **entry->recent);
  if (paths_ != nullptr) paths_->remove(core::view(**entry->recent));
}

Cache::Entry* Cache::next_expired(uint64_t now_ns) {
  while (!removed_.empty()) {
    const auto& [when, key] = removed_.front();
    const auto found = entries_.find(key);
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
  return local && entry.threads == 0 && !entry.removed && !entry.from_worker;
}

Cache::Entry* Cache::find_unentered(const Key& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return nullptr;
  return is_unentered(found->second) ? &found->second : nullptr;
}

void Cache::remove_unentered(uint64_t now_ns) {
  while (!unentered_.empty()) {
    const auto& [when, key] = unentered_.front();
    const bool too_many = unentered_.size() > kMaxUnentered;
    if (!too_many && (now_ns < when || now_ns - when < kUnenteredNs)) return;
    if (find_unentered(key) != nullptr) remove(core::view(key), now_ns);
    unentered_.pop_front();
  }
}

void Cache::reset_threads() {
  for (auto& [key, entry] : entries_) entry.threads = 0;
}

size_t Cache::missing_images() const {
  return static_cast<size_t>(std::count_if(entries_.begin(), entries_.end(), [](const auto& item) {
    return !item.second.removed && item.second.record->container.image.empty();
  }));
}

Cache::Entry& Cache::insert(const core::ContainerKey& key) {
  const auto where = entries_.try_emplace(core::store(key)).first;
  recent_.push_front(&where->first);
  where->second.recent = recent_.begin();
  show(where);
  return where->second;
}

Cache::Entry& Cache::rekey(const core::ContainerKey& old_key, std::string_view full_id) {
  const auto known = entries_.find(old_key);
  if (paths_ != nullptr) paths_->forget(old_key);
  hide(known);
  auto node = entries_.extract(known);
  node.key().full_id = full_id;
  const auto where = entries_.insert(std::move(node)).position;
  *where->second.recent = &where->first;
  show(where);
  return where->second;
}

void Cache::show(Entries::iterator where) {
  const core::ContainerKey key = core::view(where->first);
  auto alike = shown_.find(shown_id(key));
  if (alike == shown_.end()) alike = shown_.try_emplace(std::string(shown_id(key))).first;
  auto& namesakes = alike->second.of(key.owner);
  namesakes.push_front(&where->first);
  where->second.namesake = namesakes.begin();
}

void Cache::hide(Entries::iterator where) {
  const core::ContainerKey key = core::view(where->first);
  const auto alike = shown_.find(shown_id(key));
  alike->second.of(key.owner).erase(where->second.namesake);
  if (alike->second.empty()) shown_.erase(alike);
}

void Cache::erase(Entries::iterator where) {
  if (paths_ != nullptr) paths_->forget(core::view(where->first));
  hide(where);
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

void Cache::note_path(const Entry& entry) {
  if (paths_ == nullptr) return;
  const core::Container& container = entry.record->container;
  paths_->put(core::view(**entry.recent), container.type, container.cgroup_path);
}

void Cache::set_record(Entry& entry, std::shared_ptr<const core::Record> record) {
  if (entry.record != nullptr) bytes_ -= entry.record->bytes;
  bytes_ += record->bytes;
  entry.record = std::move(record);
}

}  // namespace plugin
