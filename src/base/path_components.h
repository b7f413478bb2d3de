// The components of a path, for walks that look at each of them before they go on.
#pragma once

#include <algorithm>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace base {

// Puts the components of `path` in front of those that are ahead, in their order; empty ones ("a//b", a slash
// at either end) are none, "." and ".." are.
inline void put_components(std::string_view path, std::deque<std::string>& ahead) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const size_t end = std::min(path.find('/'), path.size());
    if (end > 0) parts.emplace_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  ahead.insert(ahead.begin(), parts.begin(), parts.end());
}

}  // namespace base
