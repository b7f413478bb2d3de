// See cgroup_presence.h.
#include "worker/cgroup_presence.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

namespace worker {

namespace {

// mountinfo writes space, tab, newline and backslash as three octal digits.
std::string unescape(std::string_view text) {
  const auto octal = [](char c) { return c >= '0' && c <= '7'; };
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && octal(text[i + 1]) && octal(text[i + 2]) &&
        octal(text[i + 3])) {
      result += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      result += text[i];
    }
  }
  return result;
}

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

CgroupPresence CgroupPresence::from_mountinfo(std::string_view mountinfo, const std::string& prefix) {
  CgroupPresence result;
  std::istringstream lines{std::string(mountinfo)};
  std::string line;
  while (std::getline(lines, line)) {
    // "id parent major:minor ROOT POINT options optional... - TYPE source options"
    std::istringstream words(line);
    std::string id, parent, device, root, point, word;
    words >> id >> parent >> device >> root >> point;
    while (words >> word && word != "-") {
    }
    std::string type;
    words >> type;
    if (type != "cgroup" && type != "cgroup2") continue;
    result.mounts_.push_back({prefix + unescape(point), root == "/" ? std::string() : unescape(root)});
  }
  return result;
}

CgroupPresence CgroupPresence::read(const std::string& host_root) {
  CgroupPresence all = from_mountinfo(text_of("/proc/thread-self/mountinfo"));
  const std::string first_process = host_root + "/proc/1";
  // Without the permission to go there every cgroup would seem to be gone.
  if (host_root.empty() || ::access((first_process + "/root/").c_str(), X_OK) != 0) return all;
  CgroupPresence hosts = from_mountinfo(text_of(first_process + "/mountinfo"), first_process + "/root");
  std::move(hosts.mounts_.begin(), hosts.mounts_.end(), std::back_inserter(all.mounts_));
  return all;
}

std::optional<std::string> CgroupPresence::Mount::shown(std::string_view path) const {
  if (!path.starts_with('/') || path == "/" || path.find("/../") != std::string_view::npos)
    return std::nullopt;
  if (!path.starts_with(root)) return std::nullopt;
  const std::string_view below = path.substr(root.size());
  if (!below.empty() && below.front() != '/') return std::nullopt;
  return point + std::string(below);
}

bool CgroupPresence::exists(std::string_view path) const {
  return std::any_of(mounts_.begin(), mounts_.end(), [&](const Mount& mount) {
    const std::optional<std::string> shown = mount.shown(path);
    struct stat status {};
    return shown && ::stat(shown->c_str(), &status) == 0;
  });
}

bool CgroupPresence::is_gone(std::string_view path) const {
  const bool visible = std::any_of(mounts_.begin(), mounts_.end(),
                                   [&](const Mount& mount) { return mount.shown(path).has_value(); });
  return visible && !exists(path);
}

}  // namespace worker
