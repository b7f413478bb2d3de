// See json_splitter.h.
#include "net/json_splitter.h"

namespace net {

base::Status JsonSplitter::feed(std::string_view bytes) {
  size_t begin = 0;  // of the current object within `bytes`
  for (size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (depth_ == 0) {
      if (c == '{') {
        begin = i;
        depth_ = 1;
      } else if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
        return base::Error{"the stream holds bytes that are no JSON object"};
      }
    } else if (in_string_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = false;
      }
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == '{') {
      ++depth_;
    } else if (c == '}' && --depth_ == 0) {
      current_.append(bytes.substr(begin, i + 1 - begin));
      if (current_.size() > max_object_) break;
      complete_.push_back(std::move(current_));
      current_.clear();
      begin = i + 1;
    }
  }
  if (depth_ > 0) current_.append(bytes.substr(begin));
  if (current_.size() > max_object_) {
    return base::Error{"one object of the stream is larger than " + std::to_string(max_object_) + " bytes"};
  }
  return base::Ok{};
}

std::optional<std::string> JsonSplitter::take() {
  if (complete_.empty()) return std::nullopt;
  std::string object = std::move(complete_.front());
  complete_.pop_front();
  return object;
}

}  // namespace net
