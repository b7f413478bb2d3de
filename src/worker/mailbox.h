// The one crossing between the two threads: what the worker learns waits here until the plugin takes it.
// Owned by the plugin; push() on the worker's thread, empty() and drain() on Falco's. Bounded by the number
// of containers, because only the newest state of each waits.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

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
    Newest spent;  // freed here, behind the lock
    const std::lock_guard lock(mutex_);
    spent.swap(spent_);
    Place place{items_.size(), false};
    const auto waiting = newest_.find(Key{container->owner, container->full_id});
    if (waiting != newest_.end()) {
      const Item& item = items_[waiting->second.index];
      if (removed || !item.removed || waiting->second.second_item) {
        place = waiting->second;
      } else {
        place.second_item = true;
      }
      newest_.erase(waiting);  // before the record that its key views goes
    }
    if (place.index == items_.size()) items_.emplace_back();
    Item& item = items_[place.index];
    item = Item{removed, std::move(container)};
    newest_.emplace(Key{item.container->owner, item.container->full_id}, place);
    waiting_.store(true, std::memory_order_release);
  }

  // True when nothing waits; one atomic load.
  bool empty() const { return !waiting_.load(std::memory_order_acquire); }

  // Appends everything that waits to `out`, oldest first, and leaves the mailbox empty. With an empty `out`
  // the two only swap their memory: however much it is, that takes a moment.
  void drain(std::vector<Item>& out) {
    const std::lock_guard lock(mutex_);
    take(out);
  }
  // The same, or nothing while somebody is pushing: for who must not wait.
  void try_drain(std::vector<Item>& out) {
    if (const std::unique_lock lock(mutex_, std::try_to_lock); lock.owns_lock()) take(out);
  }

 private:
  struct Place {
    size_t index;
    bool second_item;  // a removal of the same id waits before it
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

  using Newest = std::unordered_map<Key, Place, KeyHash>;

  void take(std::vector<Item>& out) {
    // Not freed here: whoever pushes next does that, and has done it if there is anything new.
    if (!newest_.empty()) spent_.swap(newest_);
    if (out.empty()) {
      out.swap(items_);
    } else {
      out.insert(out.end(), std::make_move_iterator(items_.begin()), std::make_move_iterator(items_.end()));
      items_.clear();
    }
    waiting_.store(false, std::memory_order_release);
  }

  std::mutex mutex_;
  std::atomic<bool> waiting_ = false;
  std::vector<Item> items_;
  // The newest item of each container; the keys view the ids inside those items' records.
  Newest newest_;
  Newest spent_;  // of what was drained; its keys view nothing any more
};

}  // namespace worker
