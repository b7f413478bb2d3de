// See attribution.h.
#include "plugin/attribution.h"

#include <span>
#include <utility>

#include "config/cgroup_engines.h"
#include "core/cgroup/owner_of.h"
#include "core/image_names.h"
#include "core/limits.h"

namespace plugin {
namespace {

// What the cgroup alone tells. The id of lxc, libvirt-lxc and bpm containers is their name.
core::Container from_cgroup(const core::cgroup::Match& match, core::Owner owner,
                            const config::StaticEngine& fixed) {
  core::Container container;
  container.owner = owner;
  container.type = match.type();
  container.source = core::Source::kCgroup;
  container.full_id = match.full_id;
  if (match.engine == core::cgroup::Engine::kStatic) {
    container.name = fixed.container_name;
    const core::ImageWord image{core::ImagePlace::kConfigured, fixed.container_image};
    core::name_image(std::span(&image, 1), container);
    container.image = fixed.container_image;
  } else if (core::id_is_name(container.type)) {
    container.name = match.full_id;
  }
  return container;
}

}  // namespace

Attribution::Attribution(const config::Config& config, Cache& cache, const core::cgroup::KnownPaths& paths,
                         const ThreadTable& threads, const ProcessOwners& processes, AttributionHooks hooks)
    : config_(config),
      cache_(cache),
      threads_(threads),
      processes_(processes),
      descent_(threads, processes),
      hooks_(std::move(hooks)),
      resolver_(config::cgroup_engines(config), core::cgroup::kRememberedPaths, &paths),
      asked_names_(core::limits::kAskedNames),
      second_look_(paths, resolver_, threads) {
  static_match_.engine = core::cgroup::Engine::kStatic;
  static_match_.full_id = config.static_engine.container_id;
}

Attribution::Cgroups Attribution::match(const api::TableReader* reader, api::TableEntry* thread) {
  if (config_.static_engine.enabled) return {&static_match_, true};
  Cgroups cgroups;
  choice_.clear();
  threads_.for_each_cgroup(reader, thread, [&](const char* path) {
    cgroups.any = true;
    // Most threads are in one cgroup, whatever the controller.
    if (choice_.match() != nullptr && choice_.path() == path) return true;
    if (const core::cgroup::Match* found = resolver_.resolve(path)) choice_.offer(*found, path);
    return true;
  });
  cgroups.match = choice_.match();
  if (cgroups.match != nullptr) {
    path_ = choice_.path();
    cgroups.owner = cgroups.match->owner;
  }
  return cgroups;
}

core::ContainerKey Attribution::key_of(const Cgroups& cgroups) const {
  const core::Owner owner = without_owners_ ? core::Owner::machine() : cgroups.owner;
  return core::make_key(cgroups.match->full_id, owner, cgroups.match->type());
}

ThreadKey Attribution::key_on(const api::TableReader* reader, api::TableEntry* thread) const {
  ThreadKey key = threads_.key(reader, thread);
  if (without_owners_) key.container.owner = core::Owner::machine();
  return key;
}

void Attribution::inherit(const api::TableReader* reader, api::TableEntry* thread) {
  const ThreadEntry parent = threads_.find(reader, threads_.ptid(reader, thread));
  if (!parent) return;
  const std::string_view key = threads_.container_key(reader, parent.get());
  if (ThreadKey::parse(key).kind == ThreadKey::Kind::kUnseen) return;
  key_ = key;
  id_ = threads_.container_id(reader, parent.get());
}

bool Attribution::descend(const api::TableReader* reader, api::TableEntry* thread, const Occasion& occasion) {
  const auto container = descent_.container_of(reader, thread, occasion);
  if (container) set_lineage(*container);
  return container.has_value();
}

void Attribution::set_key(ThreadKey::Kind kind, const core::ContainerKey& container) {
  ThreadKey{kind, container}.write_to(key_);
}

void Attribution::set_lineage(const core::ContainerKey& container) {
  const Cache::Entry* known = cache_.find(container);
  id_ = core::shown_id(known != nullptr ? known->record->container.type : core::ContainerType::kUnknown,
                       container.full_id);
  set_key(ThreadKey::Kind::kLineage, container);
}

void Attribution::adopt(const api::TableReader* reader, const api::TableWriter* writer,
                        api::TableEntry* thread, const core::ContainerKey& container, uint64_t now_ns) {
  set_lineage(container);
  enter(Cgroups{}, now_ns);
  leave(threads_.key(reader, thread), std::string(), now_ns);
  threads_.write_container(writer, thread, id_.c_str(), key_.c_str());
}

Cache::Entry& Attribution::ensure_by_lineage(const core::ContainerKey& key, uint64_t now_ns) {
  if (Cache::Entry* known = cache_.find(key); known != nullptr) return *known;
  core::Container container;
  container.type = key.names;
  container.source = core::Source::kCgroup;
  container.owner = key.owner;
  container.full_id = key.full_id;
  Cache::Entry& entry = cache_.put(std::move(container), now_ns);
  entry.first_thread_ns = now_ns;
  return entry;
}

Cache::Entry& Attribution::ensure(const Cgroups& cgroups, uint64_t now_ns) {
  const core::cgroup::Match& match = *cgroups.match;
  const core::ContainerKey key = key_of(cgroups);
  const bool nameless = !core::id_is_name(match.type());
  if (Cache::Entry* known = cache_.find(key); known != nullptr) {
    // Without an engine to say so, a removed container is back when it has threads again.
    const bool back = known->removed && !known->from_worker;
    const bool from_disk = known->has_metadata() && !core::told_by_engine(known->record->container.source);
    if (back && from_disk && nameless) cache_.revive(*known);
    if (!back || known->record->container.source != core::Source::kCgroup) {
      // Records of captures may know the short id only, or no engine; the cgroup knows more.
      const core::Container& record = known->record->container;
      const bool typeless = record.type == core::ContainerType::kUnknown && match.type() != record.type;
      if (record.full_id.size() >= match.full_id.size() && !typeless) return *known;
      const bool removed = known->removed;
      Cache::Entry& completed = cache_.put(from_cgroup(match, key.owner, config_.static_engine), now_ns);
      if (removed) cache_.remove(key, now_ns);
      return completed;
    }
  }
  Cache::Entry& entry = cache_.put(from_cgroup(match, key.owner, config_.static_engine), now_ns);
  if (!nameless) {
    hooks_.appeared(entry.record->container);
    return entry;
  }
  entry.first_thread_ns = now_ns;
  auto on_disk = hooks_.read_state(match, key.owner);
  const bool known_from_disk = on_disk.has_value();
  if (known_from_disk) {
    hooks_.appeared(*on_disk);
    cache_.put(std::move(*on_disk), now_ns);
  }
  // The engine knows more, and when the container is gone.
  hooks_.ask({.full_id = match.full_id,
              .hint = match.type(),
              .cgroup_path = path_,
              .known_from_disk = known_from_disk,
              .owner = key.owner});
  return entry;
}

Cache::Entry* Attribution::confirmed(const Cgroups& cgroups) {
  const core::cgroup::Match& match = *cgroups.match;
  Cache::Entry* entry = cache_.find(key_of(cgroups));
  if (entry == nullptr || entry->removed) return nullptr;
  const core::Container& container = entry->record->container;
  const bool told = entry->from_worker || core::told_by_engine(container.source);
  return told && core::cgroup::confirms(container, match, path_) ? entry : nullptr;
}

void Attribution::ask_once_to_confirm(const core::cgroup::Match& match) {
  if (asked_names_.get(path_) != nullptr) return;
  asked_names_.put(path_, true);
  hooks_.ask({.full_id = match.full_id,
              .hint = match.type(),
              .cgroup_path = path_,
              .containerd_namespace = match.containerd_namespace});
}

bool Attribution::is_anothers(const api::TableReader* reader, api::TableEntry* thread, const Cgroups& cgroups,
                              const Occasion& occasion) {
  if (cgroups.owner.is_machine() && !descent_.any_by_users()) return false;
  if (!descend(reader, thread, occasion)) return false;
  const core::ContainerKey found = key().container;
  return found.full_id == cgroups.match->full_id && found.owner != cgroups.owner;
}

bool Attribution::is_visitor(const api::TableReader* reader, api::TableEntry* thread,
                             const Cgroups& cgroups) const {
  if (cgroups.owner.is_machine() || without_owners_ || threads_.in_pid_namespace(reader, thread))
    return false;
  const auto uid = threads_.uid(reader, thread);
  const int64_t pid = threads_.pid(reader, thread);
  if (cgroups.owner.is_user()) return uid && !processes_.belongs_to(cgroups.owner, pid, uid);
  return uid == 0U && processes_.executor(pid, uid).is_machine();
}

Attribution::Cgroups Attribution::work_out(const api::TableReader* reader, api::TableEntry* thread,
                                           const Occasion& occasion) {
  Cgroups cgroups = match(reader, thread);
  const bool unconfirmed =
      cgroups.match != nullptr && cgroups.match->needs_confirmation && confirmed(cgroups) == nullptr;
  const bool certain = cgroups.match != nullptr && !unconfirmed;
  id_.clear();
  set_key(ThreadKey::Kind::kHost, {});
  if (certain && is_anothers(reader, thread, cgroups, occasion)) {
    cgroups.match = nullptr;
  } else if (certain && is_visitor(reader, thread, cgroups)) {
    cgroups.match = nullptr;
    id_.clear();
    set_key(ThreadKey::Kind::kHost, {});
  } else if (certain) {
    set_key(ThreadKey::Kind::kCgroup, key_of(cgroups));
    id_ = cgroups.match->id();
  } else if (descend(reader, thread, occasion)) {
    cgroups.match = nullptr;
  } else if (unconfirmed) {
    set_key(ThreadKey::Kind::kUnconfirmed, key_of(cgroups));
    ask_once_to_confirm(*cgroups.match);
  } else if (!cgroups.any) {
    inherit(reader, thread);
  }
  return cgroups;
}

void Attribution::attach(const api::TableReader* reader, const api::TableWriter* writer,
                         api::TableEntry* thread, const Occasion& occasion, uint64_t now_ns) {
  const Cgroups cgroups = work_out(reader, thread, occasion);
  const std::string_view old_key = threads_.container_key(reader, thread);
  const bool same = key_ == old_key;
  // libsinsp 0.20 empties its own container_id at every exec, so both are compared.
  if (same && id_ == threads_.container_id(reader, thread)) return;
  if (!same) {
    // In this order, for both may be one container, which must not be without threads in between.
    enter(cgroups, now_ns);
    leave(ThreadKey::parse(old_key), std::string(), now_ns);
  }
  threads_.write_container(writer, thread, id_.c_str(), key_.c_str());
}

void Attribution::attach_anew(const api::TableReader* reader, const api::TableWriter* writer,
                              api::TableEntry* thread, uint64_t now_ns) {
  enter(work_out(reader, thread, Occasion{}), now_ns);
  threads_.write_container(writer, thread, id_.c_str(), key_.c_str());
}

void Attribution::enter(const Cgroups& cgroups, uint64_t now_ns) {
  if (id_.empty()) return;
  const ThreadKey now = key();
  if (now.kind == ThreadKey::Kind::kLineage) {
    descent_.note_heirs();
    cache_.add_thread(ensure_by_lineage(now.container, now_ns));
  } else if (cgroups.match != nullptr) {
    cache_.add_thread(ensure(cgroups, now_ns));
    descent_.lineage().forget(now.container);  // its cgroup tells
  } else if (Cache::Entry* entry = cache_.find(now.container); entry != nullptr) {
    cache_.add_thread(*entry);  // inherited
  }
}

void Attribution::detach(const api::TableReader* reader, api::TableEntry* thread, uint64_t now_ns) {
  const ThreadKey key = key_on(reader, thread);
  if (!key.in_container()) return;
  const Cache::Entry* entry = cache_.find(key.container);
  path_.clear();
  const bool is_last = entry != nullptr && entry->threads() == 1;
  if (is_last && key.kind == ThreadKey::Kind::kCgroup) match(reader, thread);
  leave(key, path_, now_ns);
}

void Attribution::leave(const ThreadKey& key, const std::string& cgroup_path, uint64_t now_ns) {
  if (!key.in_container()) return;
  Cache::Entry* entry = cache_.find(key.container);
  if (entry == nullptr || entry->threads() == 0) return;
  cache_.drop_thread(*entry);
  if (entry->threads() > 0) return;
  // The last thread is gone.
  descent_.lineage().forget(key.container);
  const core::Container& container = entry->record->container;
  if (entry->removed) return;
  if (core::id_is_name(container.type)) {
    if (!config_.static_engine.enabled && container.source == core::Source::kCgroup) {
      hooks_.disappeared(container);
      cache_.remove(key.container, now_ns);
    }
  } else if (entry->from_worker) {
    hooks_.orphaned(entry->key(), cgroup_path);
  } else if (!core::told_by_engine(container.source)) {
    // No engine tells when it is removed.
    hooks_.forget(entry->key());
    cache_.remove(key.container, now_ns);
  }
}

Cache::Entry* Attribution::container_of(const api::TableReader* reader, api::TableEntry* thread,
                                        uint64_t now_ns) {
  ThreadKey key = key_on(reader, thread);
  if (key.kind == ThreadKey::Kind::kUnseen) {
    const Cgroups cgroups = match(reader, thread);
    if (cgroups.match != nullptr && cgroups.match->needs_confirmation) {
      Cache::Entry* entry = confirmed(cgroups);
      if (entry == nullptr) ask_once_to_confirm(*cgroups.match);
      return entry;
    }
    if (cgroups.match != nullptr) {
      return is_visitor(reader, thread, cgroups) ? nullptr : &ensure(cgroups, now_ns);
    }
    if (cgroups.any) return nullptr;
    key_.clear();
    inherit(reader, thread);
    key = this->key();
  }
  if (key.kind == ThreadKey::Kind::kUnconfirmed) {
    if (cache_.find(key.container) == nullptr) return nullptr;
    const Cgroups cgroups = match(reader, thread);
    if (cgroups.match == nullptr) return nullptr;
    return cgroups.match->needs_confirmation ? confirmed(cgroups) : &ensure(cgroups, now_ns);
  }
  if (!key.in_container()) return nullptr;
  if (key.kind == ThreadKey::Kind::kLineage) return &ensure_by_lineage(key.container, now_ns);
  if (Cache::Entry* entry = cache_.find(key.container); entry != nullptr) return entry;
  // The cache had no room for it any more: it is found again by the thread's cgroups.
  const Cgroups cgroups = match(reader, thread);
  return cgroups.match != nullptr && !cgroups.match->needs_confirmation ? &ensure(cgroups, now_ns) : nullptr;
}

void Attribution::look_again(const api::TableReader* reader, const api::TableWriter* writer,
                             uint64_t now_ns) {
  second_look_.go_on(reader, now_ns, [&](api::TableEntry* thread) {
    const Cgroups cgroups = match(reader, thread);
    if (cgroups.match != nullptr && cgroups.match->told) attach(reader, writer, thread, Occasion{}, now_ns);
  });
}

void Attribution::ask_for_all() {
  cache_.for_each([&](const Cache::Entry& entry) {
    if (entry.has_metadata() || entry.removed) return;
    const core::Container& container = entry.record->container;
    hooks_.ask(
        {.full_id = container.full_id, .hint = container.type, .cgroup_path = {}, .owner = container.owner});
  });
}

}  // namespace plugin
