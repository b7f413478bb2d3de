// See attribution.h.
#include "plugin/attribution.h"

#include <utility>

namespace plugin {
namespace {

constexpr size_t kAskedNames = 4096;

core::cgroup::Enabled enabled_engines(const config::Config& config) {
  core::cgroup::Enabled enabled;
  enabled.podman = config.podman.enabled;
  enabled.docker = config.docker.enabled;
  enabled.cri = config.cri.enabled;
  enabled.containerd = config.containerd.enabled;
  enabled.lxc = config.lxc;
  enabled.libvirt_lxc = config.libvirt_lxc;
  enabled.bpm = config.bpm;
  return enabled;
}

// What the cgroup alone tells. The id of lxc, libvirt-lxc and bpm containers is their name.
core::Container from_cgroup(const core::cgroup::Match& match, const config::StaticEngine& fixed) {
  core::Container container;
  container.type = match.type();
  container.source = core::Source::kCgroup;
  container.full_id = match.full_id;
  if (match.engine == core::cgroup::Engine::kStatic) {
    container.name = fixed.container_name;
    container.image = fixed.container_image;
  } else if (core::id_is_name(container.type)) {
    container.name = match.full_id;
  }
  return container;
}

}  // namespace

Attribution::Attribution(const config::Config& config, Cache& cache, const ThreadTable& threads,
                         AttributionHooks hooks)
    : config_(config),
      cache_(cache),
      threads_(threads),
      hooks_(std::move(hooks)),
      resolver_(enabled_engines(config)),
      asked_names_(kAskedNames) {
  static_match_.engine = core::cgroup::Engine::kStatic;
  static_match_.full_id = config.static_engine.container_id;
}

Attribution::Cgroups Attribution::match(const api::TableReader* reader, api::TableEntry* thread) {
  if (config_.static_engine.enabled) return {&static_match_, true};
  Cgroups cgroups;
  threads_.for_each_cgroup(reader, thread, [&](const char* path) {
    cgroups.any = true;
    cgroups.match = resolver_.resolve(path);
    if (cgroups.match != nullptr) path_ = path;
    return cgroups.match == nullptr;
  });
  return cgroups;
}

void Attribution::inherit(const api::TableReader* reader, api::TableEntry* thread) {
  const ThreadEntry parent = threads_.find(reader, threads_.ptid(reader, thread));
  if (!parent) return;
  const std::string_view key = threads_.container_key(reader, parent.get());
  if (key.empty()) return;
  key_ = key;
  id_ = threads_.container_id(reader, parent.get());
}

Cache::Entry& Attribution::ensure(const core::cgroup::Match& match, uint64_t now_ns) {
  const bool nameless = !core::id_is_name(match.type());
  if (Cache::Entry* known = cache_.find(match.full_id); known != nullptr) {
    // Without an engine to say so, a removed container is back when it has threads again.
    const bool back =
        known->removed && !known->from_worker && known->record->container.source == core::Source::kCgroup;
    if (!back) {
      // Records of old captures know the short id only; the cgroup knows the whole one.
      if (known->record->container.full_id.size() >= match.full_id.size()) return *known;
      const bool removed = known->removed;
      Cache::Entry& completed = cache_.put(from_cgroup(match, config_.static_engine), now_ns);
      if (removed) cache_.remove(match.full_id, now_ns);
      return completed;
    }
  }
  Cache::Entry& entry = cache_.put(from_cgroup(match, config_.static_engine), now_ns);
  if (nameless) {
    entry.first_thread_ns = now_ns;
    hooks_.ask(match.type(), match.full_id, path_);
  } else {
    hooks_.appeared(entry.record->container);
  }
  return entry;
}

Cache::Entry* Attribution::confirmed(std::string_view full_id) {
  Cache::Entry* entry = cache_.find(full_id);
  if (entry == nullptr || entry->record->container.full_id != full_id) return nullptr;
  return entry;
}

void Attribution::ask_once_to_confirm(const core::cgroup::Match& match) {
  if (asked_names_.get(path_) != nullptr) return;
  asked_names_.put(path_, true);
  hooks_.ask(match.type(), match.full_id, path_);
}

Attribution::Cgroups Attribution::work_out(const api::TableReader* reader, api::TableEntry* thread) {
  const Cgroups cgroups = match(reader, thread);
  id_.clear();
  key_ = kHostKey;
  if (cgroups.match != nullptr && cgroups.match->needs_confirmation && !confirmed(cgroups.match->full_id)) {
    key_ = kUnconfirmedMark;
    key_ += cgroups.match->full_id;
    ask_once_to_confirm(*cgroups.match);
  } else if (cgroups.match != nullptr) {
    key_ = cgroups.match->full_id;
    id_ = cgroups.match->id();
  } else if (!cgroups.any) {
    inherit(reader, thread);
  }
  return cgroups;
}

void Attribution::attach(const api::TableReader* reader, const api::TableWriter* writer,
                         api::TableEntry* thread, uint64_t now_ns) {
  const Cgroups cgroups = work_out(reader, thread);
  const std::string_view old_key = threads_.container_key(reader, thread);
  const bool same = key_ == old_key;
  // libsinsp 0.20 empties its own container_id at every exec, so both are compared.
  if (same && id_ == threads_.container_id(reader, thread)) return;
  if (!same) {
    leave(old_key, now_ns);
    enter(cgroups, now_ns);
  }
  threads_.write_container(writer, thread, id_.c_str(), key_.c_str());
}

void Attribution::attach_anew(const api::TableReader* reader, const api::TableWriter* writer,
                              api::TableEntry* thread, uint64_t now_ns) {
  enter(work_out(reader, thread), now_ns);
  threads_.write_container(writer, thread, id_.c_str(), key_.c_str());
}

void Attribution::enter(const Cgroups& cgroups, uint64_t now_ns) {
  if (id_.empty()) return;
  if (cgroups.match != nullptr) {
    ++ensure(*cgroups.match, now_ns).threads;
  } else if (Cache::Entry* entry = cache_.find(key_); entry != nullptr) {
    ++entry->threads;  // inherited
  }
}

void Attribution::detach(const api::TableReader* reader, api::TableEntry* thread, uint64_t now_ns) {
  leave(threads_.container_key(reader, thread), now_ns);
}

void Attribution::leave(std::string_view key, uint64_t now_ns) {
  if (key.empty() || key == kHostKey || key.front() == kUnconfirmedMark) return;
  Cache::Entry* entry = cache_.find(key);
  if (entry == nullptr || entry->threads == 0 || --entry->threads > 0) return;
  // The last thread is gone. Where an engine knows the container it also tells when it is removed.
  const core::Container& container = entry->record->container;
  if (container.source != core::Source::kCgroup || entry->removed) return;
  if (core::id_is_name(container.type)) {
    if (!config_.static_engine.enabled) {
      hooks_.disappeared(container);
      cache_.remove(key, now_ns);
    }
  } else {
    hooks_.forget(container.full_id);
    cache_.remove(key, now_ns);
  }
}

Cache::Entry* Attribution::container_of(const api::TableReader* reader, api::TableEntry* thread,
                                        uint64_t now_ns) {
  std::string_view key = threads_.container_key(reader, thread);
  if (key.empty()) {
    const Cgroups cgroups = match(reader, thread);
    if (cgroups.match != nullptr && cgroups.match->needs_confirmation) {
      Cache::Entry* entry = confirmed(cgroups.match->full_id);
      if (entry == nullptr) ask_once_to_confirm(*cgroups.match);
      return entry;
    }
    if (cgroups.match != nullptr) return &ensure(*cgroups.match, now_ns);
    if (cgroups.any) return nullptr;
    key_.clear();
    inherit(reader, thread);
    if (key_.empty()) return nullptr;
    key = key_;
  }
  if (key == kHostKey) return nullptr;
  if (key.front() == kUnconfirmedMark) return confirmed(key.substr(1));
  if (Cache::Entry* entry = cache_.find(key); entry != nullptr) return entry;
  // The cache had no room for it any more: it is found again by the thread's cgroups.
  const Cgroups cgroups = match(reader, thread);
  return cgroups.match != nullptr && !cgroups.match->needs_confirmation ? &ensure(*cgroups.match, now_ns)
                                                                        : nullptr;
}

void Attribution::ask_for_all() {
  cache_.for_each([&](const Cache::Entry& entry) {
    if (entry.has_metadata() || entry.removed) return;
    const core::Container& container = entry.record->container;
    hooks_.ask(container.type, container.full_id, std::string());
  });
}

}  // namespace plugin
