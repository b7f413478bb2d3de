// What an engine's last list showed, so that of the next one only what changed is looked up. Lists are
// answered while events and look-ups tell of changes: what they said while a list was under way counts more
// than the list. Pure bookkeeping. Owned by a list keeper; worker's thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engines/engine.h"

namespace engines {

class Listing {
 public:
  // A list is asked for now.
  void begin();
  // An event or a look-up told meanwhile that the container exists, or that it is gone. looked_up: by an
  // event, which is followed by a look-up: what the next list says of it is no news. handle: handle_of().
  void told(const core::Container& container, bool looked_up);
  void gone(std::string_view handle);

  // What the list is to the observer: without those that went since begin(), with those that came, and with
  // `unchanged` where nothing is new. Lists follow each other: the next is compared with this one.
  std::vector<Sighting> compare(std::vector<Sighting> all);

 private:
  // Hashes: of what can change at any time, and of what can while the container runs.
  struct Print {
    uint64_t always = 0;
    uint64_t running = 0;
    bool runs = false;
    bool adopt = false;  // told by an event: whatever the next list says of it has been looked up
  };
  struct Told {
    bool exists = false;
    core::ContainerType type = core::ContainerType::kUnknown;
    std::string full_id = {};
    std::string engine_namespace = {};
  };
  static Print print_of(const Sighting& sighting);
  static bool is_news(const Print& before, const Print& now);

  bool under_way_ = false;
  std::map<std::string, Told, std::less<>> since_;  // told since begin(), by handle
  std::unordered_map<std::string, Print> prints_;   // by handle
};

}  // namespace engines
