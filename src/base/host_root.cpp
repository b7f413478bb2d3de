// See host_root.h.
#include "base/host_root.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace base {

namespace {

constexpr const char* kFirstProcess = "/proc/1";
constexpr uint64_t kResolveCached = 0x20;  // RESOLVE_CACHED, Linux 5.12
// Where bundles and engines' state mostly are.
constexpr std::array kKnownPlaces{
    "/run", "/var", "/var/lib", "/var/lib/docker", "/var/lib/containers", "/var/lib/containerd"};

bool open_view(HostRoot::View& view, const char* root) {
  if (!view.fd.valid()) view.fd.reset(::open(root, O_PATH | O_DIRECTORY | O_CLOEXEC));
  return view.fd.valid();
}

// A mount that is known by an id of its own (Linux 6.8) stays known whatever is mounted elsewhere. What is
// not in memory is left: it may be a network's.
void get_to_know(HostRoot::View* view) {
  if (view == nullptr) return;
  (void)view->mounts.type_of(view->fd.get(), false);
  open_how how{};
  how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | kResolveCached;
  for (const char* place : kKnownPlaces) {
    const UniqueFd found(static_cast<int>(::syscall(SYS_openat2, view->fd.get(), place, &how, sizeof how)));
    if (found.valid()) (void)view->mounts.type_of(found.get(), false);
  }
}

}  // namespace

HostRoot::HostRoot(std::string prefix)
    : mounted_{prefix, UniqueFd(), MountTypes()},
      first_process_{prefix + kFirstProcess + "/root", UniqueFd(),
                     MountTypes(prefix + kFirstProcess + "/mountinfo")} {
  get_to_know(mounted());
  get_to_know(first_process());
}

HostRoot::View* HostRoot::mounted() {
  return open_view(mounted_, prefix().empty() ? "/" : prefix().c_str()) ? &mounted_ : nullptr;
}

HostRoot::View* HostRoot::first_process() {
  if (prefix().empty()) return nullptr;
  return open_view(first_process_, first_process_.path.c_str()) ? &first_process_ : nullptr;
}

std::string HostRoot::obstacle() {
  if (prefix().empty() || first_process() != nullptr || errno == ENOENT || errno == ENOTDIR) return {};
  const int error = errno;
  return fmt::format(
      "{} cannot be entered ({}): of the host only what is mounted below {} can be seen, and an engine's "
      "socket that is mounted alone is dead once the engine restarts; give Falco the capability SYS_PTRACE, "
      "and an AppArmor profile that lets it use it",
      first_process_.path, std::strerror(error), prefix());
}

}  // namespace base
