// What every engine implements and what it may tell. The worker's supervisor owns one Engine per socket; all
// of it runs on the worker's thread. docs/engines.md, "Life of a connection", tells the story.
//
// An engine talks and maps; it keeps no list of containers and decides nothing about retries. Those are the
// supervisor's: it compares lists, queues look-ups (at most kMaxLookups at once), reports each change once,
// reconnects with back-off and probes. So an engine with one HTTP stream (docker, podman), with several gRPC
// streams (containerd) or with none but a list every second (a CRI without events) all fit: session() is free
// to run what it needs, as long as it tells the Observer and returns when any of it fails.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "core/container.h"
#include "net/unix_stream.h"

namespace engines {

// How many look-ups one engine is asked at once.
inline constexpr size_t kMaxLookups = 8;

// The part of the configuration that engines need.
struct Settings {
  std::chrono::milliseconds timeout{5000};  // total, of one request
  size_t label_max_len = 100;               // bytes of a label's value
  bool with_size = false;
  bool with_env = false;
  bool hook_create = true;  // look up at once when the engine tells of a creation
};

// What an engine is made of.
struct Context {
  boost::asio::any_io_executor executor;
  std::string socket_path;  // to connect to; no symlinks left in it, HOST_ROOT included
  Settings settings;
  base::Logger logger;
};

// What an engine calls a container, and is asked for it by: the full id, with "namespace/" before it where
// the record has one, since an id of containerd is unique only in its namespace. No id contains a slash.
inline std::string handle_of(std::string_view engine_namespace, std::string_view full_id) {
  std::string handle(engine_namespace);
  if (!handle.empty()) handle += '/';
  return handle.append(full_id);
}
inline std::string handle_of(const core::Container& container) {
  return handle_of(container.engine_namespace, container.full_id);
}

// One container of an engine's list, or of an event.
struct Sighting {
  core::Container container;  // full_id and type set, the rest as far as it was told
  bool running = false;       // looked up before those that are not
  bool complete = false;      // nothing more to be had: no look-up is needed
  bool past = false;          // told by an event that is older than this session's list
};

// The session's ear. Calls return quickly and never fail.
class Observer {
 public:
  virtual ~Observer() = default;

  // The peer answered as this engine does and events are being followed: look-ups may start.
  virtual void connected() = 0;
  // The whole list of what exists now. What was known and is not in it is gone. Every sighting that is not
  // complete is looked up; until that answer is there, after a moment, the sighting itself is reported.
  virtual void listed(std::vector<Sighting> all) = 0;
  // An event: this container is new or may have changed. Looked up unless complete. What the event tells is
  // reported only when the engine no longer knows the container or does not answer.
  virtual void changed(Sighting sighting) = 0;
  // An event: gone. handle: handle_of().
  virtual void removed(std::string_view handle) = 0;
  // One event of whatever kind was received, for metrics.
  virtual void heard() = 0;
  // True while any socket whose records are of `type` is connected (containerd leaves Docker's containers to
  // the docker engine).
  virtual bool is_followed(core::ContainerType type) const = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;

  // One life of the connection: connect, subscribe to events, list, follow. Returns when it ends, with the
  // reason; it always does end with one. Not called again before it returned. `observer` outlives it.
  virtual boost::asio::awaitable<base::Error> session(Observer& observer) = 0;

  // Everything about one container. id: its handle, or its full id, or the beginning of that where the engine
  // allows it. nullopt: the engine answered and knows no such container. Several run at once, during a
  // session only.
  virtual boost::asio::awaitable<base::Result<std::optional<core::Container>>> lookup(std::string id) = 0;

  // A cheap round trip within the timeout, to find out whether a silent session is alive.
  virtual boost::asio::awaitable<base::Status> probe() = 0;

  // Fails everything in flight: session(), lookup() and probe() return soon. The next session() starts anew.
  virtual void close() = 0;

  // Failed requests since the engine was made.
  virtual net::Counters counters() const = 0;
};

}  // namespace engines
