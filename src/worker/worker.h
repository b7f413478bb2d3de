// The worker: one thread that follows every configured engine. Spec: docs/engines.md.
// The owner creates it, hands it look-up requests and stops it; everything it learns arrives through the
// Listener, on the worker's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "config/config.h"
#include "core/container.h"

namespace worker {

// Called on the worker's thread, one call at a time; must not block for long.
class Listener {
 public:
  virtual ~Listener() = default;
  // A container that is new, or whose record changed in a way that a user can see.
  virtual void on_container(std::shared_ptr<const core::Container> container) = 0;
  // Its engine says that it is gone, or is itself gone and so are the container's threads and cgroup; the
  // last record known.
  virtual void on_removed(std::shared_ptr<const core::Container> container) = 0;
};

// A container id seen on a thread before any engine reported it.
struct LookupRequest {
  std::string full_id;
  core::ContainerType hint = core::ContainerType::kUnknown;  // the engine that the cgroup path suggests
  std::string cgroup_path;
  // Set for a name that only containerd can confirm to be a container: it is asked in this namespace, and
  // nobody else is.
  std::string containerd_namespace = {};
  bool known_from_disk = false;  // only an engine can tell more
  core::Owner owner = {};        // whose container it is: only engines of that owner are asked
};

// One socket's state and counters, for metrics and for people ("why is a field empty").
struct SocketStatus {
  std::string engine;  // "docker", "podman", ...
  std::string path;    // with HOST_ROOT
  bool connected = false;
  bool listed = false;     // and has told at least which containers run
  std::string last_error;  // why it is not connected; empty when it is, or was never tried
  std::string trouble;     // what of a connected engine's API fails, in its own words; empty when all works
  uint64_t reconnects = 0;
  uint64_t errors = 0;      // failed requests and broken answers
  uint64_t timeouts = 0;    // of these, deadlines that passed
  uint64_t events = 0;      // engine events received
  uint64_t containers = 0;  // known from this socket now
};

struct LookupStatus {
  uint64_t asked = 0;  // ids asked for on demand
  uint64_t found = 0;
  uint64_t failed = 0;   // given up because the container is gone
  uint64_t pending = 0;  // being retried now
  // Records that were reported because the plugin asked, by where they come from.
  uint64_t from_api = 0;
  uint64_t from_disk = 0;
  uint64_t from_bundle = 0;
  uint64_t refused = 0;  // files of local_sources that were not what they should be
};

class Worker {
 public:
  // Starts the thread; never waits for an engine. listener must outlive the worker.
  static std::unique_ptr<Worker> start(const config::Config& config, Listener& listener, base::Logger logger);
  ~Worker();  // stops
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Returns once every socket that exists has listed its containers or failed, or after `limit`, whichever is
  // first. True when nothing was left to wait for.
  bool wait_until_listed(std::chrono::milliseconds limit);

  // Asks for one container: what engines keep on disk (local_sources), which is reported at once, then the
  // engine hinted at, then all others; retried with back-off until an engine tells of it, it is forgotten, or
  // its cgroup is seen to be gone. Asking again for an id that is pending does nothing. Thread-safe, does not
  // block.
  void request(LookupRequest request);
  // Reads the OCI bundle in `directory` (absolute, as the host sees it) of a container that is being created,
  // for those that the caller could not read without waiting, and reports what it tells; again, a few times,
  // when it changed while it was read. Nothing is reported when an engine has told of that container
  // meanwhile. name_hint: see engines::local::State::bundle(). owner: whose container it is. Thread-safe,
  // does not block; without local_sources nothing.
  void read_bundle(std::string full_id, std::string directory, std::string name_hint, core::Owner owner = {});
  // No thread of that owner holds that id any more.
  void forget(std::string full_id, core::Owner owner = {});
  // The last thread of a container that an engine reported has ended; cgroup_path: that thread's ("" when not
  // known). While its engine is connected this means nothing: the engine says when the container is removed.
  // While the engine is away, and stays away, the container is reported as removed once that cgroup does not
  // exist any more. Thread-safe, does not block; ids that no engine reported are ignored.
  void orphaned(std::string full_id, std::string cgroup_path, core::Owner owner = {});

  // Snapshots for metrics. Thread-safe.
  std::vector<SocketStatus> sockets() const;
  LookupStatus lookups() const;

  // Ends the thread within 100 ms whatever the peers and file systems do; one that is in the middle of
  // something longer is left behind, and ends by itself. No call to the listener or the log after it returns.
  void stop();

 private:
  class Impl;
  explicit Worker(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace worker
