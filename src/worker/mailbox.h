// The one crossing between the two threads: what the worker learns waits here until the plugin takes it.
// Owned by the plugin; push() on the worker's thread, everything else on Falco's, one item at a time, so that
// each call of the host takes as much as it has time for. Bounded by the number of containers, because only
// the newest state of each waits.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/container.h"

namespace worker {

class Mailbox {
 public:
  // One change of one container: its record is new or changed, or (removed) the last record known.
  struct Item {
    bool removed = false;
    std::shared_ptr<const core::Container> container;
  };

  // Puts a change in line. Of successive changes of one container only the newest waits, in the place of the
  // first; an upsert that follows a removal of the same id is a second item, so that a reader always sees
  // both; there are never more than these two. Different containers, of different owners too, keep their
  // order. A null container is ignored. Any thread.
  void push(bool removed, std::shared_ptr<const core::Container> container) {
    if (container == nullptr) return;
    const std::lock_guard lock(mutex_);
    Place place{end(), kNone};
    const auto waiting = newest_.find(key_of(*container));
    if (waiting != newest_.end()) {
      const Place& known = waiting->second;
      if (removed || !at(known.index).removed || known.removal != kNone) {
        place = known;
      } else {
        place.removal = known.index;
      }
      newest_.erase(waiting);  // before the record that its key views goes
    }
    if (place.index == end()) items_.emplace_back();
    Item& item = at(place.index);
    item = Item{removed, std::move(container)};
    newest_.emplace(key_of(*item.container), place);
    waiting_.store(true, std::memory_order_release);
  }

  // True when nothing waits; one atomic load.
  bool empty() const { return !waiting_.load(std::memory_order_acquire); }

  // Takes the oldest item; nullopt when nothing waits.
  std::optional<Item> take() {
    const std::lock_guard lock(mutex_);
    return take_oldest();
  }
  // The same, or nothing while somebody is pushing: for who must not wait.
  std::optional<Item> try_take() {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    return lock.owns_lock() ? take_oldest() : std::nullopt;
  }
  // What waits about one container, out of its turn: its newest state and, before it, the removal that it
  // follows; null containers where there is none. Nothing while somebody is pushing.
  std::array<Item, 2> try_take_about(core::Owner owner, std::string_view full_id) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock()) return {};
    const auto waiting = newest_.find(Key{owner, full_id});
    if (waiting == newest_.end()) return {};
    const Place place = waiting->second;
    newest_.erase(waiting);
    std::array<Item, 2> found;
    if (place.removal != kNone) found[0] = std::exchange(at(place.removal), {});
    found[1] = std::exchange(at(place.index), {});
    skip_taken();
    return found;
  }

 private:
  static constexpr uint64_t kNone = UINT64_MAX;
  // Counted from the first item that there ever was.
  struct Place {
    uint64_t index;
    uint64_t removal;  // of the same id, that waits before it; kNone: there is none
  };
  // An id is unique only among one owner's containers.
  struct Key {
    core::Owner owner;
    std::string_view full_id;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    size_t operator()(const Key& key) const {
      return std::hash<std::string_view>()(key.full_id) ^ (key.owner.is_machine() ? 0 : key.owner.uid() + 1);
    }
  };
  static Key key_of(const core::Container& container) { return {container.owner, container.full_id}; }

  uint64_t end() const { return first_ + items_.size(); }
  Item& at(uint64_t index) { return items_[index - first_]; }

  std::optional<Item> take_oldest() {
    if (items_.empty()) return std::nullopt;
    const auto newest = newest_.find(key_of(*items_.front().container));
    if (newest->second.index == first_) {
      newest_.erase(newest);
    } else {
      newest->second.removal = kNone;
    }
    Item item = std::exchange(items_.front(), {});
    skip_taken();
    return item;
  }

  // The first item is one that waits, or there is none.
  void skip_taken() {
    while (!items_.empty() && items_.front().container == nullptr) {
      items_.pop_front();
      ++first_;
    }
    waiting_.store(!items_.empty(), std::memory_order_release);
  }

  std::mutex mutex_;
  std::atomic<bool> waiting_ = false;
  std::deque<Item> items_;
  uint64_t first_ = 0;  // the place of items_.front()
  // The newest item of each container; the keys view the ids inside those items' records.
  std::unordered_map<Key, Place, KeyHash> newest_;
};

}  // namespace worker
