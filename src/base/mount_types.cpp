// See mount_types.h.
#include "base/mount_types.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace base {

namespace {

// Newer than the headers: the id of a mount that is never given to another (Linux 6.8).
constexpr unsigned kStatxMountIdUnique = 0x4000U;
// When hurried, the table may be read for a twentieth of the time.
constexpr int kRest = 20;
constexpr size_t kMaxTable = 16UL << 20U;  // bytes; a mount takes about 200
constexpr size_t kMaxUnique = 4096;

constexpr std::array<std::string_view, 4> kMemory{"tmpfs", "ramfs", "rootfs", "devtmpfs"};
constexpr std::array<std::string_view, 20> kLocal{
    "ext4",     "xfs",   "btrfs",  "overlay", "f2fs",     "zfs",  "ext3",  "ext2", "bcachefs", "virtiofs",
    "squashfs", "erofs", "nilfs2", "jfs",     "reiserfs", "vfat", "ntfs3", "aufs", "iso9660",  "udf"};

std::optional<uint64_t> mount_id(int fd, unsigned wanted) {
  struct statx status {};
  // Nothing but the id is asked for: a file system is not called for that.
  if (::statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, wanted, &status) != 0) return {};
  if ((status.stx_mask & wanted) == 0) return {};
  return status.stx_mnt_id;
}

// The same before Linux 5.8.
std::optional<uint64_t> mount_id_from_proc(int fd) {
  const UniqueFd info(::open(fmt::format("/proc/self/fdinfo/{}", fd).c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 512> text{};
  const ssize_t size = info.valid() ? ::read(info.get(), text.data(), text.size()) : -1;
  constexpr std::string_view kKey = "mnt_id:\t";
  const std::string_view lines(text.data(), size > 0 ? static_cast<size_t>(size) : 0);
  const size_t place = lines.find(kKey);
  if (place == std::string_view::npos) return {};
  uint64_t id = 0;
  const char* begin = lines.data() + place + kKey.size();
  if (std::from_chars(begin, lines.data() + lines.size(), id).ec != std::errc()) return {};
  return id;
}

}  // namespace

std::optional<std::string_view> MountTypes::type_of(int fd, bool hurried) {
  const std::optional<uint64_t> unique = mount_id(fd, kStatxMountIdUnique);
  if (unique) {
    const auto known = unique_.find(*unique);
    if (known != unique_.end()) return known->second;
  }
  const std::optional<uint64_t> id = mount_id_of(fd);
  if (!id) return std::string_view();
  // Ids are given again after an unmount, but not that of a mount which `fd` holds.
  if (is_stale() && !load(hurried)) return std::nullopt;
  const auto row = types_.find(*id);
  if (row == types_.end()) return std::string_view();
  if (unique) {
    if (unique_.size() >= kMaxUnique) unique_.clear();
    unique_.insert_or_assign(*unique, row->second);
  }
  return row->second;
}

// The kernel marks an open mountinfo when something is mounted or unmounted.
bool MountTypes::is_stale() {
  if (!mountinfo_.valid()) mountinfo_.reset(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  pollfd changed{mountinfo_.get(), POLLPRI, 0};
  if (!mountinfo_.valid() || ::poll(&changed, 1, 0) < 0 || (changed.revents & (POLLPRI | POLLERR)) != 0) {
    loaded_ = false;
  }
  return !loaded_;
}

bool MountTypes::load(bool hurried) {
  const Clock::time_point begin = Clock::now();
  if (!mountinfo_.valid() || (hurried && begin < next_load_)) return false;
  types_.clear();
  text_.clear();
  if (::lseek(mountinfo_.get(), 0, SEEK_SET) != 0) return false;
  std::array<char, 16384> block;
  ssize_t size = 0;
  while ((size = ::read(mountinfo_.get(), block.data(), block.size())) > 0 && text_.size() < kMaxTable) {
    text_.append(block.data(), static_cast<size_t>(size));
  }
  std::string_view rest = text_;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    // "36 35 98:0 /root /point rw,noatime shared:1 - ext4 /dev/sda rw": spaces inside fields are escaped.
    constexpr std::string_view kEnd = " - ";
    const size_t dash = line.find(kEnd);
    uint64_t id = 0;
    if (dash == std::string_view::npos ||
        std::from_chars(line.data(), line.data() + line.size(), id).ec != std::errc()) {
      continue;
    }
    const std::string_view type = line.substr(dash + kEnd.size());
    types_.insert_or_assign(id, std::string(type.substr(0, type.find(' '))));
  }
  text_.clear();
  const Clock::time_point end = Clock::now();
  next_load_ = end + (end - begin) * kRest;
  loaded_ = size == 0;
  return loaded_;
}

std::optional<uint64_t> mount_id_of(int fd) {
  const std::optional<uint64_t> id = mount_id(fd, STATX_MNT_ID);
  return id ? id : mount_id_from_proc(fd);
}

bool is_memory_file_system(std::string_view type) {
  return std::find(kMemory.begin(), kMemory.end(), type) != kMemory.end();
}

bool is_local_file_system(std::string_view type) {
  return is_memory_file_system(type) || std::find(kLocal.begin(), kLocal.end(), type) != kLocal.end();
}

}  // namespace base
