// Cuts an endless stream of bytes into JSON objects, wherever the pieces that arrive begin and end.
// Owned by one stream; one thread. Pure: no I/O. It finds an object's end, it does not validate the object.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace net {

class JsonSplitter {
 public:
  // max_object: bytes of one object; a longer one is an error.
  explicit JsonSplitter(size_t max_object) : max_object_(max_object) {}

  // Takes what has arrived. Fails for good when something stands between objects that is no white space, or
  // when an object grows too large; objects that were complete before can still be taken.
  base::Status feed(std::string_view bytes);

  // The oldest complete object, "{...}".
  std::optional<std::string> take();

  // True in the midst of an object: a stream that ends now was cut off.
  bool partial() const { return !current_.empty(); }

 private:
  size_t max_object_;
  std::deque<std::string> complete_;
  std::string current_;
  size_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
};

}  // namespace net
