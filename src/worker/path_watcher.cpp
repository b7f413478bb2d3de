// See path_watcher.h.
#include "worker/path_watcher.h"

#include <sys/inotify.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>
#include <utility>
#include <vector>

namespace worker {

namespace asio = boost::asio;

namespace {

constexpr uint32_t kMask =
    IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr size_t kBufferSize = 16 * 1024;

}  // namespace

PathWatcher::Watch::~Watch() {
  if (const std::shared_ptr<PathWatcher> watcher = watcher_.lock()) watcher->drop(this);
}

PathWatcher::PathWatcher(const asio::any_io_executor& executor) : inotify_(executor) {
  const int descriptor = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor >= 0) inotify_.assign(descriptor);
}

std::shared_ptr<PathWatcher::Watch> PathWatcher::watch(const std::string& directory, const std::string& entry,
                                                       const std::shared_ptr<net::Signal>& signal) {
  if (!works()) return nullptr;
  // The same directory gives the same descriptor again.
  const int descriptor = ::inotify_add_watch(inotify_.native_handle(), directory.c_str(), kMask);
  if (descriptor < 0) return nullptr;
  auto watch = std::make_shared<Watch>(weak_from_this(), directory, entry, signal);
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
    // Events were lost, or the directory is gone: everybody looks again.
    const bool overflow = (event.mask & IN_Q_OVERFLOW) != 0;
    for (const auto& [descriptor, watch] : watches_) {
      const bool meant =
          descriptor == event.wd && (name.empty() || watch->entry_.empty() || watch->entry_ == name);
      if (!meant && !overflow) continue;
      if (const std::shared_ptr<net::Signal> signal = watch->signal_.lock()) signal->notify();
    }
  }
}

}  // namespace worker
