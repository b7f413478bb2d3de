// See thread_key.h.
#include "plugin/thread_key.h"

#include <array>
#include <charconv>
#include <optional>
#include <system_error>

namespace plugin {
namespace {

using Kind = ThreadKey::Kind;

struct Mark {
  char mark;
  Kind kind;
};
constexpr std::array kMarks{Mark{'~', Kind::kUnconfirmed}, Mark{'+', Kind::kCgroup},
                            Mark{'^', Kind::kLineage}};
constexpr std::string_view kHostText = "-";
constexpr char kNobody = '*';
// Of "4294967295/4294967295".
constexpr size_t kMaxPrefix = 24;

// The number at the beginning of `text`, which is cut off; nullopt when there is none.
std::optional<uint32_t> take_number(std::string_view& text) {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

}  // namespace

ThreadKey ThreadKey::parse(std::string_view text) {
  ThreadKey key;
  if (text == kHostText) key.kind = Kind::kHost;
  if (text.size() < 2) return key;
  Kind kind = Kind::kUnseen;
  for (const Mark& mark : kMarks) {
    if (mark.mark == text.front()) kind = mark.kind;
  }
  text.remove_prefix(1);
  if (text.front() == kNobody) {
    key.container.owner = core::Owner::nobody();
    text.remove_prefix(1);
  } else if (const auto uid = take_number(text)) {
    key.container.owner = core::Owner::user(*uid);
  }
  if (text.starts_with('/')) {
    text.remove_prefix(1);
    const auto type = take_number(text);
    if (!type) return {};
    key.container.names = static_cast<core::ContainerType>(*type);
  }
  if (kind == Kind::kUnseen || text.size() < 2 || text.front() != ':') return {};
  key.kind = kind;
  key.container.full_id = text.substr(1);
  return key;
}

void ThreadKey::write_to(std::string& text) const {
  if (kind == Kind::kUnseen) return text.clear();
  if (kind == Kind::kHost) {
    text = kHostText;
    return;
  }
  std::array<char, kMaxPrefix> prefix;
  char* end = prefix.data();
  char* const limit = prefix.data() + prefix.size();
  for (const Mark& mark : kMarks) {
    if (mark.kind == kind) *end++ = mark.mark;
  }
  if (container.owner.is_nobody()) *end++ = kNobody;
  if (container.owner.is_user()) end = std::to_chars(end, limit, container.owner.uid()).ptr;
  if (container.names != core::ContainerType::kUnknown) {
    *end++ = '/';
    end = std::to_chars(end, limit, static_cast<uint32_t>(container.names)).ptr;
  }
  *end++ = ':';
  text.assign(container.full_id);  // before the prefix, for it may be a part of `text`
  text.insert(0, prefix.data(), static_cast<size_t>(end - prefix.data()));
}

}  // namespace plugin
