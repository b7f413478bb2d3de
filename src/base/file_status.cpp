// See file_status.h.
#include "base/file_status.h"

#include <fcntl.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <cstdint>

namespace base {

namespace {

constexpr unsigned kWanted = STATX_BASIC_STATS;
constexpr int kFlags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT;

statx_timestamp time_of(const timespec& time) {
  statx_timestamp result{};
  result.tv_sec = time.tv_sec;
  result.tv_nsec = static_cast<uint32_t>(time.tv_nsec);
  return result;
}

}  // namespace

std::optional<struct statx> status_of(int fd) {
  struct statx status {};
  if (::statx(fd, "", kFlags, kWanted, &status) == 0) return status;
  if (errno != EPERM && errno != ENOSYS) return std::nullopt;
  struct stat old {};
  if (::fstat(fd, &old) != 0) return std::nullopt;
  status.stx_mode = static_cast<uint16_t>(old.st_mode);
  status.stx_uid = old.st_uid;
  status.stx_gid = old.st_gid;
  status.stx_ino = old.st_ino;
  status.stx_size = static_cast<uint64_t>(old.st_size);
  status.stx_dev_major = major(old.st_dev);
  status.stx_dev_minor = minor(old.st_dev);
  status.stx_mtime = time_of(old.st_mtim);
  status.stx_ctime = time_of(old.st_ctim);
  return status;
}

bool has_statx() {
  struct statx status {};
  return ::statx(AT_FDCWD, "/", 0, STATX_TYPE, &status) == 0 || (errno != EPERM && errno != ENOSYS);
}

}  // namespace base
