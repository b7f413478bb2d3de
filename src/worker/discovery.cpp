// See discovery.h.
#include "worker/discovery.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cctype>
#include <charconv>
#include <chrono>
#include <utility>

#include "net/signal.h"
#include "worker/followers.h"
#include "worker/supervisor.h"

namespace worker {

namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

struct Name {
  std::string_view file;
  config::SocketEngine config::Config::*engine;
};
constexpr std::array kNames{
    Name{"docker.sock", &config::Config::docker},         Name{"podman.sock", &config::Config::podman},
    Name{"containerd.sock", &config::Config::containerd}, Name{"crio.sock", &config::Config::cri},
    Name{"cri-dockerd.sock", &config::Config::cri},       Name{"dockershim.sock", &config::Config::cri},
};

constexpr size_t kBlock = 65536;  // bytes of the table that are read in one go
constexpr size_t kMaxLine = 256;  // bytes of a line; socket paths have at most 107
constexpr int kRest = 200;
constexpr size_t kMaxPaths = 16384;  // with such names, at one look
constexpr size_t kLooks = 64;        // in one go
constexpr size_t kMaxOfRoot = 64;
constexpr size_t kMaxOfUsers = 64;
constexpr size_t kMaxOfOneUser = 4;
constexpr size_t kMaxRefused = 256;
// About ten minutes: an engine that is away for shorter says nothing about its containers.
constexpr unsigned kMaxAbsent = 120;
constexpr uint64_t kListens = 0x10000;  // __SO_ACCEPTCON
constexpr uint64_t kStream = 1;

// Takes the next word off, after any spaces.
std::string_view take_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(word.size());
  return word;
}

uint64_t hex(std::string_view word) {
  uint64_t number = 0;
  std::from_chars(word.data(), word.data() + word.size(), number, 16);
  return number;
}

bool is_socket(const Located& located) {
  struct stat status {};
  return located.identity && ::fstat(located.found.get(), &status) == 0 && S_ISSOCK(status.st_mode);
}

}  // namespace

std::string_view listening_path(std::string_view line) {
  // "ffff8881: 00000002 00000000 00010000 0001 01 12345 /run/docker.sock": number, references, protocol,
  // flags, type, state, inode.
  std::array<std::string_view, 7> words;
  for (std::string_view& word : words) word = take_word(line);
  if ((hex(words[3]) & kListens) == 0 || hex(words[4]) != kStream || !line.starts_with(' ')) return {};
  line.remove_prefix(1);
  const auto is_control = [](unsigned char c) { return std::iscntrl(c) != 0; };
  return line.starts_with('/') && std::none_of(line.begin(), line.end(), is_control) ? line
                                                                                     : std::string_view();
}

Discovery::Discovery(std::shared_ptr<Shared> shared)
    : shared_(std::move(shared)),
      // On the host this process's network namespace is the host's.
      table_(shared_->config.host_root.empty() ? "/proc/thread-self/net/unix"
                                               : shared_->config.host_root + "/proc/1/net/unix") {}

asio::awaitable<void> Discovery::run() {
  const std::shared_ptr<Discovery> self = shared_from_this();
  for (bool first = true;; first = false) {
    const steady_clock::time_point begin = steady_clock::now();
    const std::set<std::string> present = co_await listeners();
    size_t looked = 0;
    for (const std::string& path : present) {
      look_at(path);
      if (++looked % kLooks == 0) co_await asio::post(shared_->executor, asio::use_awaitable);
    }
    retire_absent(present);
    if (first) shared_->board.end_discovery();
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - begin);
    co_await net::pause(std::max(shared_->timing.discover, took * kRest));
  }
}

asio::awaitable<std::set<std::string>> Discovery::listeners() {
  std::set<std::string> paths;
  const base::UniqueFd table(::open(table_.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  std::vector<char> block(kBlock);
  while (table.valid()) {
    const ssize_t size = ::read(table.get(), block.data(), block.size());
    if (size <= 0) break;
    text.append(block.data(), static_cast<size_t>(size));
    take_lines(text, paths);
    // Others have their turn in between.
    co_await asio::post(shared_->executor, asio::use_awaitable);
  }
  co_return paths;
}

// Takes whole lines off `text`.
void Discovery::take_lines(std::string& text, std::set<std::string>& paths) const {
  size_t begin = 0;
  for (size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    const std::string_view path = listening_path(std::string_view(text).substr(begin, end - begin));
    if (!path.empty() && paths.size() < kMaxPaths && row_for(path) != nullptr) paths.emplace(path);
  }
  text.erase(0, begin);
  if (text.size() > kMaxLine) text.clear();
}

// nullptr for a name that is no engine's, and for engines that are off or whose sockets the configuration
// names.
const engines::EngineRow* Discovery::row_for(std::string_view path) const {
  const std::string_view file = path.substr(path.rfind('/') + 1);
  const auto* name =
      std::find_if(kNames.begin(), kNames.end(), [&](const Name& row) { return row.file == file; });
  if (name == kNames.end()) return nullptr;
  const config::SocketEngine& configured = shared_->config.*name->engine;
  if (!configured.enabled || configured.sockets_given) return nullptr;
  const auto rows = engines::registry();
  const auto row =
      std::find_if(rows.begin(), rows.end(), [&](const auto& r) { return r.configured == name->engine; });
  return row == rows.end() ? nullptr : &*row;
}

void Discovery::look_at(const std::string& path) {
  if (followed_.contains(path)) return;
  SocketPlace place = place_of(path, false);
  if (place.kind != SocketPlace::Kind::kUser) place.kind = SocketPlace::Kind::kDiscovered;
  const Located located = shared_->paths.locate(place);
  const bool is_users = place.kind == SocketPlace::Kind::kUser;
  if (!is_users && !located.owner.is_machine()) {
    return refuse(path, "others than root may write to it or to a directory above it");
  }
  // Somebody else's mount namespace has it, or it is a user's and not in a place of his own.
  if (!is_socket(located)) return;
  if (is_users && located.owner != core::Owner::user(place.uid))
    return refuse(path, "it is not that user's alone");
  for (const std::shared_ptr<Supervisor>& other : shared_->supervisors) {
    if (other->socket() == located.identity || other->path() == place.path) return;
  }
  if (!is_room_for(place)) return refuse(path, "there are too many");
  const engines::EngineRow& row = *row_for(path);
  shared_->logger.info(fmt::format("{}: found {}{}, which nobody configured: it is followed", row.name,
                                   shared_->config.host_root, path));
  const std::shared_ptr<Supervisor> supervisor = add_supervisor(shared_, row, std::move(place), true);
  followed_.emplace(path, Followed{supervisor});
  spawn(shared_, supervisor->run(), "the supervisor of a socket that was found");
}

bool Discovery::is_room_for(const SocketPlace& place) const {
  const bool is_users = place.kind == SocketPlace::Kind::kUser;
  size_t kin = 0;
  size_t his = 0;
  for (const auto& [path, followed] : followed_) {
    const SocketPlace other = place_of(path, false);
    if ((other.kind == SocketPlace::Kind::kUser) != is_users) continue;
    ++kin;
    if (other.uid == place.uid) ++his;
  }
  return is_users ? kin < kMaxOfUsers && his < kMaxOfOneUser : kin < kMaxOfRoot;
}

void Discovery::refuse(const std::string& path, const char* why) {
  if (refused_.size() >= kMaxRefused || !refused_.insert(path).second) return;
  shared_->logger.info(
      fmt::format("the socket {}{} is not followed: {}", shared_->config.host_root, path, why));
}

void Discovery::retire_absent(const std::set<std::string>& present) {
  for (auto entry = followed_.begin(); entry != followed_.end();) {
    Followed& followed = entry->second;
    followed.absent = present.contains(entry->first) ? 0 : followed.absent + 1;
    if (followed.absent <= kMaxAbsent) {
      ++entry;
      continue;
    }
    followed.supervisor->retire();
    std::erase(shared_->supervisors, followed.supervisor);
    entry = followed_.erase(entry);
  }
}

}  // namespace worker
