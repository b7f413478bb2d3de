// See listing.h.
#include "engines/listing.h"

#include <functional>
#include <utility>

namespace engines {

namespace {

uint64_t mixed(uint64_t hash, uint64_t more) {
  constexpr uint64_t kGolden = 0x9e3779b97f4a7c15;
  return hash ^ (more + kGolden + (hash << 6) + (hash >> 2));
}

uint64_t hashed(uint64_t hash, std::string_view text) {
  return mixed(hash, std::hash<std::string_view>()(text));
}

}  // namespace

void Listing::begin() {
  under_way_ = true;
  since_.clear();
}

void Listing::told(const core::Container& container, bool looked_up) {
  const std::string handle = handle_of(container);
  if (under_way_) {
    since_.insert_or_assign(handle,
                            Told{true, container.type, container.full_id, container.engine_namespace});
  }
  if (looked_up) prints_[handle].adopt = true;
}

void Listing::gone(std::string_view handle) {
  if (under_way_) since_.insert_or_assign(std::string(handle), Told());
  prints_.erase(std::string(handle));
}

Listing::Print Listing::print_of(const Sighting& sighting) {
  const core::Container& container = sighting.container;
  Print print;
  print.runs = sighting.running;
  print.always = hashed(hashed(0, container.name), container.image);
  uint64_t hash = hashed(hashed(0, container.ip), sighting.generation);
  for (const core::PortMapping& port : container.port_mappings) {
    hash = mixed(mixed(mixed(hash, port.host_ip), port.host_port), port.container_port);
  }
  print.running = hash;
  return print;
}

// A container that ended has lost its address, which is no news: it keeps what it had.
bool Listing::is_news(const Print& before, const Print& now) {
  if (before.adopt) return false;
  if (before.always != now.always) return true;
  return now.runs && (!before.runs || before.running != now.running);
}

std::vector<Sighting> Listing::compare(std::vector<Sighting> all) {
  std::vector<Sighting> result;
  result.reserve(all.size() + since_.size());
  std::unordered_map<std::string, Print> prints;
  for (Sighting& sighting : all) {
    std::string handle = handle_of(sighting.container);
    const auto told = since_.find(handle);
    const bool is_told = told != since_.end();
    if (is_told && !told->second.exists) continue;
    Print print = print_of(sighting);
    const auto before = prints_.find(handle);
    sighting.unchanged = !sighting.complete && before != prints_.end() && !is_news(before->second, print);
    // The list may be older than what was told: the next one is no news either.
    print.adopt = is_told && before != prints_.end() && before->second.adopt;
    prints.insert_or_assign(std::move(handle), print);
    result.push_back(std::move(sighting));
  }
  for (auto& [handle, told] : since_) {
    if (!told.exists || prints.contains(handle)) continue;
    const auto before = prints_.find(handle);
    if (before != prints_.end()) prints.insert_or_assign(handle, before->second);
    Sighting& sighting = result.emplace_back();
    sighting.container.type = told.type;
    sighting.container.full_id = std::move(told.full_id);
    sighting.container.engine_namespace = std::move(told.engine_namespace);
    sighting.unchanged = true;
  }
  since_.clear();
  under_way_ = false;
  prints_ = std::move(prints);
  return result;
}

}  // namespace engines
