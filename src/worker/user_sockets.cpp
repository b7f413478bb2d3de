// See user_sockets.h.
#include "worker/user_sockets.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "worker/followers.h"
#include "worker/supervisor.h"

namespace worker {

namespace asio = boost::asio;

namespace {

constexpr const char* kRunUser = "/run/user";
constexpr size_t kMaxUsers = 1024;
constexpr size_t kMaxUidDigits = 10;

bool is_uid(const std::string& name) {
  return !name.empty() && name.size() <= kMaxUidDigits &&
         name.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

UserSockets::UserSockets(std::shared_ptr<Shared> shared, std::vector<Engine> engines)
    : shared_(std::move(shared)),
      engines_(std::move(engines)),
      changed_(std::make_shared<net::Signal>(shared_->executor)) {}

asio::awaitable<void> UserSockets::run() {
  const std::shared_ptr<UserSockets> self = shared_from_this();
  bool first = true;
  while (true) {
    const Located located = shared_->paths.locate({kRunUser});
    // Any of its entries, once the directory itself exists.
    watch_ = located.identity ? shared_->watcher->watch(located.found, "", changed_)
                              : shared_->watcher->watch(located.directory_fd, located.entry, changed_);
    scan();
    if (first) shared_->board.end_discovery();
    first = false;
    co_await changed_->wait_for(shared_->recheck());
  }
}

void UserSockets::scan() {
  std::set<std::string> present;
  std::error_code error;
  const Located located = shared_->paths.locate({kRunUser});
  const std::string path = located.identity ? path_of(located.found.get()) : std::string();
  for (std::filesystem::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    std::string name = entry->path().filename();
    if (is_uid(name) && present.size() < kMaxUsers) present.insert(std::move(name));
  }
  for (const std::string& uid : present) {
    if (users_.contains(uid)) continue;
    uint32_t number = 0;
    if (std::from_chars(uid.data(), uid.data() + uid.size(), number).ec != std::errc()) continue;
    for (const Engine& engine : engines_) {
      SocketPlace place{std::string(kRunUser) + '/' + uid + engine.path, SocketPlace::Kind::kUser, number};
      const auto supervisor = add_supervisor(shared_, *engine.row, std::move(place), true);
      users_[uid].push_back(supervisor);
      spawn(shared_, supervisor->run(), "the supervisor of a user's socket");
    }
  }
  for (auto user = users_.begin(); user != users_.end();) {
    if (present.contains(user->first)) {
      ++user;
      continue;
    }
    for (const std::shared_ptr<Supervisor>& supervisor : user->second) {
      supervisor->retire();
      std::erase(shared_->supervisors, supervisor);
    }
    user = users_.erase(user);
  }
}

}  // namespace worker
