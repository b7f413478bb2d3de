// Containers whose id is in no cgroup path (rootless Podman without a user session, plain runc names, ctr
// under systemd): which process becomes the first of a container that a runtime is creating, and which cgroup
// is its own. Owned by attribution; Falco's thread only. Pure bookkeeping on what the events say: no I/O, no
// tables.
//
// A process descends from a runtime's `create` when it was cloned by it or by one of its descendants. It is
// the container's first when it is the first of a pid namespace (vpid 1), or, in a container without a pid
// namespace of its own, when it executes exactly the bundle's process.args. Everything else below the runtime
// (hooks, helpers for user namespaces) stays on the host.
//
// The cgroup that it is in when it executes something, when it is none of the runtime's own, is the
// container's: processes that enter it later, by `exec`, belong to it too. So is the one that the bundle asks
// for, with what the runtime puts there before. What the container's own program does to cgroups afterwards
// teaches nothing: else a privileged container could claim a host service's cgroup for itself.
//
// Of what a user creates only his own processes count, only in another pid namespace (which he can have in a
// user namespace of his own only), and only cgroups that are his (docs/security.md).
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/container_key.h"
#include "core/limits.h"

namespace plugin {

// One container in the making.
struct Creation {
  core::StoredContainerKey container;
  // Whether its first process has a pid namespace of its own; true when that is not known.
  bool own_pid_namespace = true;
  std::string program;       // the command line of its first process, each argument ended by NUL
  std::string cgroups_path;  // linux.cgroupsPath; "" when the bundle leaves it to the runtime
};

// Whether `path`, a cgroup of the container's owner, is the one that the bundle asks for: a path, or
// `slice:prefix:name` for systemd, whose scope is `prefix-name.scope` wherever the slice is; without either
// what runtimes then take, their own name and the id. In a user's slice the machine's containers are only
// where the path says so whole, for there he makes cgroups that are called as he likes.
bool asks_for(const Creation& creation, std::string_view path);

class Lineage {
 public:
  // Containers in the making, and those whose cgroups were learnt: the machine's, all users' and one user's.
  // Beyond that the oldest of them is forgotten, so that nobody makes another's be.
  static constexpr size_t kMaxContainers = core::limits::kLineages;
  static constexpr size_t kMaxUsersContainers = core::limits::kUsersLineages;
  static constexpr size_t kMaxUserContainers = core::limits::kUserLineages;
  static constexpr size_t kMaxProcesses = 64;  // of one container: the runtime and what descends from it
  static constexpr size_t kMaxCgroups = 32;    // of one container: cgroup v1 has a path for each controller

  // True while there is nothing to find here: nearly always, where engines write ids into cgroup paths.
  bool idle() const { return families_.empty(); }

  // The process executes a runtime that creates a container. A second call for the same container (runtimes
  // execute themselves anew) only adds the process.
  void created(int64_t pid, std::shared_ptr<const Creation> creation);
  // The container that this process is creating, or is being created below it; nullptr when there is none.
  const Creation* creation_of(int64_t pid) const;

  // The process executes a runtime that starts another process in a container that is known here; whichever
  // of its descendants is in a pid namespace that is not the host's is that process.
  void entering(int64_t pid, const core::ContainerKey& container);
  // How the container was created; nullptr when nothing is known of it here.
  const Creation* known(const core::ContainerKey& container) const;

  // Which pid namespace a process is in.
  enum class PidNamespace : uint8_t { kHost, kFirstOfAnother, kAnother };
  // Whose process it is (nullptr: of no container that is known here), and whether its cgroup is to be
  // learnt. Valid until the next call of a member that is not const.
  struct Answer {
    const Creation* creation = nullptr;
    bool teaches = false;
  };
  // The process is none of the container's or its runtime's any more: a program that is somebody else's.
  void dismiss(int64_t pid) { drop_process(pid); }

  // A process came into being.
  Answer cloned(int64_t pid, int64_t parent, PidNamespace pid_namespace);
  // A process executes `command_line` (argv with argv[0], each ended by NUL).
  Answer executed(int64_t pid, std::string_view command_line, PidNamespace pid_namespace);

  // A process of that container, which has not run the container's program yet, is in that cgroup. Cgroups of
  // other owners than the container's are not learnt.
  void learn(const core::ContainerKey& container, std::string_view cgroup);
  // The container's runtime is in that cgroup: it is never the container's.
  void learn_host(const core::ContainerKey& container, std::string_view cgroup);
  // The container whose cgroup that is, or the cgroup of an ancestor; nullptr when there is none.
  const Creation* container_at(std::string_view cgroup) const;

  // The container's program runs already: its runtime teaches nothing more.
  void close(const core::ContainerKey& container);

  // The container is gone, or its id turned out to be in its cgroup path: then it needs no lineage.
  void forget(const core::ContainerKey& container);

 private:
  struct Family {
    std::shared_ptr<const Creation> creation;
    std::vector<int64_t> pids;
    std::vector<std::string> cgroups;
    std::set<std::string, std::less<>> host_cgroups;
    unsigned programs = 0;  // that the first process executed
    std::list<core::StoredContainerKey>::iterator age;
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using Families =
      std::unordered_map<core::StoredContainerKey, Family, core::ContainerKeyHash, core::ContainerKeyEqual>;

  struct Process {
    Family* family = nullptr;
    bool enters = false;  // below an `exec`, not below a `create`
  };
  using Ages = std::list<core::StoredContainerKey>;
  Ages& ages_of(core::Owner owner) { return owner.is_machine() ? by_age_ : users_by_age_; }
  void make_room(core::Owner owner);
  void add_process(Process process, int64_t pid);
  void drop_process(int64_t pid);
  void close(Family& family);
  void erase(Families::iterator family);

  Families families_;
  Ages by_age_;        // keys of families_, oldest first: the machine's
  Ages users_by_age_;  // and everybody else's
  std::unordered_map<int64_t, Process> by_pid_;
  std::unordered_map<std::string, Family*, Hash, std::equal_to<>> by_cgroup_;
};

}  // namespace plugin
