// Whose a process is: by the uid that an event tells, and by the user namespace that it is in, as the kernel
// knows it. Owned by the plugin; Falco's thread only.
// Spec: docs/security.md, "Whose word it is".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "core/owner.h"

namespace plugin {

class ProcessOwners {
 public:
  // host_root: $HOST_ROOT without trailing slash, "" for none.
  explicit ProcessOwners(std::string host_root) : host_root_(std::move(host_root)) {}

  // In a replay the processes are those of another time and machine, and only events tell.
  void set_live(bool live) { live_ = live; }

  // Who executes what the process executes. uid: the effective one that the event tells; nullopt counts as
  // nobody. Falco's kernel module tells it as the process's own user namespace sees it, so 0 is looked into:
  // in a user's namespace it is that user. Some microseconds then, nothing otherwise.
  core::Owner executor(int64_t pid, std::optional<uint32_t> uid) const;

  // Whether the process is that user's: by its uid, or because it is in a user namespace of his, where it may
  // have any.
  bool belongs_to(core::Owner user, int64_t pid, std::optional<uint32_t> uid) const;

 private:
  // Who made the user namespace that the process is in: root the first one. nullopt: it is gone, or may not
  // be looked at.
  std::optional<core::Owner> owner_of_namespace(int64_t pid) const;

  std::string host_root_;
  bool live_ = false;
};

}  // namespace plugin
