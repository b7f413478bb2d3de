// A list whose links lie in its elements: to put one in or take it out allocates nothing and cannot fail.
// Owns no element; whoever does takes it out before its end. One thread.
#pragma once

#include <cassert>
#include <cstddef>

namespace base {

template <typename Element>
struct Links {
  Element* before = nullptr;
  Element* after = nullptr;
};

// links: the member of Element that this list uses; an element is in at most one list by each such member.
template <typename Element, Links<Element> Element::*links>
class IntrusiveList {
 public:
  bool empty() const { return first_ == nullptr; }
  size_t size() const { return size_; }
  Element* front() const { return first_; }
  Element* back() const { return last_; }
  // The one behind an element of this list; nullptr behind the last.
  static Element* next(const Element& element) { return (element.*links).after; }

  void push_back(Element& element) {
    element.*links = {last_, nullptr};
    (last_ != nullptr ? (last_->*links).after : first_) = &element;
    last_ = &element;
    ++size_;
  }

  // element: is in this list.
  void erase(Element& element) {
    assert(size_ > 0);
    const auto [before, after] = element.*links;
    (before != nullptr ? (before->*links).after : first_) = after;
    (after != nullptr ? (after->*links).before : last_) = before;
    element.*links = {};
    --size_;
  }

 private:
  Element* first_ = nullptr;
  Element* last_ = nullptr;
  size_t size_ = 0;
};

}  // namespace base
