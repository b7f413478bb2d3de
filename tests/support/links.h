// Symbolic links as they are found on a host.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include <filesystem>

namespace support {

// A link that somebody followed already. The kernel notes when a link is followed for the first time since it
// was made (mount option relatime), and looks nothing up from memory alone while it has that to write.
inline void make_followed_link(const std::filesystem::path& target, const std::filesystem::path& link) {
  constexpr time_t kHour = 3600;  // later than the link's last change, which is now
  std::filesystem::create_symlink(target, link);
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const timespec times[2] = {{now.tv_sec + kHour, 0}, {0, UTIME_OMIT}};
  ::utimensat(AT_FDCWD, link.c_str(), times, AT_SYMLINK_NOFOLLOW);
}

}  // namespace support
