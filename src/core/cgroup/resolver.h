// From a cgroup path to a container: which engine, which id. Spec: docs/cgroups.md.
// Pure matching plus a bounded memory of paths already seen; one Resolver per owner, one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/lru.h"
#include "core/container.h"
#include "core/owner.h"

namespace core::cgroup {

enum class Engine : uint8_t { kPodman, kDocker, kCri, kContainerd, kLxc, kLibvirtLxc, kBpm, kStatic };

// "podman", "docker", "cri", ... as `ctrmeta resolve` prints it.
const char* engine_name(Engine engine);

struct Match {
  Engine engine = Engine::kDocker;
  std::string full_id = {};               // whole id, or the name for lxc, libvirt-lxc, bpm
  std::string containerd_namespace = {};  // only for kContainerd
  // True for a containerd name that is no hex id: a container only once containerd confirms it.
  bool needs_confirmation = false;
  // How much of the path, in bytes, leads to the container's own cgroup: what follows is below it.
  size_t root = 0;
  Owner owner = {};  // whose the cgroup is: owner_of.h

  // The container type this layout stands for, until an engine says better (kCri for any CRI runtime).
  ContainerType type() const;
  // What `container.id` shows: the first 12 characters, or the whole name (lxc, libvirt-lxc, bpm).
  std::string_view id() const { return shown_id(type(), full_id); }
  bool operator==(const Match&) const = default;
};

// Which engines take part; the order in which they are tried is fixed (spec).
struct Enabled {
  bool podman = true, docker = true, cri = true, containerd = true;
  bool lxc = true, libvirt_lxc = true, bpm = true;
};

// Longest path that a Resolver remembers, in bytes (PATH_MAX of Linux).
inline constexpr size_t kMaxRememberedPath = 4096;

class Resolver {
 public:
  explicit Resolver(const Enabled& enabled, size_t remembered_paths = 8192);

  // The container of `path` (one cgroup path, as in /proc/PID/cgroup after the second colon), or nullptr for
  // the host. A match that needs confirmation is returned too: until containerd has confirmed it, callers
  // treat it as the host. The pointer is valid until the next call. A path seen before costs one hash look-up
  // and no allocation; paths of more than kMaxRememberedPath bytes are matched anew each time, so that nobody
  // fills the memory with them.
  const Match* resolve(std::string_view path);

  // The same without remembering.
  static std::optional<Match> match(std::string_view path, const Enabled& enabled);

 private:
  static std::optional<Match> match_path(std::string_view path, const Enabled& enabled);

  Enabled enabled_;
  base::Lru<std::optional<Match>> seen_;
  std::optional<Match> too_long_;  // answer for the last path that is not remembered
};

}  // namespace core::cgroup
