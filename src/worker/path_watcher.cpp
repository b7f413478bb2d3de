// See path_watcher.h.
#include "worker/path_watcher.h"

#include <sys/inotify.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstring>
#include <utility>
#include <vector>

#include "worker/socket_path.h"

namespace worker {

namespace asio = boost::asio;

namespace {

constexpr uint32_t kMask =
    IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr size_t kBufferSize = 16 * 1024;
constexpr size_t kBusy = kBufferSize / 2;
constexpr std::chrono::milliseconds kRest{20};

}  // namespace

PathWatcher::Watch::~Watch() {
  if (const std::shared_ptr<PathWatcher> watcher = watcher_.lock()) watcher->drop(this);
}

PathWatcher::PathWatcher(const asio::any_io_executor& executor) : inotify_(executor) {
  const int descriptor = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor >= 0) inotify_.assign(descriptor);
}

std::shared_ptr<PathWatcher::Watch> PathWatcher::watch(const base::UniqueFd& directory,
                                                       const std::string& entry,
                                                       const std::shared_ptr<net::Signal>& signal) {
  if (!works() || !directory.valid()) return nullptr;
  // By its name in /proc: no path is looked up anew. The same directory gives the same descriptor again.
  const int descriptor =
      ::inotify_add_watch(inotify_.native_handle(), path_of(directory.get()).c_str(), kMask);
  if (descriptor < 0) return nullptr;
  auto watch = std::make_shared<Watch>(weak_from_this(), entry, signal);
  watch->descriptor_ = descriptor;
  watches_.emplace(descriptor, watch.get());
  return watch;
}

void PathWatcher::drop(Watch* watch) {
  const auto [begin, end] = watches_.equal_range(watch->descriptor_);
  for (auto entry = begin; entry != end; ++entry) {
    if (entry->second != watch) continue;
    watches_.erase(entry);
    break;
  }
  if (works() && !watches_.contains(watch->descriptor_)) {
    ::inotify_rm_watch(inotify_.native_handle(), watch->descriptor_);
  }
}

asio::awaitable<void> PathWatcher::run() {
  const std::shared_ptr<PathWatcher> self = shared_from_this();
  std::vector<char> buffer(kBufferSize);
  while (works()) {
    const auto [error, size] =
        co_await inotify_.async_read_some(asio::buffer(buffer), asio::as_tuple(asio::use_awaitable));
    if (error) break;
    deliver(std::string_view(buffer.data(), size));
    // Somebody makes and removes files as quickly as he can: what is lost meanwhile is an overflow.
    if (size > kBusy) co_await net::pause(kRest);
  }
}

void PathWatcher::deliver(std::string_view bytes) {
  while (bytes.size() >= sizeof(inotify_event)) {
    inotify_event event{};
    std::memcpy(&event, bytes.data(), sizeof event);
    if (bytes.size() - sizeof event < event.len) return;
    std::string_view name = bytes.substr(sizeof event, event.len);
    name = name.substr(0, name.find('\0'));
    bytes.remove_prefix(sizeof event + event.len);
    // Events were lost: everybody looks again.
    const bool overflow = (event.mask & IN_Q_OVERFLOW) != 0;
    const auto [begin, end] =
        overflow ? std::pair(watches_.begin(), watches_.end()) : watches_.equal_range(event.wd);
    for (auto watch = begin; watch != end; ++watch) {
      const std::string& entry = watch->second->entry_;
      // Without a name: the directory itself is gone.
      if (!name.empty() && !entry.empty() && entry != name) continue;
      if (const std::shared_ptr<net::Signal> signal = watch->second->signal_.lock()) signal->notify();
    }
  }
}

}  // namespace worker
