// Whose a cgroup is, from its path. Spec: docs/security.md, "Whose a thread's container is".
// Pure function; any thread. Allocates nothing.
#pragma once

#include <string_view>

#include "core/owner.h"

namespace core::cgroup {

// path: one cgroup path, as in /proc/PID/cgroup after the second colon.
// A user's is what is below
//   /user.slice/user-<uid>.slice, user@<uid>.service    systemd, cgroup v1 and v2
//   /user/<uid>, /user/<uid>.user                       logind before systemd 205, cgmanager, LXC
// since the user may make cgroups there and call them what he likes. Nobody's is what is below /user/<name>
// (pam_cgfs): which user that is a path does not tell; and what is below a user's slice that is not where the
// host's are, which is that of a user in some container. Everything else is the machine's.
Owner owner_of(std::string_view path);

}  // namespace core::cgroup
