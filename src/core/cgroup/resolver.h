// From a cgroup path to a container: which engine, which id. Spec: docs/cgroups.md.
// Pure matching plus a bounded memory of paths already seen; one Resolver per owner, one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/lru.h"
#include "core/container.h"
#include "core/owner.h"

namespace core::cgroup {

// kUnknown: a container of a runtime that no engine started, told by its bundle.
enum class Engine : uint8_t {
  kPodman,
  kDocker,
  kCri,
  kContainerd,
  kLxc,
  kLibvirtLxc,
  kBpm,
  kStatic,
  kUnknown
};

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
  // Set when no layout says so, but whoever put the container there (known_paths.h): its type as that one
  // knows it.
  std::optional<ContainerType> told = {};
  Owner owner = {};  // whose container it is: as who told it says, else as the path does (owner_of.h)

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
inline constexpr size_t kRememberedPaths = 8192;

class KnownPaths;

class Resolver {
 public:
  // known: where containers are known to be, which goes before what a layout says of the same cgroup or of
  // one further out; nullptr: nothing is known. It must outlive this.
  explicit Resolver(const Enabled& enabled, size_t remembered_paths = kRememberedPaths,
                    const KnownPaths* known = nullptr);

  // The container of `path` (one cgroup path, as in /proc/PID/cgroup after the second colon), or nullptr for
  // the host. A match that needs confirmation is returned too: until containerd has confirmed it, callers
  // treat it as the host. The pointer is valid until the next call. A path seen before costs one hash look-up
  // and no allocation; paths of more than kMaxRememberedPath bytes are matched anew each time, so that nobody
  // fills the memory with them.
  const Match* resolve(std::string_view path);

  // Brings all remembered answers up to date with what is known by now, in portions: begin_refresh(), then
  // refresh() until it says true. Afterwards has_moved() says, once, whether one of them has become another
  // container: whoever was given the answer before is elsewhere than he thinks.
  void begin_refresh() { seen_.begin_walk(); }
  bool refresh(size_t most);
  bool has_moved() { return std::exchange(moved_, false); }

  // The same as resolve() by the layouts alone, without remembering.
  static std::optional<Match> match(std::string_view path, const Enabled& enabled);

 private:
  struct Answer {
    std::optional<Match> by_layout = {};
    std::optional<Match> told = {};  // instead
    uint64_t generation = 0;         // of known_, when that was asked
    const Match* match() const { return told ? &*told : by_layout ? &*by_layout : nullptr; }
  };
  static std::optional<Match> match_path(std::string_view path, const Enabled& enabled);
  void ask_who_knows(std::string_view path, Answer& answer) const;
  void bring_up_to_date(std::string_view path, Answer& answer);

  Enabled enabled_;
  const KnownPaths* known_;
  base::Lru<Answer> seen_;
  bool moved_ = false;  // a remembered answer has become another container
  Answer too_long_;     // for the last path that is not remembered
};

}  // namespace core::cgroup
