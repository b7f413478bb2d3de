// See worker.h: the thread and what others may call from theirs.
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "worker/followers.h"
#include "worker/status_board.h"
#include "worker/worker.h"

namespace worker {

namespace asio = boost::asio;

namespace {

// Calls from other threads that wait for ours. Beyond that the worker is overwhelmed, and what it cannot take
// now it will hear of from the engines.
constexpr size_t kMaxPosted = 65536;
constexpr int kConcurrency = 1;                    // one thread runs the loop
constexpr const char* kThreadName = "ctr-worker";  // at most 15 characters

}  // namespace

class Worker::Impl {
 public:
  Impl(const config::Config& config, Listener& listener, base::Logger logger) : logger_(std::move(logger)) {
    followers_.emplace(loop_->get_executor(), config, listener, board_, logger_, Timing());
    followers_->run();
    start_thread();
  }
  ~Impl() { stop(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void stop() {
    const std::lock_guard lock(stop_mutex_);
    if (!thread_.joinable()) return;
    board_.close();
    stopping_ = true;
    // No more handlers run, so that nothing a peer does or leaves undone matters. What still waits is
    // destroyed with the loop, while everything it refers to is alive.
    loop_->stop();
    thread_.join();
    followers_.reset();
    work_.reset();
    loop_.reset();
  }

  // call: void(Followers&), run on the worker's thread.
  template <typename Call>
  void post(Call call) {
    const std::lock_guard lock(stop_mutex_);
    if (stopping_) return;
    if (posted_.fetch_add(1, std::memory_order_relaxed) >= kMaxPosted) {
      posted_.fetch_sub(1, std::memory_order_relaxed);
      return;
    }
    asio::post(*loop_, [this, call = std::move(call)]() mutable {
      posted_.fetch_sub(1, std::memory_order_relaxed);
      call(*followers_);
    });
  }

  StatusBoard& board() { return board_; }

 private:
  // The process belongs to the host: its signals are not for this thread, which inherits the mask.
  void start_thread() {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { main(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    pthread_setname_np(thread_.native_handle(), kThreadName);
  }

  void main() {
    while (!stopping_) {
      try {
        loop_->run();
        break;
      } catch (const std::exception& error) {
        logger_.error(std::string("worker: internal error: ") + error.what());
      }
    }
  }

  base::Logger logger_;
  StatusBoard board_;
  std::unique_ptr<asio::io_context> loop_ = std::make_unique<asio::io_context>(kConcurrency);
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_{loop_->get_executor()};
  std::optional<Followers> followers_;
  std::mutex stop_mutex_;  // between stop() and post()
  std::atomic<bool> stopping_ = false;
  std::atomic<size_t> posted_ = 0;
  std::thread thread_;
};

std::unique_ptr<Worker> Worker::start(const config::Config& config, Listener& listener, base::Logger logger) {
  return std::unique_ptr<Worker>(new Worker(std::make_unique<Impl>(config, listener, std::move(logger))));
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
