// See local_state.h.
#include "engines/local/local_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "core/fit.h"
#include "core/limits.h"
#include "core/merge.h"
#include "engines/engine.h"
#include "engines/inspect_json.h"
#include "engines/local/bundle.h"
#include "engines/local/docker_state.h"
#include "engines/local/podman_state.h"
#include "engines/local/state_places.h"

namespace engines::local {

using base::Patience;
using base::ReadError;
using base::Unread;
using core::ContainerType;

namespace {

constexpr std::string_view kDockerContainers = "/var/lib/docker/containers";
// The list of a storage is as long as there are containers, half a kilobyte each.
constexpr size_t kMaxList = 16UL << 20U;

// Of the reasons for having nothing the one that a caller can do most about.
int weight(Unread kind) {
  switch (kind) {
    case Unread::kMissing:
      return 0;
    case Unread::kRefused:
      return 1;
    case Unread::kWouldWait:
      return 2;
    case Unread::kChanged:
      return 3;
  }
  return 0;
}

void note(const ReadError& error, ReadError& worst) {
  if (weight(error.kind) > weight(worst.kind)) worst = error;
}

// What is not there will not be there a moment later; what could not be read may be.
bool may_come(Unread kind) {
  return kind == Unread::kWouldWait || kind == Unread::kChanged;
}

core::Owner owner_of(const base::Hands& hands) {
  if (hands.only_root()) return core::Owner::machine();
  return hands.one_user() ? core::Owner::user(hands.uid()) : core::Owner::nobody();
}

ReadError of_others(const std::string& path) {
  return ReadError{Unread::kRefused, path + ": others than the container's owner can have written it"};
}

Finding fitted(Finding found) {
  if (found) found->left_out = core::fit(found->container);
  return found;
}

}  // namespace

class State::Impl {
 public:
  explicit Impl(const config::Config& config) : config_(config), files_(config.host_root) {
    settings_.label_max_len = config.label_max_len;
    settings_.with_env = config.with_env;
  }

  Finding bundle(std::string_view full_id, std::string_view directory, Patience patience,
                 std::string_view name_hint);
  Finding by_id(ContainerType hint, std::string_view full_id, std::string_view ns, core::Owner owner,
                Patience patience);

 private:
  base::Reading<std::string> read(std::string_view directory, std::string_view name, Patience patience);
  bool is_enabled(ContainerType type, std::string_view ns) const;
  void complete(const Place& place, std::string_view name_hint, Patience patience, Bundle& bundle);
  void complete_docker(std::string containers, Patience patience, Found& found);
  void complete_podman(std::string_view storage, Patience patience, Found& found);
  base::Reading<core::Container> docker_state(std::string_view full_id, std::string_view containers,
                                              core::Owner owner, const core::Container* spec,
                                              Patience patience);
  base::Reading<core::Container> storage_entry(std::string_view full_id, std::string_view storage,
                                               core::Owner owner, Patience patience);

  config::Config config_;
  Settings settings_;
  base::LocalFiles files_;
};

base::Reading<std::string> State::Impl::read(std::string_view directory, std::string_view name,
                                             Patience patience) {
  const size_t limit = config_.local_max_bytes;
  const bool hurried = patience == Patience::kCachedOnly;
  return files_.read(directory, name, hurried ? std::min(core::limits::kCachedBundleBytes, limit) : limit,
                     patience, limit);
}

bool State::Impl::is_enabled(ContainerType type, std::string_view ns) const {
  switch (type) {
    case ContainerType::kDocker:
      return config_.docker.enabled;
    case ContainerType::kPodman:
      return config_.podman.enabled;
    case ContainerType::kCrio:
      return config_.cri.enabled;
    case ContainerType::kContainerd:
      return config_.containerd.enabled || (ns == kKubernetesNamespace && config_.cri.enabled);
    default:
      return true;
  }
}

Finding State::Impl::bundle(std::string_view full_id, std::string_view directory, Patience patience,
                            std::string_view name_hint) {
  if (!is_container_id(full_id)) return ReadError{Unread::kRefused, "bundle: not an id of a container"};
  const base::Reading<std::string> text = read(directory, "config.json", patience);
  if (!text) return text.error();
  const core::Owner owner = owner_of(files_.hands());
  const Place place = place_of(directory);
  base::Result<Bundle> mapped = map_bundle(full_id, *text, place, settings_);
  if (!mapped) {
    return ReadError{Unread::kRefused, fmt::format("{}{}/config.json, for the container {}: {}",
                                                   config_.host_root, directory, full_id, mapped.error())};
  }
  if (!is_enabled(mapped->found.container.type, place.ns)) return ReadError{};
  mapped->found.container.owner = owner;
  complete(place, name_hint, patience, *mapped);
  return std::move(mapped->found);
}

// What the bundle lacks, from what the engine wrote elsewhere.
void State::Impl::complete(const Place& place, std::string_view name_hint, Patience patience,
                           Bundle& bundle) {
  Found& found = bundle.found;
  core::Container& container = found.container;
  if (container.type == ContainerType::kDocker) complete_docker(bundle.docker_containers, patience, found);
  if (container.type == ContainerType::kPodman) complete_podman(place.container_storage, patience, found);
  if (container.name.empty()) container.name = name_hint;
  // containerd's containers have no other name than their id, unless a client gives them one.
  if (container.name.empty() && container.type == ContainerType::kContainerd) {
    container.name = container.full_id;
  }
}

// containers: as the bundle's mounts tell it, or "".
void State::Impl::complete_docker(std::string containers, Patience patience, Found& found) {
  core::Container& container = found.container;
  if (containers.empty()) containers = kDockerContainers;
  base::Reading<core::Container> state =
      docker_state(container.full_id, containers, container.owner, &container, patience);
  if (!state) {
    found.complete = !may_come(state.kind());
    return;
  }
  // Docker's own list of volumes, which may be empty, instead of the runtime's.
  container.mounts = state->mounts;
  container = core::merge(container, *state);
}

// spec: the record from the bundle, when there is one.
base::Reading<core::Container> State::Impl::docker_state(std::string_view full_id,
                                                         std::string_view containers, core::Owner owner,
                                                         const core::Container* spec, Patience patience) {
  const std::string directory = fmt::format("{}/{}", containers, full_id);
  const base::Reading<std::string> config = read(directory, "config.v2.json", patience);
  if (!config) return config.error();
  if (owner_of(files_.hands()) != owner) return of_others(config_.host_root + directory);
  // With the bundle's numbers and switches at hand Docker's words for them are worth no time of Falco's.
  const bool spared = spec != nullptr && patience == Patience::kCachedOnly;
  const base::Reading<std::string> host =
      spared ? base::Reading<std::string>(ReadError{}) : read(directory, "hostconfig.json", patience);
  if (!host && may_come(host.kind())) return host.error();
  if (host && owner_of(files_.hands()) != owner) return of_others(config_.host_root + directory);
  base::Result<core::Container> mapped =
      map_docker_state(full_id, *config, host ? std::string_view(*host) : std::string_view(), settings_);
  if (!mapped) {
    return ReadError{Unread::kRefused, fmt::format("{}{}: {}", config_.host_root, directory, mapped.error())};
  }
  mapped->owner = owner;
  return *std::move(mapped);
}

void State::Impl::complete_podman(std::string_view storage, Patience patience, Found& found) {
  if (storage.empty()) return;
  core::Container& container = found.container;
  base::Reading<core::Container> entry = storage_entry(container.full_id, storage, container.owner, patience);
  if (!entry) {
    found.complete = !may_come(entry.kind());
    return;
  }
  container = core::merge(container, *entry);
}

base::Reading<core::Container> State::Impl::storage_entry(std::string_view full_id, std::string_view storage,
                                                          core::Owner owner, Patience patience) {
  const bool hurried = patience == Patience::kCachedOnly;
  ReadError worst;
  for (const std::string_view name : {"containers.json", "volatile-containers.json"}) {
    const base::Reading<std::string> list =
        files_.read(storage, name, hurried ? core::limits::kCachedListBytes : kMaxList, patience, kMaxList);
    if (!list) {
      note(list.error(), worst);
      continue;
    }
    const std::string_view entry = find_storage_entry(*list, full_id);
    if (entry.empty()) continue;
    if (owner_of(files_.hands()) != owner) {
      note(of_others(fmt::format("{}{}/{}", config_.host_root, storage, name)), worst);
      continue;
    }
    std::optional<core::Container> mapped = map_storage_entry(full_id, entry);
    if (mapped) mapped->owner = owner;
    if (mapped) return *std::move(mapped);
    note({Unread::kRefused, fmt::format("{}{}/{}: the entry about {} is not what Podman writes",
                                        config_.host_root, storage, name, full_id)},
         worst);
  }
  return worst;
}

Finding State::Impl::by_id(ContainerType hint, std::string_view full_id, std::string_view ns,
                           core::Owner owner, Patience patience) {
  if (!is_container_id(full_id) || (!ns.empty() && !is_container_id(ns))) {
    return ReadError{Unread::kRefused, "state on disk: not an id of a container"};
  }
  if (owner.is_nobody()) return ReadError{};
  ReadError worst;
  // Bundles first: they tell most, and are completed.
  StatePlaces places(config_, files_, owner, patience);
  for (const std::string& directory : places.bundles(hint, full_id, ns)) {
    Finding found = bundle(full_id, directory, patience, {});
    if (found && found->container.owner != owner) {
      note(of_others(config_.host_root + directory), worst);
      continue;
    }
    if (found) {
      found->container.source = core::Source::kDisk;
      return found;
    }
    note(found.error(), worst);
  }
  Found found;
  if (config_.docker.enabled && ns.empty()) {
    for (const std::string& containers : places.docker_containers()) {
      base::Reading<core::Container> state = docker_state(full_id, containers, owner, nullptr, patience);
      if (state) {
        found.container = *std::move(state);
        return found;
      }
      note(state.error(), worst);
    }
  }
  if (config_.podman.enabled && ns.empty()) {
    for (const std::string& storage : places.container_storages()) {
      base::Reading<core::Container> entry = storage_entry(full_id, storage, owner, patience);
      if (entry) {
        found.container = *std::move(entry);
        return found;
      }
      note(entry.error(), worst);
    }
  }
  return worst;
}

State::State(const config::Config& config) : impl_(std::make_unique<Impl>(config)) {}
State::~State() = default;
State::State(State&&) noexcept = default;
State& State::operator=(State&&) noexcept = default;

Finding State::bundle(std::string_view full_id, std::string_view directory, Patience patience,
                      std::string_view name_hint) {
  return fitted(impl_->bundle(full_id, directory, patience, name_hint));
}

Finding State::by_id(ContainerType hint, std::string_view full_id, std::string_view containerd_namespace,
                     core::Owner owner, Patience patience) {
  return fitted(impl_->by_id(hint, full_id, containerd_namespace, owner, patience));
}

}  // namespace engines::local
