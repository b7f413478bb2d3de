// Taking image references apart, by the grammar of the distribution project's reference format.
#include "core/image_ref.h"

#include <algorithm>
#include <array>

namespace core {
namespace {

constexpr std::string_view kSha256 = "sha256:";
constexpr size_t kMaxTag = 128;  // characters, by the grammar
constexpr std::array<std::string_view, 2> kSchemes{"docker-pullable://", "docker://"};

bool is_hex(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_tag(std::string_view text) {
  if (text.empty() || text.size() > kMaxTag || text.front() == '.' || text.front() == '-') return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_alnum(c) || c == '_' || c == '.' || c == '-'; });
}

// "<algorithm>:<hex>"
bool is_digest(std::string_view text) {
  const size_t colon = text.find(':');
  return colon != std::string_view::npos && colon > 0 && is_hex(text.substr(colon + 1));
}

}  // namespace

ImageRef parse_image_ref(std::string_view text) {
  for (const std::string_view scheme : kSchemes) {
    if (text.starts_with(scheme)) {
      text.remove_prefix(scheme.size());
      break;
    }
  }
  if (is_image_id(text)) return {};

  ImageRef ref;
  std::string_view name = text;
  if (const size_t at = name.find('@');
      at != std::string_view::npos && at > 0 && is_digest(name.substr(at + 1))) {
    ref.digest = name.substr(at + 1);
    name = name.substr(0, at);
  }
  if (name.find('@') != std::string_view::npos) {
    ref.repository = text;
    ref.digest.clear();
    return ref;
  }
  // Only a colon after the last slash starts a tag; before it, it is the host's port.
  const size_t slash = name.rfind('/');
  const size_t colon = name.rfind(':');
  if (colon != std::string_view::npos && colon > 0 &&
      (slash == std::string_view::npos || colon > slash + 1) && is_tag(name.substr(colon + 1))) {
    ref.tag = name.substr(colon + 1);
    name = name.substr(0, colon);
  }
  ref.repository = name;
  return ref;
}

bool is_image_id(std::string_view text) {
  if (text.starts_with(kSha256)) return is_hex(text.substr(kSha256.size()));
  constexpr size_t kIdLength = 64;
  return text.size() == kIdLength && is_hex(text);
}

std::string_view strip_sha256(std::string_view text) {
  if (text.starts_with(kSha256)) text.remove_prefix(kSha256.size());
  return text;
}

}  // namespace core
