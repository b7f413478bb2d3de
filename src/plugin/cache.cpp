// See cache.h.
#include "plugin/cache.h"

#include <algorithm>
#include <utility>

#include "core/merge.h"

namespace plugin {
namespace {

namespace limits = core::limits;

// Room for so many is there from the start: to make it later would move all that are known by then.
constexpr size_t kMaxReserved = 1'000'000;

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

Cache::Cache(CacheLimits limits, core::cgroup::KnownPaths* paths) : limits_(limits), paths_(paths) {
  const size_t room = std::min(limits_.max_containers, kMaxReserved) + 1;
  entries_.reserve(room);
  shown_.reserve(room);
}

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
  return alike != shown_.end() ? alike->second.machine.back() : nullptr;
}

const Cache::Entry* Cache::find_shown(std::string_view id) const {
  if (const auto found = entries_.find(core::ContainerKey{id}); found != entries_.end())
    return &found->second;
  const auto alike = shown_.find(id);
  if (alike == shown_.end()) return nullptr;
  const auto& [machine, others] = alike->second;
  return (machine.empty() ? others : machine).back();
}

Cache::Entry& Cache::put(core::Container container, uint64_t now_ns) {
  const core::ContainerKey key = core::key_of(container);
  Entry* entry = find(key);
  if (entry == nullptr) return add(std::move(container), now_ns);
  const std::string& known_id = entry->record->container.full_id;
  if (container.full_id.size() > known_id.size()) {
    entry = &rekey(*entry, container.full_id);
  } else if (container.full_id.size() < known_id.size()) {
    container.full_id = known_id;
  }

  const bool had_metadata = entry->has_metadata();
  const core::Container& known = entry->record->container;
  const bool another = entry->removed && container.source > core::Source::kCgroup;
  core::Container merged = another ? std::move(container) : core::merge(known, container);
  const bool is_new = merged.source != known.source || merged.full_id.size() != known.full_id.size() ||
                      !core::same_for_users(merged, known);
  std::shared_ptr<const core::Record> record = is_new ? core::Record::make(std::move(merged)) : entry->record;
  // Nothing fails from here on.
  const bool was_removed = std::exchange(entry->removed, false);
  if (another) entry->from_worker = false;
  entry->record = std::move(record);
  requeue(*entry);
  if (is_new || was_removed) note_path(*entry);
  if (another || !had_metadata) note_unentered(*entry, now_ns);
  if (!had_metadata && entry->has_metadata() && entry->first_thread_ns != 0) {
    const uint64_t took = now_ns > entry->first_thread_ns ? now_ns - entry->first_thread_ns : 0;
    ++counters_.metadata_count;
    counters_.metadata_total_ns += took;
    counters_.metadata_max_ns = std::max(counters_.metadata_max_ns, took);
    entry->first_thread_ns = 0;
  }
  make_room(*entry);
  return *entry;
}

Cache::Entry& Cache::add(core::Container container, uint64_t now_ns) {
  auto record = core::Record::make(std::move(container));
  const core::ContainerKey key = core::key_of(record->container);
  if (!key.owner.is_machine()) shares_.try_emplace(key.owner);
  Namesakes& namesakes = shown_.try_emplace(std::string(shown_id(key))).first->second;
  const auto where = entries_.try_emplace(core::store(key)).first;
  // Nothing fails from here on.
  Entry& entry = where->second;
  entry.stored_key_ = &where->first;
  entry.record = std::move(record);
  show(entry, namesakes);
  enlist(entry);
  note_path(entry);
  note_unentered(entry, now_ns);
  make_room(entry);
  return entry;
}

Cache::Entry& Cache::rekey(Entry& entry, std::string_view full_id) {
  Key key = *entry.stored_key_;
  key.full_id = full_id;
  Namesakes& namesakes = shown_.try_emplace(std::string(shown_id(core::view(key)))).first->second;
  // Nothing fails from here on.
  if (paths_ != nullptr) paths_->forget(core::view(*entry.stored_key_));
  const auto alike = shown_.find(shown_id(core::view(*entry.stored_key_)));
  alike->second.of(key.owner).erase(entry);
  show(entry, namesakes);
  if (alike->second.empty()) shown_.erase(alike);
  auto node = entries_.extract(entries_.find(core::view(*entry.stored_key_)));
  node.key() = std::move(key);
  const auto where = entries_.insert(std::move(node)).position;
  where->second.stored_key_ = &where->first;
  return where->second;
}

void Cache::erase(Entry& entry) {
  if (paths_ != nullptr) paths_->forget(core::view(*entry.stored_key_));
  stop_waiting(entry);
  delist(entry);
  hide(entry);
  const core::Owner owner = entry.stored_key_->owner;
  if (!owner.is_machine()) {
    const auto share = shares_.find(owner);
    if (share->second.containers == 0) shares_.erase(share);
  }
  entries_.erase(entries_.find(core::view(*entry.stored_key_)));
}

// ---- who is where ----

Cache::Rank Cache::rank_of(const Entry& entry) {
  const bool bare = !entry.has_metadata();
  if (entry.removed) return bare ? kGone : kRemoved;
  if (entry.threads_ > 0) return bare ? kBareLive : kLive;
  return bare ? kBare : kIdle;
}

void Cache::enlist(Entry& entry) {
  entry.rank_ = rank_of(entry);
  entry.bytes_ = entry.record->bytes;
  entry.image_is_missing_ = !entry.removed && entry.record->container.image.empty();
  bytes_ += entry.bytes_;
  missing_images_ += entry.image_is_missing_ ? 1 : 0;
  side_of(entry).queues[entry.rank_].push_back(entry);
  if (entry.stored_key_->owner.is_machine()) return;
  Share& share = shares_.find(entry.stored_key_->owner)->second;
  ++share.containers;
  share.bytes += entry.bytes_;
  share.queues[entry.rank_].push_back(entry);
}

void Cache::delist(Entry& entry) {
  bytes_ -= entry.bytes_;
  missing_images_ -= entry.image_is_missing_ ? 1 : 0;
  side_of(entry).queues[entry.rank_].erase(entry);
  if (entry.stored_key_->owner.is_machine()) return;
  Share& share = shares_.find(entry.stored_key_->owner)->second;
  --share.containers;
  share.bytes -= entry.bytes_;
  share.queues[entry.rank_].erase(entry);
}

void Cache::note_path(const Entry& entry) {
  if (paths_ == nullptr) return;
  const core::Container& container = entry.record->container;
  paths_->put(core::view(*entry.stored_key_), container.type, container.cgroup_path);
}

void Cache::show(Entry& entry, Namesakes& namesakes) {
  namesakes.of(entry.stored_key_->owner).push_back(entry);
}

void Cache::hide(Entry& entry) {
  const core::ContainerKey key = core::view(*entry.stored_key_);
  const auto alike = shown_.find(shown_id(key));
  alike->second.of(key.owner).erase(entry);
  if (alike->second.empty()) shown_.erase(alike);
}

void Cache::add_thread(Entry& entry) {
  if (++entry.threads_ == 1) requeue(entry);
}

void Cache::drop_thread(Entry& entry) {
  if (--entry.threads_ == 0) requeue(entry);
}

void Cache::reset_threads() {
  for (auto& [key, entry] : entries_) {
    entry.threads_ = 0;
    requeue(entry);
  }
}

// ---- the end ----

void Cache::remove(const core::ContainerKey& key, uint64_t now_ns) {
  Entry* entry = find(key);
  if (entry != nullptr && !entry->removed) set_removed(*entry, now_ns);
}

void Cache::set_removed(Entry& entry, uint64_t now_ns) {
  entry.removed = true;
  entry.removed_at_ns = now_ns;
  if (paths_ != nullptr) paths_->remove(core::view(*entry.stored_key_));
  requeue(entry);
}

Cache::Entry* Cache::next_expired(uint64_t now_ns) {
  for (const Side* side : {&users_, &machine_}) {
    for (const Rank rank : {kGone, kRemoved}) {
      Entry* oldest = side->queues[rank].front();
      if (oldest == nullptr) continue;
      // A clock that runs backwards (captures may) makes nothing expire.
      const uint64_t when = oldest->removed_at_ns;
      if (now_ns >= when && now_ns - when >= limits_.grace_period_ns) return oldest;
    }
  }
  return nullptr;
}

void Cache::note_unentered(Entry& entry, uint64_t now_ns) {
  if (!is_unentered(entry)) return;
  stop_waiting(entry);
  entry.is_waiting_ = true;
  entry.waiting_since_ns_ = now_ns;
  side_of(entry).waiting.push_back(entry);
}

void Cache::stop_waiting(Entry& entry) {
  if (!std::exchange(entry.is_waiting_, false)) return;
  side_of(entry).waiting.erase(entry);
}

bool Cache::is_unentered(const Entry& entry) {
  const core::Source source = entry.record->container.source;
  const bool local = source == core::Source::kBundle || source == core::Source::kDisk;
  return local && entry.threads_ == 0 && !entry.removed && !entry.from_worker;
}

void Cache::remove_unentered(uint64_t now_ns) {
  for (Side* side : {&users_, &machine_}) {
    for (size_t i = 0; i < limits::kExpiredPerCall && !side->waiting.empty(); ++i) {
      Entry& oldest = *side->waiting.front();
      const uint64_t since = oldest.waiting_since_ns_;
      const bool too_many = side->waiting.size() > side->most_waiting;
      if (!too_many && (now_ns < since || now_ns - since < kUnenteredNs)) break;
      stop_waiting(oldest);
      if (is_unentered(oldest)) set_removed(oldest, now_ns);
    }
  }
}

// ---- making room ----

template <typename List>
Cache::Entry* Cache::first_of(const List& list, const Entry& keep) {
  Entry* first = list.front();
  if (first != &keep) return first;
  return first != nullptr ? List::next(*first) : nullptr;
}

Cache::Entry* Cache::least_of(const Share& share, const Entry& keep) {
  for (const OwnQueue& queue : share.queues) {
    if (Entry* entry = first_of(queue, keep); entry != nullptr) return entry;
  }
  return nullptr;
}

Cache::Entry* Cache::least_of_all(const Entry& keep) {
  for (size_t rank = 0; rank < kRanks; ++rank) {
    for (const Side* side : {&users_, &machine_}) {
      if (Entry* entry = first_of(side->queues[rank], keep); entry != nullptr) return entry;
    }
  }
  return nullptr;
}

void Cache::make_room(const Entry& keep) {
  const auto evict = [this](Entry* entry) {
    if (entry == nullptr) return false;
    erase(*entry);
    ++counters_.evicted;
    return true;
  };
  if (const core::Owner owner = keep.stored_key_->owner; !owner.is_machine()) {
    const Share& share = shares_.find(owner)->second;
    while (share.containers > limits::kUserContainers || share.bytes > limits::kUserCacheBytes) {
      if (!evict(least_of(share, keep))) break;
    }
  }
  Side& side = side_of(keep);
  while (side.queues[kGone].size() + side.queues[kBare].size() > limits::kBareContainers) {
    Entry* entry = first_of(side.queues[kGone], keep);
    if (!evict(entry != nullptr ? entry : first_of(side.queues[kBare], keep))) break;
  }
  while (entries_.size() > limits_.max_containers || bytes_ > limits_.max_bytes) {
    if (!evict(least_of_all(keep))) break;
  }
}

}  // namespace plugin
