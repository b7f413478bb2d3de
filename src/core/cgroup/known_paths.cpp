// See known_paths.h.
#include "core/cgroup/known_paths.h"

#include <algorithm>
#include <utility>

#include "core/cgroup/grammar.h"
#include "core/cgroup/owner_of.h"

namespace core::cgroup {
namespace {

constexpr std::string_view kSlice = ".slice";
constexpr std::string_view kScope = ".scope";
// Far deeper than containers in containers are, and so few that a look-up at each of them costs little.
constexpr size_t kMaxDepth = 64;
constexpr size_t kMaxNamesakes = 64;  // paths with one last component that are looked at for one path

// Without empty components, "." and "..", and with a slash in front; "" for the root.
std::string clean(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const size_t end = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      out.erase(std::min(out.rfind('/'), out.size()));
    } else {
      out.append("/").append(part);
    }
  }
  return out;
}

// "a-b.slice" is /a.slice/a-b.slice, "-.slice" the root. nullopt for what is no slice's name.
std::optional<std::string> slice_path(std::string_view slice) {
  if (!slice.ends_with(kSlice) || slice.find('/') != std::string_view::npos) return std::nullopt;
  const std::string_view name = slice.substr(0, slice.size() - kSlice.size());
  if (name == "-") return std::string();
  std::string path;
  for (size_t begin = 0; begin <= name.size();) {
    const size_t end = std::min(name.find('-', begin), name.size());
    if (end == begin) return std::nullopt;
    path.append("/").append(name.substr(0, end)).append(kSlice);
    begin = end + 1;
  }
  return path;
}

// Where systemd puts what `slice:prefix:name` asks for; nullopt for what is no such triple.
std::optional<std::string> scope_path(std::string_view triple, Owner owner) {
  const size_t first = triple.find(':');
  const size_t second = triple.find(':', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos ||
      triple.find(':', second + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  std::string_view slice = triple.substr(0, first);
  const std::string_view prefix = triple.substr(first + 1, second - first - 1);
  const std::string_view name = triple.substr(second + 1);
  if (name.empty() || triple.find('/') != std::string_view::npos) return std::nullopt;
  std::string manager;
  if (owner.is_user()) {
    const std::string uid = std::to_string(owner.uid());
    manager = "/user.slice/user-" + uid + ".slice/user@" + uid + ".service";
  }
  if (slice.empty()) slice = owner.is_user() ? "user.slice" : "system.slice";
  const auto path = slice_path(slice);
  if (!path) return std::nullopt;
  std::string unit = name.ends_with(kSlice) ? std::string(name)
                                            : std::string(prefix).append("-").append(name).append(kScope);
  return manager + *path + "/" + unit;
}

// The last component.
std::string_view name_of(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

// Whether others than the container are there too: a slice, a service, a session, what init made for itself.
// A unit that is called after the container is its own.
bool is_shared(std::string_view path, std::string_view full_id) {
  const std::string_view last = name_of(path);
  if (last.find(full_id) != std::string_view::npos) return false;
  return last == "init.scope" || (is_unit(last) && !last.ends_with(kScope)) ||
         (last.starts_with("session-") && last.ends_with(kScope));
}

size_t depth_of(std::string_view path) {
  return static_cast<size_t>(std::count(path.begin(), path.end(), '/'));
}

}  // namespace

std::vector<std::string> expand(std::string_view cgroups_path, const ContainerKey& container) {
  std::vector<std::string> paths;
  if (cgroups_path.empty() || container.full_id.empty() || cgroups_path.size() >= kMaxRememberedPath)
    return paths;
  paths.push_back(clean(cgroups_path));
  if (auto scope = scope_path(cgroups_path, container.owner)) paths.push_back(std::move(*scope));
  std::erase_if(paths, [&](const std::string& path) {
    return path.empty() || depth_of(path) > kMaxDepth || is_shared(path, container.full_id) ||
           (!container.owner.is_machine() && !container.owner.speaks_for(owner_of(path)));
  });
  return paths;
}

bool worth_knowing(std::string_view cgroups_path, const ContainerKey& container, const Enabled& enabled) {
  const std::vector<std::string> paths = expand(cgroups_path, container);
  return std::any_of(paths.begin(), paths.end(), [&](const std::string& path) {
    const auto match = Resolver::match(path, enabled);
    return !match || match->needs_confirmation || match->full_id != container.full_id ||
           match->owner != container.owner;
  });
}

bool confirms(const Container& container, const Match& match, std::string_view path) {
  const auto differs = [](std::string_view known, std::string_view here) {
    return !known.empty() && known != here;
  };
  return container.full_id == match.full_id && container.owner == match.owner &&
         !differs(container.engine_namespace, match.containerd_namespace) &&
         !differs(container.cgroup_path, path);
}

void KnownPaths::put(const ContainerKey& container, ContainerType type, std::string_view cgroups_path) {
  std::vector<std::string> paths;
  if (worth_knowing(cgroups_path, container, enabled_)) paths = expand(cgroups_path, container);
  if (const auto known = by_container_.find(container); known != by_container_.end()) {
    if (known->second == paths) {
      revive(known->second, container, type);
      return;
    }
    forget(container);
  }
  if (paths.empty() || by_container_.size() >= max_) return;
  for (const std::string& path : paths) add(path, {store(container), type, false});
  by_container_.emplace(store(container), std::move(paths));
  ++generation_;
}

void KnownPaths::revive(const std::vector<std::string>& paths, const ContainerKey& container,
                        ContainerType type) {
  for (const std::string& path : paths) {
    for (Claim& claim : by_path_.find(path)->second) {
      if (view(claim.container) != container || (!claim.removed && claim.type == type)) continue;
      claim.removed = false;
      claim.type = type;
      ++generation_;
    }
  }
}

void KnownPaths::remove(const ContainerKey& container) {
  const auto known = by_container_.find(container);
  if (known == by_container_.end()) return;
  const auto is_his = [&](const std::string& path) { return owner_of(path) == container.owner; };
  if (!std::all_of(known->second.begin(), known->second.end(), is_his)) return forget(container);
  for (const std::string& path : known->second) {
    for (Claim& claim : by_path_.find(path)->second) {
      if (view(claim.container) == container) claim.removed = true;
    }
  }
  ++generation_;
}

void KnownPaths::forget(const ContainerKey& container) {
  const auto known = by_container_.find(container);
  if (known == by_container_.end()) return;
  for (const std::string& path : known->second) drop(path, container);
  by_container_.erase(known);
  if (by_container_.empty()) deepest_ = 0;
  ++generation_;
}

void KnownPaths::add(const std::string& path, Claim claim) {
  const auto [where, is_new] = by_path_.try_emplace(path);
  where->second.push_back(std::move(claim));
  if (!is_new) return;
  const std::string_view claim_id = where->second.back().container.full_id;
  const std::string_view key = where->first;
  // From inside a cgroup namespace only a name that holds the id leaves no doubt.
  const std::string_view name = name_of(key);
  if (name.find(claim_id) != std::string_view::npos) by_name_.emplace(name, &*where);
  deepest_ = std::max(deepest_, depth_of(key));
}

void KnownPaths::drop(const std::string& path, const ContainerKey& container) {
  const auto where = by_path_.find(path);
  std::erase_if(where->second, [&](const Claim& claim) { return view(claim.container) == container; });
  if (!where->second.empty()) return;
  const auto [begin, end] = by_name_.equal_range(name_of(where->first));
  const auto name = std::find_if(begin, end, [&](const auto& entry) { return entry.second == &*where; });
  if (name != end) by_name_.erase(name);
  by_path_.erase(where);
}

const KnownPaths::Claim* KnownPaths::holder(const Claims& claims) {
  // Who is there now goes before who was, and root's word before a user's.
  const auto rank = [](const Claim& claim) {
    return (claim.removed ? 0 : 2) + (claim.container.owner.is_machine() ? 1 : 0);
  };
  const Claim* found = nullptr;
  bool is_alone = true;
  for (const Claim& claim : claims) {
    if (found == nullptr || rank(claim) > rank(*found)) {
      found = &claim;
      is_alone = true;
    } else {
      is_alone = is_alone && rank(claim) < rank(*found);
    }
  }
  return is_alone ? found : nullptr;
}

KnownPaths::Found KnownPaths::find(std::string_view path) const {
  if (empty()) return {};
  // The way out of the own cgroup namespace. When it leads to the root, the rest is a whole path.
  size_t out = 0;
  while (path.substr(out).starts_with("/..") && (path.size() == out + 3 || path[out + 3] == '/')) out += 3;
  const std::string_view rest = without_deleted(path.substr(out));
  size_t end = 0;
  for (size_t depth = 0; depth < deepest_ && end < rest.size(); ++depth) {
    end = std::min(rest.find('/', end + 1), rest.size());
  }
  while (end > 0 && end != std::string_view::npos) {
    const std::string_view candidate = rest.substr(0, end);
    const auto exact = by_path_.find(candidate);
    const Claim* claim = exact != by_path_.end() ? holder(exact->second) : nullptr;
    if (claim == nullptr && out > 0) claim = ending(candidate);
    if (claim != nullptr) return {claim, out + end};
    end = candidate.rfind('/');
  }
  return {};
}

const KnownPaths::Claim* KnownPaths::ending(std::string_view candidate) const {
  const auto [begin, end] = by_name_.equal_range(name_of(candidate));
  const Claim* found = nullptr;
  size_t looked_at = 0;
  for (auto entry = begin; entry != end; ++entry) {
    if (++looked_at > kMaxNamesakes) return nullptr;
    if (!entry->second->first.ends_with(candidate)) continue;
    const Claim* claim = holder(entry->second->second);
    if (claim == nullptr || found != nullptr) return nullptr;
    found = claim;
  }
  return found;
}

}  // namespace core::cgroup
