// A bounded map that forgets the least recently used entry. One thread.
#pragma once

#include <cstddef>
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

  // The value of `key`, now the most recently used, or nullptr. Valid until the next put().
  Value* get(std::string_view key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->second;
  }

  Value& put(std::string_view key, Value value) {
    if (const auto found = index_.find(key); found != index_.end()) {
      found->second->second = std::move(value);
      entries_.splice(entries_.begin(), entries_, found->second);
      return found->second->second;
    }
    if (entries_.size() >= capacity_) {
      index_.erase(std::string_view(entries_.back().first));
      entries_.pop_back();
    }
    entries_.emplace_front(std::string(key), std::move(value));
    index_.emplace(std::string_view(entries_.front().first), entries_.begin());
    return entries_.front().second;
  }

  // visit(std::string_view key, Value&) for each entry, which stays as recent as it is.
  template <typename Visit>
  void for_each(Visit&& visit) {
    for (Entry& entry : entries_) visit(std::string_view(entry.first), entry.second);
  }

  size_t size() const { return entries_.size(); }
  size_t capacity() const { return capacity_; }
  void clear() {
    index_.clear();
    entries_.clear();
  }

 private:
  using Entry = std::pair<std::string, Value>;
  size_t capacity_;
  std::list<Entry> entries_;  // most recently used first; owns the keys that index_ points into
  std::unordered_map<std::string_view, typename std::list<Entry>::iterator> index_;
};

}  // namespace base
