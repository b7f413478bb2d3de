// What every engine implements and what it may tell. The worker's supervisor owns one Engine per socket; all
// of it runs on the worker's thread. docs/engines.md, "Life of a connection", tells the story.
//
// An engine talks and maps; it keeps no list of containers and decides nothing about retries. Those are the
// supervisor's: it compares lists, queues look-ups (at most kMaxLookups at once), reports each change once,
// reconnects with back-off and probes. So an engine with one HTTP stream (docker, podman), with several gRPC
// streams (containerd) or with none but a list every second (a CRI without events) all fit: session() is free
// to run what it needs, as long as it tells the Observer. It does what can be done: a part of the API that
// fails (Part) is said, made up for and tried again, and only a peer that is gone ends the session.
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

// How often an engine is listed (list_keeper.h), and what fails is tried again; tests shorten them.
struct Pace {
  std::chrono::milliseconds without_events{1000};  // while nothing else tells
  std::chrono::milliseconds silent{10000};         // events are followed and none was heard yet
  std::chrono::milliseconds heard{60000};          // an event that never came costs so long and not a life
  std::chrono::milliseconds retry_first{1000};     // after a list that failed while events are followed
  std::chrono::milliseconds retry_limit{30000};
  std::chrono::milliseconds whole_first{5000};  // a whole list, while a smaller one does
  std::chrono::milliseconds whole_limit{300000};
  std::chrono::milliseconds events_first{5000};  // events, while lists do
  std::chrono::milliseconds events_limit{60000};
  std::chrono::milliseconds size_first{1000};  // another size, after one that was not to be had
  std::chrono::milliseconds size_limit{60000};
  unsigned share = 10;  // a list that takes long is asked for so seldom that it takes one part in `share`
};

// The part of the configuration that engines need.
struct Settings {
  std::chrono::milliseconds timeout{5000};  // total, of one request
  size_t label_max_len = 100;               // bytes of a label's value
  bool with_size = false;
  bool with_env = false;
  bool hook_create = true;  // look up at once when the engine tells of a creation
  bool follow_containerd = true;  // the engine is switched on, also for what is behind a CRI socket
  Pace pace = {};
};

// What an engine is made of.
struct Context {
  boost::asio::any_io_executor executor;
  net::UnixAddress socket;  // its shown path has HOST_ROOT in it
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
  bool bare = false;          // tells nothing but the id: no record when the engine does not know it
  bool unchanged = false;     // as the list before this one, or an event since, told it: nothing to look up
  // Of what else the list tells that changes when the container is started anew.
  std::string generation = {};
};

// What of an engine's API may fail while the rest works.
enum class Part : uint8_t { kEvents, kList };
inline constexpr size_t kParts = 2;

// What a list shows.
enum class Extent : uint8_t {
  kWhole,  // everything that exists
  kSome,   // what the engine could be made to tell: those that run
};

// The session's ear. Calls return quickly and never fail.
class Observer {
 public:
  virtual ~Observer() = default;

  // The peer answered as this engine does: look-ups may start.
  virtual void connected() = 0;
  // A list of what exists now; the first of a session, or one of those that are compared with it. What was
  // known and is not in it is gone; when the list is not whole, it is looked up, and gone when the engine
  // does not know it. Every sighting that is neither complete nor unchanged is looked up; until that answer
  // is there, after a moment, the sighting itself is reported.
  virtual void listed(std::vector<Sighting> all, Extent extent) = 0;
  // A part of the API fails; why: one sentence, with the engine's own words. Or, when that is empty, it
  // works (again). May be said over and over.
  virtual void part(Part part, const std::string& why) = 0;
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

  // One life of the connection: connect, subscribe to events, list, follow, and whatever of these can be had.
  // Returns when it ends, with the reason; it always does end with one. Not called again before it returned.
  // `observer` outlives it.
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
