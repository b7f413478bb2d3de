// See local_files.h.
#include "base/local_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <deque>
#include <memory>

#include "base/path_components.h"

namespace base {

namespace {

constexpr uint64_t kResolveCached = 0x20;  // RESOLVE_CACHED, Linux 5.12
constexpr int kMaxCachedTries = 16;
constexpr int kMaxLinks = 40;  // as the kernel's own limit
constexpr unsigned kWanted = STATX_TYPE | STATX_SIZE | STATX_MTIME | STATX_CTIME | STATX_INO | Hands::kWanted;
constexpr int kStatFlags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT;

UniqueFd open2(int directory, const std::string& path, uint64_t flags, uint64_t resolve) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = resolve;
  // A mount or rename anywhere on the machine at that moment makes the kernel start over, and a cached
  // look-up, which must not, fails: containers that start do nothing but mount. Trying again waits for
  // nothing.
  for (int tries = 1;; ++tries) {
    UniqueFd found(static_cast<int>(::syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how)));
    const bool again = !found.valid() && errno == EAGAIN && (resolve & kResolveCached) != 0;
    if (!again || tries == kMaxCachedTries) return found;
  }
}

// The same file again with other flags. It is a descriptor's name in /proc: no path is looked up anew.
UniqueFd reopen(int fd, int flags) {
  return UniqueFd(::open(fmt::format("/proc/self/fd/{}", fd).c_str(), flags | O_CLOEXEC));
}

ReadError problem(Unread kind, const std::string& path, std::string_view what) {
  return ReadError{kind, kind == Unread::kMissing ? std::string() : fmt::format("{}: {}", path, what)};
}

// What errno of a failed open means. The old kernel's answers come with kCachedOnly only.
ReadError open_problem(int error, const std::string& path, Patience patience) {
  if (error == ENOENT || error == ENOTDIR) return problem(Unread::kMissing, path, "");
  const bool hurried = patience == Patience::kCachedOnly;
  if (error == EAGAIN || (hurried && (error == ENOSYS || error == EINVAL || error == EPERM))) {
    return problem(Unread::kWouldWait, path, "not at hand in memory");
  }
  if (error == ELOOP) return problem(Unread::kRefused, path, "a symbolic link, which is not followed");
  return problem(Unread::kRefused, path, std::string("cannot be opened: ") + std::strerror(error));
}

std::string_view kind_of(mode_t mode) {
  if (S_ISLNK(mode)) return "a symbolic link, which is not followed";
  if (S_ISDIR(mode)) return "a directory, not a file";
  if (S_ISFIFO(mode)) return "a pipe, not a file";
  if (S_ISSOCK(mode)) return "a socket, not a file";
  return "a device, not a file";
}

bool same_time(const statx_timestamp& left, const statx_timestamp& right) {
  return left.tv_sec == right.tv_sec && left.tv_nsec == right.tv_nsec;
}

// The change time too: unlike the modification time nobody can set it back, and a file that another replaced
// has a new one.
bool unchanged(const struct statx& before, const struct statx& after) {
  return before.stx_ino == after.stx_ino && before.stx_dev_major == after.stx_dev_major &&
         before.stx_dev_minor == after.stx_dev_minor && before.stx_size == after.stx_size &&
         same_time(before.stx_mtime, after.stx_mtime) && same_time(before.stx_ctime, after.stx_ctime);
}

// Of one directory or link; anybody's when the system does not say.
Hands hands_of(int fd) {
  Hands hands;
  struct statx status {};
  if (::statx(fd, "", kStatFlags, Hands::kWanted, &status) == 0) {
    hands.add(status);
  } else {
    hands.add_anybody();
  }
  return hands;
}

bool same_directory(const struct statx& left, const struct statx& right) {
  return left.stx_ino == right.stx_ino && left.stx_dev_major == right.stx_dev_major &&
         left.stx_dev_minor == right.stx_dev_minor;
}

// Of a directory and all above it up to `root`, without waiting; nullopt when that is not to be had.
std::optional<Hands> hands_above(int directory, int root) {
  struct statx end {};
  struct statx status {};
  if (::statx(root, "", kStatFlags, kWanted, &end) != 0) return std::nullopt;
  Hands hands;
  UniqueFd opened;
  int here = directory;
  for (int depth = 0; depth < PATH_MAX / 2; ++depth) {
    struct statx above {};
    if (::statx(here, "", kStatFlags, kWanted, &above) != 0) return std::nullopt;
    const bool is_top = depth > 0 && same_directory(above, status);  // the parent of "/" is itself
    hands.add(above);
    if (is_top || same_directory(above, end)) return hands;
    status = above;
    UniqueFd next = open2(here, "..", O_PATH | O_DIRECTORY, kResolveCached);
    if (!next.valid()) return std::nullopt;
    opened = std::move(next);
    here = opened.get();
  }
  return std::nullopt;
}

bool is_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos && name.size() <= NAME_MAX;
}

bool is_path(std::string_view path) {
  return path.starts_with('/') && path.size() < PATH_MAX && path.find('\0') == std::string_view::npos;
}

}  // namespace

struct LocalFiles::Request {
  std::string path;  // for messages
  size_t max_bytes = 0;
  size_t patient_max_bytes = 0;
  Patience patience = Patience::kMayWait;
};

LocalFiles::LocalFiles(std::string root) : root_(std::move(root)) {
  if (open_root()) (void)mounts_.type_of(root_fd_.get(), false);
}

// Whatever is mounted there later: tried again until it is there.
bool LocalFiles::open_root() {
  if (!root_fd_.valid()) {
    root_fd_.reset(::open(root_.empty() ? "/" : root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
  return root_fd_.valid();
}

Reading<std::string> LocalFiles::read(std::string_view directory, std::string_view name, size_t max_bytes,
                                      Patience patience, size_t patient_max_bytes) {
  std::string path;
  path.reserve(root_.size() + directory.size() + name.size() + 1);
  path.append(root_).append(directory).append("/").append(name);
  const Request request{std::move(path), max_bytes, patient_max_bytes, patience};
  if (!is_path(directory) || !is_name(name)) return problem(Unread::kRefused, request.path, "not a path");
  hands_ = Hands();
  const Reading<UniqueFd> parent = open_directory(directory, patience);
  if (!parent) return parent.error();
  if (patience == Patience::kCachedOnly) add_way(parent->get(), directory);
  const Reading<UniqueFd> found = open_entry(parent->get(), name, request.path, patience);
  if (!found) return found.error();
  const Reading<std::string_view> type = local_type(found->get(), request.path, patience);
  if (!type) return type.error();
  return read_checked(found->get(), request, is_memory_file_system(*type));
}

// As O_PATH: nothing of the directory or its file system is touched but names. The kernel counts a link as
// not at hand while it would have to note the access in it; whoever made the bundle went that way and had it
// noted.
Reading<UniqueFd> LocalFiles::open_directory(std::string_view path, Patience patience) {
  const std::string shown = root_ + std::string(path);
  if (!open_root()) return open_problem(errno, root_, Patience::kMayWait);
  if (patience == Patience::kMayWait) return walk(path, patience);
  UniqueFd found = open2(root_fd_.get(), std::string(path), O_PATH | O_DIRECTORY,
                         RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | kResolveCached);
  if (!found.valid()) return open_problem(errno, shown, patience);
  return found;
}

// Without the kernel's help, which waits for whatever file system the path leads through: each directory is
// opened on its own, and looked into only when it is on a local one.
Reading<UniqueFd> LocalFiles::walk(std::string_view path, Patience patience) {
  const std::string shown = root_ + std::string(path);
  std::deque<std::string> ahead;
  put_components(path, ahead);
  std::vector<UniqueFd> way;  // from the root down, for ".."
  int links = 0;
  const auto here = [&] { return way.empty() ? root_fd_.get() : way.back().get(); };
  hands_.add(hands_of(root_fd_.get()));
  while (!ahead.empty()) {
    const std::string part = std::move(ahead.front());
    ahead.pop_front();
    if (part == ".") continue;
    if (part == "..") {
      if (!way.empty()) way.pop_back();
      continue;
    }
    const Reading<std::string_view> type = local_type(here(), shown, patience);
    if (!type) return type.error();
    const bool hurried = patience == Patience::kCachedOnly;
    UniqueFd next = hurried ? open2(here(), part, O_PATH | O_NOFOLLOW, kResolveCached)
                            : UniqueFd(::openat(here(), part.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!next.valid()) return open_problem(errno, shown, patience);
    hands_.add(hands_of(next.get()));
    std::array<char, PATH_MAX> target{};
    // Fails for what is no link; a mount point is none, whatever its file system is.
    const ssize_t size = ::readlinkat(next.get(), "", target.data(), target.size());
    if (size <= 0) {
      way.push_back(std::move(next));
      if (way.size() > PATH_MAX / 2) return problem(Unread::kRefused, shown, "too deep");
      continue;
    }
    if (++links > kMaxLinks) return problem(Unread::kRefused, shown, "too many symbolic links");
    if (target.front() == '/') way.clear();
    put_components({target.data(), static_cast<size_t>(size)}, ahead);
  }
  if (!way.empty()) return std::move(way.back());
  return UniqueFd(::fcntl(root_fd_.get(), F_DUPFD_CLOEXEC, 0));
}

// For the hurried, who went the whole way in one step: the directories above, when there was no link; else
// each step again. All of it is in memory, for that step was.
void LocalFiles::add_way(int directory, std::string_view path) {
  constexpr uint64_t kWithin = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | kResolveCached;
  if (!open2(root_fd_.get(), std::string(path), O_PATH | O_DIRECTORY, kWithin).valid()) {
    if (!walk(path, Patience::kCachedOnly)) hands_.add_anybody();
    return;
  }
  const std::optional<Hands> above = hands_above(directory, root_fd_.get());
  above ? hands_.add(*above) : hands_.add_anybody();
}

Reading<UniqueFd> LocalFiles::open_entry(int directory, std::string_view name, const std::string& path,
                                         Patience patience) {
  UniqueFd found;
  if (patience == Patience::kCachedOnly) {
    found = open2(directory, std::string(name), O_PATH | O_NOFOLLOW,
                  RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | kResolveCached);
  } else {
    const Reading<std::string_view> type = local_type(directory, path, patience);
    if (!type) return type.error();
    found.reset(::openat(directory, std::string(name).c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  }
  if (!found.valid()) return open_problem(errno, path, patience);
  return found;
}

Reading<std::string_view> LocalFiles::local_type(int fd, const std::string& path, Patience patience) {
  const std::optional<std::string_view> type = mounts_.type_of(fd, patience == Patience::kCachedOnly);
  if (!type) return problem(Unread::kWouldWait, path, "its file system is not known yet");
  if (is_local_file_system(*type)) return *type;
  return problem(Unread::kRefused, path,
                 type->empty() ? std::string("on an unknown file system")
                               : fmt::format("on a file system of type {}, which is not read", *type));
}

// found: as O_PATH, on a local file system. Only what is known to be a file is opened.
Reading<std::string> LocalFiles::read_checked(int found, const Request& request, bool in_memory) {
  const std::string& path = request.path;
  const Patience patience = request.patience;
  struct statx before {};
  if (::statx(found, "", kStatFlags, kWanted, &before) != 0) return open_problem(errno, path, patience);
  if (!S_ISREG(before.stx_mode)) return problem(Unread::kRefused, path, kind_of(before.stx_mode));
  hands_.add(before);
  if (before.stx_size == 0) return problem(Unread::kRefused, path, "empty");
  if (before.stx_size > request.max_bytes) {
    return problem(
        before.stx_size <= request.patient_max_bytes ? Unread::kWouldWait : Unread::kRefused, path,
        fmt::format("{} bytes, more than the {} that are read", before.stx_size, request.max_bytes));
  }
  constexpr int kFlags = O_RDONLY | O_NONBLOCK | O_NOCTTY;
  // Without a note of the access in the file system, where that is allowed.
  UniqueFd file = reopen(found, kFlags | O_NOATIME);
  if (!file.valid() && errno == EPERM) file = reopen(found, kFlags);
  // EAGAIN: somebody holds a lease on it.
  if (!file.valid()) return open_problem(errno, path, patience);
  if (hook_) hook_();
  std::string text(before.stx_size, '\0');
  size_t got = 0;
  while (got < text.size()) {
    const iovec rest{text.data() + got, text.size() - got};
    const int flags = patience == Patience::kCachedOnly && !in_memory ? RWF_NOWAIT : 0;
    const ssize_t size = ::preadv2(file.get(), &rest, 1, static_cast<off_t>(got), flags);
    if (size < 0 && errno == EINTR) continue;
    // EOPNOTSUPP: a file system that cannot tell beforehand whether it would wait.
    if (size < 0 && (errno == EAGAIN || (flags != 0 && errno == EOPNOTSUPP))) {
      return problem(Unread::kWouldWait, path, "not at hand in memory");
    }
    if (size < 0) return open_problem(errno, path, patience);
    if (size == 0) break;
    got += static_cast<size_t>(size);
  }
  struct statx after {};
  if (got < text.size() || ::statx(file.get(), "", kStatFlags, kWanted, &after) != 0 ||
      !unchanged(before, after)) {
    return problem(Unread::kChanged, path, "changed while it was read");
  }
  return text;
}

Reading<std::vector<std::string>> LocalFiles::list_directory(std::string_view directory, size_t max_names,
                                                             Patience patience) {
  const std::string path = root_ + std::string(directory);
  if (!is_path(directory)) return problem(Unread::kRefused, path, "not a path");
  const Reading<UniqueFd> found = open_directory(directory, patience);
  if (!found) return found.error();
  const Reading<std::string_view> type = local_type(found->get(), path, patience);
  if (!type) return type.error();
  if (patience == Patience::kCachedOnly && !is_memory_file_system(*type)) {
    return problem(Unread::kWouldWait, path, "on a disk");
  }
  struct statx status {};
  if (::statx(found->get(), "", kStatFlags, STATX_TYPE, &status) != 0 || !S_ISDIR(status.stx_mode)) {
    return problem(Unread::kMissing, path, "");
  }
  UniqueFd opened = reopen(found->get(), O_RDONLY | O_DIRECTORY | O_NONBLOCK);
  if (!opened.valid()) return open_problem(errno, path, patience);
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::fdopendir(opened.get()), ::closedir);
  if (entries == nullptr) return open_problem(errno, path, patience);
  opened.release();  // closedir() closes it
  std::vector<std::string> names;
  while (names.size() < max_names) {
    const dirent* entry = ::readdir(entries.get());
    if (entry == nullptr) break;
    if (is_name(entry->d_name)) names.emplace_back(entry->d_name);
  }
  return names;
}

}  // namespace base
