// See grammar.h.
#include "core/cgroup/grammar.h"

#include <algorithm>

namespace core::cgroup {
namespace {

constexpr size_t kIdLength = 64;             // hex digits of a container id
constexpr size_t kMaxContainerdLength = 76;  // longest containerd identifier

constexpr bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f');
}
constexpr bool is_alnum(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  return is_hex(c) ? c - 'a' + 10 : -1;
}

}  // namespace

bool is_id(std::string_view text) {
  return text.size() == kIdLength && std::all_of(text.begin(), text.end(), is_hex);
}

bool is_name(std::string_view text, Charset charset) {
  if (text.empty() || text.size() > kMaxName || text == "." || text == "..") return false;
  return std::all_of(text.begin(), text.end(), [charset](char c) {
    if (charset == Charset::kWord) return is_alnum(c) || c == '.' || c == '_' || c == '-';
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f && c != '/';
  });
}

bool is_unit(std::string_view component) {
  return std::any_of(kUnitSuffixes.begin(), kUnitSuffixes.end(),
                     [component](std::string_view suffix) { return component.ends_with(suffix); });
}

bool is_containerd_identifier(std::string_view text) {
  if (text.empty() || text.size() > kMaxContainerdLength) return false;
  bool after_separator = true;
  for (const char c : text) {
    const bool separator = c == '.' || c == '_' || c == '-';
    if (!separator && !is_alnum(c)) return false;
    if (separator && after_separator) return false;
    after_separator = separator;
  }
  return !after_separator;
}

std::optional<std::string_view> between(std::string_view text, std::string_view prefix,
                                        std::string_view suffix) {
  if (text.size() < prefix.size() + suffix.size() || !text.starts_with(prefix) || !text.ends_with(suffix)) {
    return std::nullopt;
  }
  return text.substr(prefix.size(), text.size() - prefix.size() - suffix.size());
}

std::optional<std::string_view> id_at_end(std::string_view text, std::string_view prefix) {
  if (text.size() < prefix.size() + kIdLength) return std::nullopt;
  const size_t start = text.size() - kIdLength;
  return text.substr(0, start).ends_with(prefix) ? std::optional(text.substr(start)) : std::nullopt;
}

std::string_view take_last(std::string_view& path) {
  while (!path.empty()) {
    const size_t slash = path.rfind('/');
    const std::string_view last = slash == std::string_view::npos ? path : path.substr(slash + 1);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
    if (!last.empty() && last != ".") return last;
  }
  return {};
}

std::string_view without_deleted(std::string_view path) {
  constexpr std::string_view kDeleted = " (deleted)";
  if (path.ends_with(kDeleted)) path.remove_suffix(kDeleted.size());
  return path;
}

std::string unescape(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      plain += text[i];
      continue;
    }
    if (i + 3 >= text.size() || text[i + 1] != 'x') return {};
    const int high = hex_value(text[i + 2]);
    const int low = hex_value(text[i + 3]);
    if (high < 0 || low < 0) return {};
    plain += static_cast<char>(high * 16 + low);
    i += 3;
  }
  return plain;
}

std::optional<std::string_view> name_after_pid(std::string_view text) {
  const size_t dash = text.find('-');
  if (dash == std::string_view::npos || dash == 0 ||
      !std::all_of(text.begin(), text.begin() + dash, is_digit)) {
    return std::nullopt;
  }
  return text.substr(dash + 1);
}

}  // namespace core::cgroup
