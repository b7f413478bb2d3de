// Where engines and bundles said that they put containers: knowledge, where the layouts (layouts.h) are a
// guess. A resolver asks it first. In the plugin the cache of containers fills it, in ctrmeta what engines
// answer. Pure; one thread. Spec: docs/cgroups.md, "What engines tell".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/cgroup/resolver.h"
#include "core/container_key.h"
#include "core/limits.h"

namespace core::cgroup {

// The cgroups that `linux.cgroupsPath` of an OCI specification asks for, as the runtimes make them: a path
// for itself; of systemd's triple `slice:prefix:name` the scope, and for runtimes that make cgroups
// themselves the triple as a name. An owner who is a user has his own service manager's slices. Clean,
// absolute, at most 64 deep; none of what is no container's alone (slices, sessions, the root), and of an
// ordinary user's words nothing outside his own slice.
std::vector<std::string> expand(std::string_view cgroups_path, const ContainerKey& container);

// Whether `cgroups_path` says more than the layouts do, which tell of most containers by themselves.
bool worth_knowing(std::string_view cgroups_path, const ContainerKey& container, const Enabled& enabled);

// Whether that container is the one that a match stands for which needs confirmation: called so, and nowhere
// else as far as is known. path: the one that matched.
bool confirms(const Container& container, const Match& match, std::string_view path);

class KnownPaths {
 public:
  // Keeps what the layouts of these engines do not tell. max: containers; beyond that nothing more is taken.
  explicit KnownPaths(const Enabled& enabled, size_t max = limits::kContainers)
      : enabled_(enabled), max_(max) {}
  KnownPaths(const KnownPaths&) = delete;
  KnownPaths& operator=(const KnownPaths&) = delete;

  // The container is where cgroups_path says ("": nobody says), and nowhere else any more.
  void put(const ContainerKey& container, ContainerType type, std::string_view cgroups_path);
  // It is gone, but late events may still ask: it gives way to whoever is there now. Where somebody else than
  // its owner makes cgroups, that may be anybody, and nothing is kept.
  void remove(const ContainerKey& container);
  void forget(const ContainerKey& container);

  struct Claim {
    StoredContainerKey container;
    ContainerType type = ContainerType::kUnknown;
    bool removed = false;
  };
  struct Found {
    const Claim* claim = nullptr;  // nullptr: no container is known to be there
    size_t root = 0;               // how much of the path, in bytes, is the container's own cgroup
  };
  // The container whose cgroup `path` is or is below; of several the innermost. A cgroup that two containers
  // have together tells of neither. Valid until the next change.
  Found find(std::string_view path) const;

  // Changes with every answer that may have changed.
  uint64_t generation() const { return generation_; }

  bool empty() const { return by_path_.empty(); }
  size_t size() const { return by_container_.size(); }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using Claims = std::vector<Claim>;
  using Paths = std::unordered_map<std::string, Claims, Hash, std::equal_to<>>;

  static const Claim* holder(const Claims& claims);
  // The one known path that ends so.
  const Claim* ending(std::string_view candidate) const;
  void revive(const std::vector<std::string>& paths, const ContainerKey& container, ContainerType type);
  void add(const std::string& path, Claim claim);
  void drop(const std::string& path, const ContainerKey& container);

  Enabled enabled_;
  size_t max_;
  Paths by_path_;
  // Last components, for paths that are seen from inside a cgroup namespace. Views into the keys of by_path_.
  std::unordered_multimap<std::string_view, const Paths::value_type*> by_name_;
  std::unordered_map<StoredContainerKey, std::vector<std::string>, ContainerKeyHash, ContainerKeyEqual>
      by_container_;
  size_t deepest_ = 0;  // components of the deepest path so far
  uint64_t generation_ = 0;
};

}  // namespace core::cgroup
