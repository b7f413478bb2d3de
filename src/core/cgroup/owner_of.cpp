// See owner_of.h.
#include "core/cgroup/owner_of.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <system_error>

namespace core::cgroup {

namespace {

constexpr std::string_view kUserSlice = "user.slice";
constexpr std::string_view kOldUsers = "user";

// The component that `path` begins with, which is cut off.
std::string_view take_component(std::string_view& path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  const std::string_view component = path.substr(0, path.find('/'));
  path.remove_prefix(component.size());
  return component;
}

// A whole uid as the system writes it: no sign, no leading zero, not the number that stands for none.
std::optional<uint32_t> as_uid(std::string_view text) {
  uint32_t uid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), uid);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  if (uid == std::numeric_limits<uint32_t>::max()) return std::nullopt;
  return uid;
}

// The text between the two, when the component is made of them.
std::optional<std::string_view> between(std::string_view component, std::string_view prefix,
                                        std::string_view suffix) {
  if (component.size() <= prefix.size() + suffix.size()) return std::nullopt;
  if (!component.starts_with(prefix) || !component.ends_with(suffix)) return std::nullopt;
  component.remove_prefix(prefix.size());
  component.remove_suffix(suffix.size());
  return component;
}

std::optional<uint32_t> uid_of_unit(std::string_view component) {
  if (const auto uid = between(component, "user-", ".slice")) return as_uid(*uid);
  if (const auto uid = between(component, "user@", ".service")) return as_uid(*uid);
  return std::nullopt;
}

// Of a component below /user.
Owner old_user(std::string_view component) {
  if (component == "root") return Owner::machine();
  if (const auto uid = as_uid(component)) return Owner::user(*uid);
  const auto number = between(component, "", ".user");
  const auto uid = number ? as_uid(*number) : std::nullopt;
  return uid ? Owner::user(*uid) : Owner::nobody();
}

}  // namespace

Owner owner_of(std::string_view path) {
  // Nearly every path ends here.
  if (path.find("/user") == std::string_view::npos) return Owner::machine();
  // From within a cgroup namespace the host's cgroups are above the root.
  while (path.starts_with("/..") && (path.size() == 3 || path[3] == '/')) path.remove_prefix(3);
  const std::string_view first = take_component(path);
  if (first == kOldUsers) {
    const std::string_view second = take_component(path);
    const Owner owner = second.empty() ? Owner::machine() : old_user(second);
    return owner.is_machine() ? owner_of(path) : owner;
  }
  bool is_hosts = first == kUserSlice;
  for (std::string_view component = is_hosts ? take_component(path) : first; !component.empty();
       component = take_component(path)) {
    const auto uid = uid_of_unit(component);
    if (uid && !is_hosts) return Owner::nobody();
    // Whatever is below, it is that user's; root's own sessions go on.
    if (uid && *uid != 0) return Owner::user(*uid);
    if (!uid) is_hosts = false;
  }
  return Owner::machine();
}

}  // namespace core::cgroup
