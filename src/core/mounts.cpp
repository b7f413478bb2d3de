// Mounts as text, and finding them by index, source or destination.
#include "core/mounts.h"

#include <fnmatch.h>

#include <algorithm>
#include <string_view>

namespace core {
namespace {

const Mount* find_by(std::span<const Mount> mounts, const std::string Mount::*member, const char* pattern) {
  if (pattern == nullptr) return nullptr;
  const std::string_view wanted(pattern);
  const auto exact =
      std::find_if(mounts.begin(), mounts.end(), [&](const Mount& mount) { return mount.*member == wanted; });
  if (exact != mounts.end()) return &*exact;
  const auto glob = std::find_if(mounts.begin(), mounts.end(), [&](const Mount& mount) {
    return ::fnmatch(pattern, (mount.*member).c_str(), 0) == 0;
  });
  return glob != mounts.end() ? &*glob : nullptr;
}

}  // namespace

const char* rdwr_text(bool rw) {
  return rw ? "true" : "false";
}

std::string mount_text(const Mount& mount) {
  std::string text;
  text.reserve(mount.source.size() + mount.destination.size() + mount.mode.size() + mount.propagation.size() +
               9);
  text += mount.source;
  text += ':';
  text += mount.destination;
  text += ':';
  text += mount.mode;
  text += ':';
  text += rdwr_text(mount.rw);
  text += ':';
  text += mount.propagation;
  return text;
}

std::string join_mounts(std::span<const Mount> mounts) {
  std::string text;
  for (const Mount& mount : mounts) {
    if (!text.empty()) text += ',';
    text += mount_text(mount);
  }
  return text;
}

const Mount* find_by_index(std::span<const Mount> mounts, uint64_t index) {
  return index < mounts.size() ? &mounts[index] : nullptr;
}

const Mount* find_by_source(std::span<const Mount> mounts, const char* pattern) {
  return find_by(mounts, &Mount::source, pattern);
}

const Mount* find_by_destination(std::span<const Mount> mounts, const char* pattern) {
  return find_by(mounts, &Mount::destination, pattern);
}

}  // namespace core
