// The worker and what it has reported so far, for commands that ask engines directly. Thread-safe where the
// worker's thread writes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "tools/console.h"
#include "tools/exit_code.h"
#include "tools/settings.h"
#include "worker/worker.h"

namespace tools {

using Record = std::shared_ptr<const core::Container>;

struct Change {
  bool removed = false;
  Record container;
};

class Engines : private worker::Listener {
 public:
  explicit Engines(const Settings& settings);
  ~Engines() override;
  Engines(const Engines&) = delete;
  Engines& operator=(const Engines&) = delete;

  worker::Worker& worker() { return *worker_; }
  std::vector<Record> containers() const;
  // Waits until a container with that full id is known, or for that long.
  Record wait_for(const std::string& full_id, std::chrono::milliseconds limit) const;

  // Readable while there are changes to take.
  int changed_fd() const { return changed_fd_.get(); }
  std::vector<Change> take_changes();

 private:
  void on_container(std::shared_ptr<const core::Container> container) override;
  void on_removed(std::shared_ptr<const core::Container> container) override;
  void report(Change change);

  base::UniqueFd changed_fd_;
  mutable std::mutex mutex_;
  mutable std::condition_variable known_;
  std::map<std::string, Record> containers_;  // by full id
  std::deque<Change> changes_;
  std::unique_ptr<worker::Worker> worker_;  // last: it stops before the rest goes
};

// One line on standard error for each socket that exists and is not connected, or for every socket when none
// has told its containers; and for each whose engine works in parts only. Returns kFine when at least one
// told which containers run, kNoPermission when one could not be opened for that reason, else
// kNothingReachable.
ExitCode report_sockets(const std::vector<worker::SocketStatus>& sockets, const Console& console);

// Why a socket is not connected, or what of its engine does not work, in the engine's own words.
std::string state_of(const worker::SocketStatus& socket);

}  // namespace tools
