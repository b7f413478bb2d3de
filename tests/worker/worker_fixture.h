// A worker that follows the sockets a test names and nothing else.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "support/eventually.h"
#include "support/fake_docker.h"
#include "support/journal.h"
#include "support/temp_dir.h"
#include "worker/followers.h"
#include "worker/status_board.h"
#include "worker/worker.h"

namespace worker {

using std::chrono::milliseconds;
using support::container_id;
using support::eventually;
using support::FakeConnection;
using support::FakeDocker;
using support::FakePeer;
using testing::HasSubstr;

class WorkerTest : public testing::Test {
 protected:
  WorkerTest() {
    for (config::SocketEngine* engine :
         {&config_.docker, &config_.podman, &config_.containerd, &config_.cri}) {
      engine->enabled = false;
      engine->sockets.clear();
    }
    config_.podman_user_sockets = false;
    config_.discover = false;
    config_.docker.enabled = true;
    config_.docker.sockets = {path_};
  }

  void start() { worker_ = Worker::start(config_, journal_, log_.logger()); }
  SocketStatus status(size_t index = 0) const {
    const std::vector<SocketStatus> all = worker_->sockets();
    return index < all.size() ? all[index] : SocketStatus();
  }
  bool connected(size_t index = 0) const {
    return eventually([&] { return status(index).connected; });
  }

  support::TempDir directory_;
  std::string path_ = directory_ / "docker.sock";
  support::Journal journal_;
  support::LogBook log_;
  config::Config config_;
  std::unique_ptr<Worker> worker_;  // last: it ends first
};

// The same on a loop whose points in time a test chooses.
class TimedWorkerTest : public WorkerTest {
 protected:
  ~TimedWorkerTest() override {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
    followers_.reset();
  }
  void start_timed() {
    followers_.emplace(loop_.get_executor(), config_, journal_, board_, log_.logger(), timing_);
    followers_->run();
    thread_ = std::thread([this] { loop_.run(); });
  }
  SocketStatus timed_status(size_t index = 0) const {
    const std::vector<SocketStatus> all = board_.sockets();
    return index < all.size() ? all[index] : SocketStatus();
  }

  Timing timing_;
  StatusBoard board_;
  boost::asio::io_context loop_;
  std::optional<Followers> followers_;
  std::thread thread_;
};

}  // namespace worker
