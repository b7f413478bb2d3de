// See socket_path.h.
#include "worker/socket_path.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <deque>
#include <string_view>
#include <utility>
#include <vector>

#include "base/path_components.h"
#include "core/file_owner.h"

namespace worker {

namespace {

constexpr int kMaxLinks = 40;  // as the kernel's own limit
// Directories that are opened on one way, links included: what a path of 107 bytes can need, and a few links
// of root's.
constexpr int kMaxSteps = 256;
// Of a user's path: /run and /user, which are root's. What comes behind is the user's.
constexpr size_t kRootsComponents = 2;
constexpr std::string_view kRunUser = "/run/user/";
constexpr std::string_view kVar = "/var";

// True for a socket at which nobody listens any more, and for what is none.
bool refuses(const base::UniqueFd& found) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = path_of(found.get());
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const base::UniqueFd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return ::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
         errno == ECONNREFUSED;
}

// One walk, from the root down.
class Walk {
 public:
  Walk(base::HostRoot::View& root, const SocketPlace& place)
      : root_(root), place_(place), own_uid_(::geteuid()) {
    base::put_components(place.path, ahead_);
    if (place.kind != SocketPlace::Kind::kUser) return;
    located_.owner = core::Owner::user(place.uid);
    users_ = ahead_.size() - std::min(ahead_.size(), kRootsComponents);
  }

  Located run() {
    while (!ahead_.empty() && step()) {
    }
    if (place_.kind == SocketPlace::Kind::kConfigured) located_.owner = core::Owner::machine();
    return std::move(located_);
  }

 private:
  struct Directory {
    base::UniqueFd fd;
    std::string name;
  };

  int here() const { return way_.empty() ? root_.fd.get() : way_.back().fd.get(); }
  std::string joined() const {
    std::string text = root_.path;
    for (const Directory& directory : way_) text += '/' + directory.name;
    return text;
  }
  void note(core::Owner owner) { located_.owner = core::weaker(located_.owner, owner); }

  // Goes one component further; false when that is the end of the way.
  bool step() {
    const std::string part = std::move(ahead_.front());
    ahead_.pop_front();
    if (part == ".") return true;
    if (part == "..") {
      if (!way_.empty()) way_.pop_back();
      return true;
    }
    if (++steps_ > kMaxSteps) return false;
    const std::string directory = joined();
    located_.path = directory + '/' + part;
    located_.directory = directory.empty() ? "/" : directory;
    located_.directory_fd.reset(::fcntl(here(), F_DUPFD_CLOEXEC, 0));
    located_.entry = part;
    struct stat status {};
    if (::fstat(here(), &status) != 0) return false;
    const bool is_strict = place_.kind == SocketPlace::Kind::kDiscovered;
    const mode_t mode = is_strict ? status.st_mode & ~S_ISVTX : status.st_mode;
    note(core::owner_of_directory(status.st_uid, status.st_gid, mode, own_uid_));
    // Whoever may write there may have put a server's file system there, which does not answer.
    if (is_strict && !located_.owner.is_machine()) return false;
    base::UniqueFd next(::openat(here(), part.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!next.valid()) {
      located_.is_denied = errno == EACCES;
      return false;
    }
    return ahead_.size() < users_ ? arrive_at_users(std::move(next), part) : arrive(std::move(next), part);
  }

  bool arrive(base::UniqueFd next, const std::string& part) {
    if (place_.kind == SocketPlace::Kind::kDiscovered && !is_local(next)) return false;
    struct stat status {};
    if (::fstat(next.get(), &status) != 0) return false;
    if (S_ISLNK(status.st_mode)) return follow(next.get(), status);
    if (ahead_.empty()) {
      note(core::owner_of_uid(status.st_uid, own_uid_));
      located_.identity = Identity{status.st_dev, status.st_ino};
      located_.found = std::move(next);
    }
    if (!S_ISDIR(status.st_mode)) return false;
    way_.push_back({std::move(next), part});
    return true;
  }

  // The file system is asked about the file only when it is known to be one that answers: a FUSE server that
  // does not holds up whoever looks. The first directory may be a mount, of a local file system; behind it
  // there is no other.
  bool arrive_at_users(base::UniqueFd next, const std::string& part) {
    const bool is_first = ahead_.size() + 1 == users_;
    const std::optional<uint64_t> mount = base::mount_id_of(next.get());
    if (!mount || (!is_first && mount != base::mount_id_of(here())) || !is_local(next)) return false;
    struct stat status {};
    if (::fstat(next.get(), &status) != 0 || S_ISLNK(status.st_mode)) return false;
    const bool is_his = status.st_uid == place_.uid || status.st_uid == 0 || status.st_uid == own_uid_;
    return is_his && arrive(std::move(next), part);
  }

  bool is_local(const base::UniqueFd& found) {
    const std::optional<std::string_view> type = root_.mounts.type_of(found.get(), false);
    return type && base::is_local_file_system(*type);
  }

  bool follow(int link, const struct stat& status) {
    note(core::owner_of_uid(status.st_uid, own_uid_));
    std::array<char, PATH_MAX> target{};
    const ssize_t size = ::readlinkat(link, "", target.data(), target.size());
    if (size <= 0 || ++links_ > kMaxLinks) return false;
    if (target.front() == '/') way_.clear();
    base::put_components({target.data(), static_cast<size_t>(size)}, ahead_);
    return true;
  }

  base::HostRoot::View& root_;
  const SocketPlace& place_;
  uint32_t own_uid_;
  std::vector<Directory> way_;  // from the root down, for ".."
  std::deque<std::string> ahead_;
  size_t users_ = 0;  // so many components at the end are the user's
  Located located_;
  int links_ = 0;
  int steps_ = 0;
};

}  // namespace

SocketPlace place_of(const std::string& path, bool given) {
  using Kind = SocketPlace::Kind;
  SocketPlace place{path, given ? Kind::kConfigured : Kind::kDefault};
  std::string_view rest = path;
  if (rest.starts_with(kVar)) rest.remove_prefix(kVar.size());
  if (!rest.starts_with(kRunUser)) return place;
  const std::string_view user = rest.substr(kRunUser.size());
  uint32_t uid = 0;
  const auto [end, error] = std::from_chars(user.data(), user.data() + user.size(), uid);
  if (error != std::errc() || end == user.data() + user.size() || *end != '/') return place;
  return {std::string(rest), Kind::kUser, uid};
}

Located SocketPaths::locate(const SocketPlace& place) {
  base::HostRoot::View* hosts = root_.first_process();
  Located there = hosts != nullptr ? Walk(*hosts, place).run() : Located();
  base::HostRoot::View* mounted = root_.mounted();
  if (mounted == nullptr) return there;
  Located here = Walk(*mounted, place).run();
  if (hosts == nullptr) return here;
  const bool is_other = here.identity && here.identity != there.identity;
  return is_other && !refuses(here.found) ? std::move(here) : std::move(there);
}

bool may_connect(const Located& located) {
  return ::faccessat(AT_FDCWD, path_of(located.found.get()).c_str(), W_OK, AT_EACCESS) == 0 ||
         errno != EACCES;
}

void ConnectPath::set(const Located& located) {
  put(located.found.get());
}

// Connecting to a directory is refused.
void ConnectPath::clear() {
  const base::UniqueFd nothing(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  put(nothing.get());
}

// Always the same number, so that whoever has the path keeps it.
void ConnectPath::put(int fd) {
  if (fd_.valid()) {
    (void)::dup3(fd, fd_.get(), O_CLOEXEC);
    return;
  }
  fd_.reset(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  path_ = path_of(fd_.get());
}

std::string path_of(int fd) {
  return fmt::format("/proc/self/fd/{}", fd);
}

}  // namespace worker
