// A bounded map that forgets the least recently used entry. One thread.
#pragma once

#include <cstddef>
#include <iterator>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace base {

// Keys are strings; a look-up by string_view allocates nothing.
template <typename Value>
class Lru {
 public:
  // capacity: entries kept, at least 1.
  explicit Lru(size_t capacity) : capacity_(capacity > 0 ? capacity : 1) { index_.reserve(capacity_); }
  Lru(const Lru&) = delete;
  Lru& operator=(const Lru&) = delete;

  // The value of `key`, now the most recently used, or nullptr. Valid until the next put().
  Value* get(std::string_view key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    move_to_front(found->second);
    return &found->second->second;
  }

  Value& put(std::string_view key, Value value) {
    if (const auto found = index_.find(key); found != index_.end()) {
      found->second->second = std::move(value);
      move_to_front(found->second);
      return found->second->second;
    }
    if (entries_.size() >= capacity_) {
      if (next_ == std::prev(entries_.end())) next_ = entries_.end();
      index_.erase(std::string_view(entries_.back().first));
      entries_.pop_back();
    }
    entries_.emplace_front(std::string(key), std::move(value));
    index_.emplace(std::string_view(entries_.front().first), entries_.begin());
    return entries_.front().second;
  }

  // A walk over all entries in portions; they stay as recent as they are. Entries that are got or put
  // meanwhile may be left out: whoever got them has them.
  void begin_walk() { next_ = entries_.begin(); }
  // Calls visit(std::string_view key, Value&) for the next `most`; true when the walk is over.
  template <typename Visit>
  bool walk(size_t most, Visit&& visit) {
    for (; most > 0 && next_ != entries_.end(); --most) {
      Entry& entry = *next_++;
      visit(std::string_view(entry.first), entry.second);
    }
    return next_ == entries_.end();
  }

  size_t size() const { return entries_.size(); }
  size_t capacity() const { return capacity_; }
  void clear() {
    index_.clear();
    entries_.clear();
    next_ = entries_.end();
  }

 private:
  using Entry = std::pair<std::string, Value>;
  using Entries = std::list<Entry>;

  void move_to_front(typename Entries::iterator entry) {
    if (entry == next_) ++next_;
    entries_.splice(entries_.begin(), entries_, entry);
  }

  size_t capacity_;
  Entries entries_;  // most recently used first; owns the keys that index_ points into
  typename Entries::iterator next_ = entries_.end();  // of the walk
  std::unordered_map<std::string_view, typename Entries::iterator> index_;
};

}  // namespace base
