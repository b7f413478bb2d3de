// See worker.h: the thread and what others may call from theirs.
#include <pthread.h>
#include <signal.h>

#include <array>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "core/limits.h"
#include "worker/followers.h"
#include "worker/status_board.h"
#include "worker/worker.h"

namespace worker {

namespace asio = boost::asio;

namespace {

constexpr int kConcurrency = 1;                    // one thread runs the loop
constexpr const char* kThreadName = "ctr-worker";  // at most 15 characters
// Of the 100 ms that stopping takes at most.
constexpr std::chrono::milliseconds kStopLimit{60};

// What the worker says to the outside passes here. Once it is closed nothing does, also not from a thread
// that was left behind.
class Gate final : public Listener {
 public:
  Gate(Listener& listener, base::Logger logger) : listener_(&listener), logger_(std::move(logger)) {}

  void on_container(std::shared_ptr<const core::Container> container) override {
    const std::lock_guard lock(mutex_);
    if (listener_ != nullptr) listener_->on_container(std::move(container));
  }
  void on_removed(std::shared_ptr<const core::Container> container) override {
    const std::lock_guard lock(mutex_);
    if (listener_ != nullptr) listener_->on_removed(std::move(container));
  }
  // Logs through the gate, at the level of the logger behind it.
  static base::Logger logger(const std::shared_ptr<Gate>& gate) {
    auto threshold = base::Severity::kCritical;
    for (const base::Severity severity : kSeverities) {
      if (gate->logger_.enabled(severity)) threshold = severity;
    }
    return {[gate](base::Severity severity, const std::string& line) { gate->log(severity, line); },
            threshold};
  }
  void close() {
    {
      const std::lock_guard lock(mutex_);
      listener_ = nullptr;
    }
    const std::lock_guard lock(log_mutex_);
    logger_ = base::Logger();
  }

 private:
  static constexpr std::array kSeverities{base::Severity::kCritical, base::Severity::kError,
                                          base::Severity::kWarning,  base::Severity::kInfo,
                                          base::Severity::kDebug,    base::Severity::kTrace};

  void log(base::Severity severity, const std::string& line) {
    const std::lock_guard lock(log_mutex_);
    logger_.log(severity, line);
  }

  std::mutex mutex_;
  Listener* listener_;
  std::mutex log_mutex_;  // another: a listener may log
  base::Logger logger_;
};

// Everything that the thread touches: it lives as long as the thread does, which may be longer than its
// Worker.
struct Core {
  Core(const config::Config& config, Listener& listener, const base::Logger& to)
      : gate(std::make_shared<Gate>(listener, to)), logger(Gate::logger(gate)) {
    followers.emplace(loop->get_executor(), config, *gate, board, logger, Timing());
    followers->run();
  }

  // The thread's main function.
  void main() {
    while (!stopping) {
      try {
        loop->run();
        break;
      } catch (const std::exception& error) {
        logger.error(std::string("worker: internal error: ") + error.what());
      }
    }
    { const std::lock_guard lock(mutex); }  // stop() is through with the loop
    // No more handlers run. What still waits is destroyed with the loop, while everything it refers to is
    // alive.
    followers.reset();
    work.reset();
    loop.reset();
    const std::lock_guard lock(mutex);
    ended = true;
    changed.notify_all();
  }

  std::shared_ptr<Gate> gate;
  base::Logger logger;
  StatusBoard board;
  std::unique_ptr<asio::io_context> loop = std::make_unique<asio::io_context>(kConcurrency);
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work{loop->get_executor()};
  std::optional<Followers> followers;
  std::atomic<bool> stopping = false;
  std::atomic<size_t> posted = 0;
  std::mutex mutex;
  std::condition_variable changed;
  bool ended = false;  // guarded by mutex
};

}  // namespace

class Worker::Impl {
 public:
  Impl(const config::Config& config, Listener& listener, const base::Logger& logger)
      : core_(std::make_shared<Core>(config, listener, logger)) {
    start_thread();
  }
  ~Impl() { stop(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  // A thread that does not end in time is left behind: it hangs in a file system that does not answer, or is
  // in the middle of something long. It holds what it touches, reaches nobody any more, and ends by itself;
  // the library stays loaded for its sake (linked with -z nodelete).
  void stop() {
    const std::lock_guard lock(stop_mutex_);
    if (!thread_.joinable()) return;
    core_->board.close();
    std::unique_lock ending(core_->mutex);
    core_->stopping = true;
    // No more handlers run, so that nothing a peer does or leaves undone matters.
    core_->loop->stop();
    const bool ended = core_->changed.wait_for(ending, kStopLimit, [this] { return core_->ended; });
    ending.unlock();
    core_->gate->close();
    if (ended) {
      thread_.join();
    } else {
      thread_.detach();
    }
  }

  // call: void(Followers&), run on the worker's thread.
  template <typename Call>
  void post(Call call) {
    const std::lock_guard lock(stop_mutex_);
    if (core_->stopping) return;
    if (core_->posted.fetch_add(1, std::memory_order_relaxed) >= core::limits::kPosted) {
      core_->posted.fetch_sub(1, std::memory_order_relaxed);
      return;
    }
    // The loop is the core's: no handler of it outlives it.
    asio::post(*core_->loop, [core = core_.get(), call = std::move(call)]() mutable {
      core->posted.fetch_sub(1, std::memory_order_relaxed);
      call(*core->followers);
    });
  }

  StatusBoard& board() { return core_->board; }

 private:
  // The process belongs to the host: its signals are not for this thread, which inherits the mask.
  void start_thread() {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([core = core_] { core->main(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    pthread_setname_np(thread_.native_handle(), kThreadName);
  }

  std::shared_ptr<Core> core_;
  std::mutex stop_mutex_;  // between stop() and post()
  std::thread thread_;
};

std::unique_ptr<Worker> Worker::start(const config::Config& config, Listener& listener, base::Logger logger) {
  return std::unique_ptr<Worker>(new Worker(std::make_unique<Impl>(config, listener, logger)));
}

Worker::Worker(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Worker::~Worker() = default;

bool Worker::wait_until_listed(std::chrono::milliseconds limit) {
  return impl_->board().wait_until_settled(limit);
}

void Worker::request(LookupRequest request) {
  impl_->post([request = std::move(request)](Followers& followers) mutable {
    followers.request(std::move(request));
  });
}

void Worker::read_bundle(std::string full_id, std::string directory, std::string name_hint,
                         core::Owner owner) {
  impl_->post([full_id = std::move(full_id), directory = std::move(directory),
               name_hint = std::move(name_hint), owner](Followers& followers) mutable {
    followers.read_bundle({std::move(full_id), std::move(directory), std::move(name_hint), owner});
  });
}

void Worker::forget(std::string full_id, core::Owner owner) {
  impl_->post(
      [full_id = std::move(full_id), owner](Followers& followers) { followers.forget(full_id, owner); });
}

void Worker::orphaned(std::string full_id, std::string cgroup_path, core::Owner owner) {
  impl_->post([full_id = std::move(full_id), cgroup_path = std::move(cgroup_path),
               owner](Followers& followers) mutable {
    followers.orphaned(std::move(full_id), std::move(cgroup_path), owner);
  });
}

std::vector<SocketStatus> Worker::sockets() const {
  return impl_->board().sockets();
}
LookupStatus Worker::lookups() const {
  return impl_->board().lookups();
}
void Worker::stop() {
  impl_->stop();
}

}  // namespace worker
