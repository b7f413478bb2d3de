// Everything that runs on the worker's thread: a supervisor per socket, the look-ups on demand, the watcher
// of paths. Worker (worker.h) adds the thread; tests run it on a loop of their own.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/log.h"
#include "config/config.h"
#include "engines/engine.h"
#include "engines/registry.h"
#include "worker/path_watcher.h"
#include "worker/socket_path.h"
#include "worker/status_board.h"
#include "worker/worker.h"

namespace worker {

class Discovery;
class Fetcher;
class LocalReader;
class Orphans;
class Supervisor;
class UserSockets;

// Points in time that are facts of the design (docs/engines.md); tests shorten them.
struct Timing {
  std::chrono::milliseconds reconnect_first{100};
  std::chrono::milliseconds reconnect_limit{30000};
  std::chrono::milliseconds probe{30000};        // how often a silent session is probed
  std::chrono::milliseconds recheck{5000};       // looking again although inotify told nothing
  std::chrono::milliseconds recheck_blind{500};  // the same without inotify
  std::chrono::milliseconds discover{5000};      // between two looks at who listens where
  std::chrono::milliseconds sightings{250};      // then what a list told is reported, answered or not
  std::chrono::milliseconds fetch_first{50};
  std::chrono::milliseconds fetch_limit{10000};
  std::chrono::milliseconds bundle_first{2};  // then a bundle that changed while it was read is read again
  std::chrono::milliseconds bundle_limit{50};
  std::chrono::milliseconds lived{1000};    // a session that lasted so long is followed by the next at once
  std::chrono::milliseconds orphans{5000};  // how often containers of engines that are away are looked at
  engines::Pace pace;                       // of lists
};

// See Worker::read_bundle().
struct BundleRequest {
  std::string full_id;
  std::string directory;
  std::string name_hint;
  core::Owner owner = {};
};

// What the parts share. Held by each of them; one thread, but for the board.
struct Shared {
  Shared(boost::asio::any_io_executor loop, const config::Config& configuration, Listener& ear,
         StatusBoard& status, base::Logger log, const Timing& times);

  std::chrono::milliseconds recheck() const {
    return watcher->works() ? timing.recheck : timing.recheck_blind;
  }
  double random() { return std::uniform_real_distribution<double>(0.0, 1.0)(random_engine); }

  boost::asio::any_io_executor executor;
  config::Config config;
  engines::Settings settings;
  Listener& listener;
  StatusBoard& board;
  base::Logger logger;
  Timing timing;
  SocketPaths paths;
  std::shared_ptr<PathWatcher> watcher;
  std::shared_ptr<Fetcher> fetcher;
  std::shared_ptr<LocalReader> local;  // nullptr without local_sources
  std::shared_ptr<Orphans> orphans;
  std::vector<std::shared_ptr<Supervisor>> supervisors;
  uint64_t reports = 0;  // containers reported so far
  std::minstd_rand random_engine;
};

class Followers {
 public:
  // Adds a supervisor for each socket that is configured; connects to nothing yet. listener and board outlive
  // it.
  Followers(boost::asio::any_io_executor executor, const config::Config& config, Listener& listener,
            StatusBoard& board, base::Logger logger, const Timing& timing);
  // Lets go of everything. Coroutines that still wait go with the loop; none of them runs again.
  ~Followers();
  Followers(const Followers&) = delete;
  Followers& operator=(const Followers&) = delete;

  // Starts all coroutines; returns at once.
  void run();

  void request(LookupRequest request);
  void read_bundle(BundleRequest request);
  void forget(const std::string& full_id, core::Owner owner = {});
  void orphaned(std::string full_id, std::string cgroup_path, core::Owner owner = {});

 private:
  std::shared_ptr<Shared> shared_;
  std::shared_ptr<UserSockets> user_sockets_;  // nullptr when none are followed
  std::shared_ptr<Discovery> discovery_;       // nullptr when it is switched off
};

// Runs a coroutine of the worker on its own. One that ends with an exception is a bug of ours: it is logged,
// and the worker goes on without it. what: for that line.
void spawn(const std::shared_ptr<Shared>& shared, boost::asio::awaitable<void> coroutine, const char* what);

// A supervisor for a socket, known to the board and in shared->supervisors.
std::shared_ptr<Supervisor> add_supervisor(const std::shared_ptr<Shared>& shared,
                                           const engines::EngineRow& row, SocketPlace place, bool optional);

}  // namespace worker
