// Which container an event happened in, found without the plugin: by the cgroup paths that the host knows of
// the thread, or, where those do not name the container, by its command (which carries its name) and by
// descent from it. One owner, the event loop's thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "host/event_context.h"

namespace bench::race {

// Name of the n-th container of this run, for which every id and cgroup path is searched: unique in its first
// twelve characters, which is what the plugin shows of an id.
std::string container_name(unsigned number, int64_t run);

// The container's command line for `sh -c`: a marker with its name, then a few processes.
std::string marked_command(std::string_view name);

// A container's name or 64-digit id within `text`; "" for none.
std::string_view find_key(std::string_view text);

// Where an event happened.
struct Place {
  std::string key;  // Tally's; "" for none
  // The thread was known to be in the container, or its parent is, and yet /proc shows no cgroup of it: it
  // was read while the process ended, when the kernel has moved it to the root cgroup already.
  bool read_too_late = false;
};

class Truth {
 public:
  // To be asked once for each event, in order.
  Place place_of(const host::EventContext& context);

  // True when the event is the exec of a container's own command.
  static bool is_command(const host::EventContext& context);

  // The keys in the arguments of an exec event, each once: what a monitor, shim or runtime is started for.
  static std::vector<std::string> announced_by(const host::EventContext& context);

 private:
  std::string inherited(const host::EventContext& context) const;

  std::unordered_map<int64_t, std::string> places_;  // keys of the threads in containers, by tid
};

}  // namespace bench::race
