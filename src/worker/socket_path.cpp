// See socket_path.h.
#include "worker/socket_path.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <deque>
#include <vector>

#include "base/path_components.h"

namespace worker {

namespace {

constexpr int kMaxLinks = 40;  // as the kernel's own limit

std::string read_link(const std::string& path) {
  std::array<char, PATH_MAX> target{};
  const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
  return size > 0 ? std::string(target.data(), static_cast<size_t>(size)) : std::string();
}

}  // namespace

Located locate(const std::string& root, const std::string& path) {
  std::deque<std::string> ahead;
  base::put_components(path, ahead);
  std::vector<std::string> done;  // below root, without symlinks
  const auto joined = [&] {
    std::string text = root;
    for (const std::string& part : done) text += '/' + part;
    return text.empty() ? std::string("/") : text;
  };
  Located located;
  int links = 0;
  while (!ahead.empty()) {
    const std::string part = std::move(ahead.front());
    ahead.pop_front();
    if (part == ".") continue;
    if (part == "..") {
      if (!done.empty()) done.pop_back();
      continue;
    }
    located.directory = joined();
    located.entry = part;
    done.push_back(part);
    located.path = joined();
    struct stat status {};
    if (::lstat(located.path.c_str(), &status) != 0) {
      located.is_denied = errno == EACCES;
      return located;
    }
    if (S_ISLNK(status.st_mode)) {
      const std::string target = read_link(located.path);
      if (target.empty() || ++links > kMaxLinks) return located;
      if (target.starts_with('/')) {
        done.clear();
      } else {
        done.pop_back();
      }
      base::put_components(target, ahead);
    } else if (ahead.empty()) {
      located.identity = Identity{status.st_dev, status.st_ino};
    } else if (!S_ISDIR(status.st_mode)) {
      return located;
    }
  }
  located.path = joined();
  return located;
}

bool may_connect(const std::string& path) {
  return ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0 || errno != EACCES;
}

}  // namespace worker
