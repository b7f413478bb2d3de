// Tells when an entry of a directory comes into being or goes: one inotify instance for all sockets.
// Owned by Followers; worker's thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "net/signal.h"

namespace worker {

class PathWatcher : public std::enable_shared_from_this<PathWatcher> {
 public:
  // One interest; ends when it is destroyed. May outlive the watcher.
  class Watch {
   public:
    Watch(std::weak_ptr<PathWatcher> watcher, std::string entry, std::weak_ptr<net::Signal> signal)
        : watcher_(std::move(watcher)), entry_(std::move(entry)), signal_(std::move(signal)) {}
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    friend class PathWatcher;
    std::weak_ptr<PathWatcher> watcher_;
    std::string entry_;
    std::weak_ptr<net::Signal> signal_;
    int descriptor_ = -1;
  };

  explicit PathWatcher(const boost::asio::any_io_executor& executor);

  // False when the kernel gives no inotify instance (a limit): then look now and then instead.
  bool works() const { return inotify_.is_open(); }

  // Notifies `signal` whenever `entry` (any entry when empty) is created in, moved into or removed from
  // `directory`, and when the directory itself goes. nullptr when the directory cannot be watched. directory:
  // open, may be O_PATH; it need not stay open.
  std::shared_ptr<Watch> watch(const base::UniqueFd& directory, const std::string& entry,
                               const std::shared_ptr<net::Signal>& signal);

  // Delivers; runs as long as the watcher works. To be spawned once, with the watcher held.
  boost::asio::awaitable<void> run();

 private:
  void deliver(std::string_view bytes);
  void drop(Watch* watch);

  boost::asio::posix::stream_descriptor inotify_;
  std::multimap<int, Watch*> watches_;  // by watch descriptor
};

}  // namespace worker
