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
#include <set>
#include <utility>

#include "base/file_status.h"
#include "base/path_components.h"

namespace base {

namespace {

constexpr uint64_t kResolveCached = 0x20;  // RESOLVE_CACHED, Linux 5.12
constexpr int kMaxCachedTries = 16;
constexpr int kMaxLinks = 40;  // as the kernel's own limit

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
  const std::optional<struct statx> status = status_of(fd);
  status ? hands.add(*status) : hands.add_anybody();
  return hands;
}

bool same_directory(const struct statx& left, const struct statx& right) {
  return left.stx_ino == right.stx_ino && left.stx_dev_major == right.stx_dev_major &&
         left.stx_dev_minor == right.stx_dev_minor;
}

// Of a directory and all above it up to `root`, without waiting; nullopt when that is not to be had.
std::optional<Hands> hands_above(int directory, int root) {
  const std::optional<struct statx> end = status_of(root);
  if (!end) return std::nullopt;
  struct statx below {};
  Hands hands;
  UniqueFd opened;
  int here = directory;
  for (int depth = 0; depth < PATH_MAX / 2; ++depth) {
    const std::optional<struct statx> status = status_of(here);
    if (!status) return std::nullopt;
    const bool is_top = depth > 0 && same_directory(*status, below);  // the parent of "/" is itself
    hands.add(*status);
    if (is_top || same_directory(*status, *end)) return hands;
    below = *status;
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

// What one root does not show, or not without waiting, another may.
template <typename T>
bool is_elsewhere(const Reading<T>& reading) {
  return !reading && (reading.kind() == Unread::kMissing || reading.kind() == Unread::kWouldWait);
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

LocalFiles::LocalFiles(std::string root) : root_(std::move(root)) {}

Reading<std::string> LocalFiles::read(std::string_view directory, std::string_view name, size_t max_bytes,
                                      Patience patience, size_t patient_max_bytes) {
  const Request request{"", max_bytes, patient_max_bytes, patience};
  if (!is_path(directory) || !is_name(name)) {
    return problem(Unread::kRefused, fmt::format("{}{}/{}", root_.prefix(), directory, name), "not a path");
  }
  Reading<std::string> mounted = read_in(root_.mounted(), directory, name, request);
  if (!is_elsewhere(mounted)) return mounted;
  Reading<std::string> hosts = read_in(root_.first_process(), directory, name, request);
  // Neither has it: one that would have to be waited for may.
  const bool may_come = mounted.kind() == Unread::kWouldWait && !hosts && hosts.kind() == Unread::kMissing;
  return may_come ? std::move(mounted) : std::move(hosts);
}

Reading<std::string> LocalFiles::read_in(View* view, std::string_view directory, std::string_view name,
                                         Request request) {
  hands_ = Hands();
  if (view == nullptr) return problem(Unread::kMissing, "", "");
  const Patience patience = request.patience;
  request.path.reserve(view->path.size() + directory.size() + name.size() + 1);
  request.path.append(view->path).append(directory).append("/").append(name);
  const Reading<UniqueFd> parent = open_directory(*view, directory, patience);
  if (!parent) return parent.error();
  if (patience == Patience::kCachedOnly) add_way(*view, parent->get(), directory);
  const Reading<UniqueFd> found = open_entry(*view, parent->get(), name, request.path, patience);
  if (!found) return found.error();
  const Reading<std::string_view> type = local_type(*view, found->get(), request.path, patience);
  if (!type) return type.error();
  return read_checked(found->get(), request, is_memory_file_system(*type));
}

// As O_PATH: nothing of the directory or its file system is touched but names. The kernel counts a link as
// not at hand while it would have to note the access in it; whoever made the bundle went that way and had it
// noted.
Reading<UniqueFd> LocalFiles::open_directory(View& view, std::string_view path, Patience patience) {
  if (patience == Patience::kMayWait) return walk(view, path, patience);
  UniqueFd found = open2(view.fd.get(), std::string(path), O_PATH | O_DIRECTORY,
                         RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | kResolveCached);
  if (!found.valid()) return open_problem(errno, view.path + std::string(path), patience);
  return found;
}

// Without the kernel's help, which waits for whatever file system the path leads through: each directory is
// opened on its own, and looked into only when it is on a local one.
Reading<UniqueFd> LocalFiles::walk(View& view, std::string_view path, Patience patience) {
  const std::string shown = view.path + std::string(path);
  std::deque<std::string> ahead;
  put_components(path, ahead);
  std::vector<UniqueFd> way;  // from the root down, for ".."
  int links = 0;
  const auto here = [&] { return way.empty() ? view.fd.get() : way.back().get(); };
  if (auto type = local_type(view, here(), shown, patience); !type) return type.error();
  hands_.add(hands_of(here()));
  while (!ahead.empty()) {
    const std::string part = std::move(ahead.front());
    ahead.pop_front();
    if (part == ".") continue;
    if (part == "..") {
      if (!way.empty()) way.pop_back();
      continue;
    }
    const bool hurried = patience == Patience::kCachedOnly;
    UniqueFd next = hurried ? open2(here(), part, O_PATH | O_NOFOLLOW, kResolveCached)
                            : UniqueFd(::openat(here(), part.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!next.valid()) return open_problem(errno, shown, patience);
    if (auto type = local_type(view, next.get(), shown, patience); !type) return type.error();
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
  return UniqueFd(::fcntl(view.fd.get(), F_DUPFD_CLOEXEC, 0));
}

// For the hurried, who went the whole way in one step: the directories above, when there was no link; else
// each step again. All of it is in memory, for that step was.
void LocalFiles::add_way(View& view, int directory, std::string_view path) {
  constexpr uint64_t kWithin = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | kResolveCached;
  if (!open2(view.fd.get(), std::string(path), O_PATH | O_DIRECTORY, kWithin).valid()) {
    if (!walk(view, path, Patience::kCachedOnly)) hands_.add_anybody();
    return;
  }
  const std::optional<Hands> above = hands_above(directory, view.fd.get());
  above ? hands_.add(*above) : hands_.add_anybody();
}

Reading<UniqueFd> LocalFiles::open_entry(View& view, int directory, std::string_view name,
                                         const std::string& path, Patience patience) {
  UniqueFd found;
  if (patience == Patience::kCachedOnly) {
    found = open2(directory, std::string(name), O_PATH | O_NOFOLLOW,
                  RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | kResolveCached);
  } else {
    const Reading<std::string_view> type = local_type(view, directory, path, patience);
    if (!type) return type.error();
    found.reset(::openat(directory, std::string(name).c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  }
  if (!found.valid()) return open_problem(errno, path, patience);
  return found;
}

Reading<std::string_view> LocalFiles::local_type(View& view, int fd, const std::string& path,
                                                 Patience patience) {
  const std::optional<std::string_view> type = view.mounts.type_of(fd, patience == Patience::kCachedOnly);
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
  const std::optional<struct statx> before = status_of(found);
  if (!before) return open_problem(errno, path, patience);
  if (!S_ISREG(before->stx_mode)) return problem(Unread::kRefused, path, kind_of(before->stx_mode));
  hands_.add(*before);
  const size_t length = before->stx_size;
  if (length == 0) return problem(Unread::kRefused, path, "empty");
  if (length > request.max_bytes) {
    return problem(length <= request.patient_max_bytes ? Unread::kWouldWait : Unread::kRefused, path,
                   fmt::format("{} bytes, more than the {} that are read", length, request.max_bytes));
  }
  constexpr int kFlags = O_RDONLY | O_NONBLOCK | O_NOCTTY;
  // Without a note of the access in the file system, where that is allowed.
  UniqueFd file = reopen(found, kFlags | O_NOATIME);
  if (!file.valid() && errno == EPERM) file = reopen(found, kFlags);
  // EAGAIN: somebody holds a lease on it.
  if (!file.valid()) return open_problem(errno, path, patience);
  if (hook_) hook_();
  std::string text(length, '\0');
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
  const std::optional<struct statx> after = got < text.size() ? std::nullopt : status_of(file.get());
  if (!after || !unchanged(*before, *after)) {
    return problem(Unread::kChanged, path, "changed while it was read");
  }
  return text;
}

Reading<std::vector<std::string>> LocalFiles::list_directory(std::string_view directory, size_t max_names,
                                                             Patience patience) {
  if (!is_path(directory)) {
    return problem(Unread::kRefused, root_.prefix() + std::string(directory), "not a path");
  }
  Reading<std::vector<std::string>> mounted = list_in(root_.mounted(), directory, max_names, patience);
  if (!mounted && !is_elsewhere(mounted)) return mounted;
  // Of a directory in a pod there may be as much as the mount point of one socket.
  Reading<std::vector<std::string>> hosts = list_in(root_.first_process(), directory, max_names, patience);
  if (!mounted) return hosts || hosts.kind() != Unread::kMissing ? std::move(hosts) : std::move(mounted);
  if (!hosts) return mounted;
  const std::set<std::string> known(mounted->begin(), mounted->end());
  for (std::string& name : *hosts) {
    if (!known.contains(name) && mounted->size() < max_names) mounted->push_back(std::move(name));
  }
  return mounted;
}

Reading<std::vector<std::string>> LocalFiles::list_in(View* view, std::string_view directory,
                                                      size_t max_names, Patience patience) {
  if (view == nullptr) return problem(Unread::kMissing, "", "");
  const std::string path = view->path + std::string(directory);
  const Reading<UniqueFd> found = open_directory(*view, directory, patience);
  if (!found) return found.error();
  const Reading<std::string_view> type = local_type(*view, found->get(), path, patience);
  if (!type) return type.error();
  if (patience == Patience::kCachedOnly && !is_memory_file_system(*type)) {
    return problem(Unread::kWouldWait, path, "on a disk");
  }
  const std::optional<struct statx> status = status_of(found->get());
  if (!status || !S_ISDIR(status->stx_mode)) return problem(Unread::kMissing, path, "");
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
