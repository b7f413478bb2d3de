// See process_owners.h.
#include "plugin/process_owners.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/types.h>

#include "base/unique_fd.h"

namespace plugin {

core::Owner ProcessOwners::executor(int64_t pid, std::optional<uint32_t> uid) const {
  if (!uid) return core::Owner::nobody();
  if (*uid != 0) return core::Owner::user(*uid);
  return owner_of_namespace(pid).value_or(core::Owner::machine());
}

bool ProcessOwners::belongs_to(core::Owner user, int64_t pid, std::optional<uint32_t> uid) const {
  if (uid && core::Owner::user(*uid) == user) return true;
  return owner_of_namespace(pid) == user;
}

std::optional<core::Owner> ProcessOwners::owner_of_namespace(int64_t pid) const {
  if (!live_) return std::nullopt;
  const std::string path = fmt::format("{}/proc/{}/ns/user", host_root_, pid);
  const base::UniqueFd space(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  uid_t uid = 0;
  if (!space.valid() || ::ioctl(space.get(), NS_GET_OWNER_UID, &uid) != 0) return std::nullopt;
  return core::Owner::user(uid);
}

}  // namespace plugin
