// See pod.h.
#include "support/pod.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

namespace support {

namespace fs = std::filesystem;

namespace {

base::Status failed(const std::string& what) {
  return base::Error{what + ": " + std::strerror(errno)};
}

base::Status mount_at(const std::string& from, const std::string& to, unsigned long flags = 0) {
  if (::mount(from.c_str(), to.c_str(), nullptr, MS_BIND | flags, nullptr) != 0)
    return failed("cannot mount " + from);
  return base::Ok{};
}

// Those of the mask that there are: root in a container lacks some, and cannot get them.
bool keep_capabilities(uint64_t mask) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets{};
  if (::syscall(SYS_capget, &header, sets.data()) != 0) return false;
  for (size_t i = 0; i < sets.size(); ++i) {
    sets[i].permitted &= static_cast<uint32_t>(mask >> (32 * i));
    sets[i].effective = sets[i].permitted;
  }
  return ::syscall(SYS_capset, &header, sets.data()) == 0;
}

}  // namespace

IdleProcess::IdleProcess() : pid_(::fork()) {
  if (pid_ != 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // also when a test is aborted
  while (true) ::pause();
}

IdleProcess::~IdleProcess() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

base::Result<std::unique_ptr<Pod>> Pod::make(pid_t first, const std::vector<Mount>& mounts) {
  std::unique_ptr<Pod> pod(new Pod());
  base::Status built = base::Ok{};
  std::thread([&] { built = pod->build(first, mounts); }).join();
  if (!built) return base::Error{built.error()};
  return pod;
}

base::Status Pod::build(pid_t first, const std::vector<Mount>& mounts) {
  const std::string& root = root_.path();
  const std::string host = root + "/host";
  if (::unshare(CLONE_NEWNS) != 0) return failed("no mount namespace of our own");
  if (::mount(nullptr, "/", nullptr, MS_SLAVE | MS_REC, nullptr) != 0)
    return failed("cannot make mounts private");
  if (::mount("pod", root.c_str(), "tmpfs", 0, "mode=755") != 0) return failed("cannot mount a tmpfs");
  fs::create_directories(root + "/proc");
  fs::create_directories(host + "/proc");
  if (auto bound = mount_at("/proc", root + "/proc", MS_REC); !bound) return bound;
  if (auto bound = mount_at("/proc", host + "/proc", MS_REC); !bound) return bound;
  if (auto bound = mount_at("/proc/" + std::to_string(first), host + "/proc/1"); !bound) return bound;
  for (const Mount& mount : mounts) {
    const std::string to = host + mount.to;
    fs::create_directories(fs::path(to).parent_path());
    if (fs::is_directory(mount.from)) {
      fs::create_directory(to);
    } else {
      std::ofstream(to).flush();
    }
    if (auto bound = mount_at(mount.from, to); !bound) return bound;
  }
  if (::chdir(root.c_str()) != 0 || ::syscall(SYS_pivot_root, ".", ".") != 0)
    return failed("cannot change the root");
  if (::umount2(".", MNT_DETACH) != 0) return failed("cannot leave the old root");
  namespace_.reset(::open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC));
  if (!namespace_.valid()) return failed("cannot open the namespace");
  return base::Ok{};
}

void Pod::run(const std::function<void()>& body, std::optional<uint64_t> capabilities) const {
  std::thread([&] {
    if (::unshare(CLONE_FS) != 0 || ::setns(namespace_.get(), CLONE_NEWNS) != 0) return;
    if (capabilities && !keep_capabilities(*capabilities)) return;
    body();
  }).join();
}

}  // namespace support
