// See attribution.h.
#include "plugin/attribution.h"

#include <algorithm>
#include <span>
#include <utility>

#include "config/cgroup_engines.h"
#include "core/cgroup/owner_of.h"
#include "core/image_names.h"
#include "core/limits.h"

namespace plugin {
namespace {

// After a look at all threads the next one waits for so long for each of them, and no less than that.
constexpr uint64_t kLookAgainPerThreadNs = 100'000;
constexpr uint64_t kLookAgainNs = 1'000'000'000;

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
      paths_(paths),
      threads_(threads),
      processes_(processes),
      hooks_(std::move(hooks)),
      resolver_(config::cgroup_engines(config), core::cgroup::kRememberedPaths, &paths),
      asked_names_(core::limits::kAskedNames) {
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
  if (lineage_.idle() && !any_by_lineage_) return false;
  if (const Lineage::Answer answer = created_by_runtime(reader, thread, occasion);
      answer.creation != nullptr) {
    set_lineage(view(answer.creation->container));
    if (!answer.teaches) return true;
    threads_.for_each_cgroup(reader, thread, [&](const char* path) {
      lineage_.learn(key().container, path);
      return true;
    });
    return true;
  }
  if (is_where_asked_for(reader, thread)) return true;
  if (any_by_lineage_ && is_heir(reader, thread, occasion.kind)) return true;
  threads_.for_each_cgroup(reader, thread, [&](const char* path) {
    const Creation* creation = lineage_.container_at(path);
    if (creation != nullptr) set_lineage(view(creation->container));
    return creation == nullptr;
  });
  return !id_.empty();
}

Lineage::Answer Attribution::created_by_runtime(const api::TableReader* reader, api::TableEntry* thread,
                                                const Occasion& occasion) {
  if (lineage_.idle() || occasion.kind == Occasion::Kind::kSeen) return {};
  const int64_t pid = threads_.pid(reader, thread);
  if (pid != threads_.tid(reader, thread)) return {};
  const int64_t vpid = threads_.vpid(reader, thread);
  Lineage::PidNamespace pid_namespace = Lineage::PidNamespace::kHost;
  if (vpid > 0 && vpid != pid) {
    pid_namespace = vpid == 1 ? Lineage::PidNamespace::kFirstOfAnother : Lineage::PidNamespace::kAnother;
  }
  const int64_t creator = occasion.kind == Occasion::Kind::kCloned ? threads_.ptid(reader, thread) : pid;
  const Creation* creation = lineage_.creation_of(creator);
  if (creation != nullptr && !creation->container.owner.is_machine() &&
      !processes_.belongs_to(creation->container.owner, pid, occasion.uid)) {
    // A setuid program, or what it started.
    lineage_.dismiss(pid);
    return {};
  }
  if (occasion.kind == Occasion::Kind::kCloned) {
    return lineage_.cloned(pid, threads_.ptid(reader, thread), pid_namespace);
  }
  if (creation == nullptr) return {};
  std::string command_line(occasion.exe);
  command_line += '\0';
  command_line += occasion.args;
  return lineage_.executed(pid, command_line, pid_namespace);
}

// Below a runtime, and in the cgroup that it was told to make: what prepares the container is in it already.
bool Attribution::is_where_asked_for(const api::TableReader* reader, api::TableEntry* thread) {
  if (lineage_.idle()) return false;
  const Creation* creation = lineage_.creation_of(threads_.pid(reader, thread));
  if (creation == nullptr) return false;
  bool found = false;
  threads_.for_each_cgroup(reader, thread, [&](const char* path) {
    if (!asks_for(*creation, path)) return true;
    lineage_.learn(view(creation->container), path);
    found = found || lineage_.container_at(path) == creation;
    return true;
  });
  if (found) set_lineage(view(creation->container));
  return found;
}

// A thread keeps what it has, shares it with its process, and a new process has its parent's.
bool Attribution::is_heir(const api::TableReader* reader, api::TableEntry* thread, Occasion::Kind kind) {
  const auto lineage_of = [&](api::TableEntry* elder) {
    const ThreadKey key = threads_.key(reader, elder);
    if (key.kind != ThreadKey::Kind::kLineage) return false;
    // Nothing of a user's container is in the host's pid namespace.
    if (!key.container.owner.is_machine() && !threads_.in_pid_namespace(reader, thread)) return false;
    set_lineage(key.container);
    return true;
  };
  if (lineage_of(thread)) return true;
  const int64_t pid = threads_.pid(reader, thread);
  const bool is_process = pid == threads_.tid(reader, thread);
  if (is_process && kind == Occasion::Kind::kExecuted) return false;
  const ThreadEntry elder = threads_.find(reader, is_process ? threads_.ptid(reader, thread) : pid);
  return elder && lineage_of(elder.get());
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

void Attribution::expect(const api::TableReader* reader, api::TableEntry* thread, Creation creation) {
  const auto shared = std::make_shared<const Creation>(std::move(creation));
  any_by_users_ = any_by_users_ || !shared->container.owner.is_machine();
  lineage_.created(threads_.pid(reader, thread), shared);
  threads_.for_each_cgroup(reader, thread, [&](const char* path) {
    lineage_.learn_host(view(shared->container), path);
    return true;
  });
}

bool Attribution::expects(const api::TableReader* reader, api::TableEntry* thread,
                          const core::ContainerKey& container) {
  const Creation* creation = lineage_.creation_of(threads_.pid(reader, thread));
  if (creation == nullptr || view(creation->container) != container) return false;
  threads_.for_each_cgroup(reader, thread, [&](const char* path) {
    lineage_.learn_host(container, path);
    return true;
  });
  return true;
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
  if (cgroups.owner.is_machine() && !any_by_users_) return false;
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
    any_by_lineage_ = true;
    cache_.add_thread(ensure_by_lineage(now.container, now_ns));
  } else if (cgroups.match != nullptr) {
    cache_.add_thread(ensure(cgroups, now_ns));
    lineage_.forget(now.container);  // its cgroup tells
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
  lineage_.forget(key.container);
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
  if (looked_at_ == paths_.generation()) return;
  // A clock that runs backwards (captures may) does not stop it for good.
  if (now_ns < next_look_ns_ && next_look_ns_ - now_ns <= look_again_ns_) return;
  looked_at_ = paths_.generation();
  look_again_ns_ = kLookAgainNs;
  if (resolver_.refresh()) {
    uint64_t threads = 0;
    threads_.for_each(reader, [&](api::TableEntry* thread) {
      ++threads;
      const Cgroups cgroups = match(reader, thread);
      if (cgroups.match != nullptr && cgroups.match->told) attach(reader, writer, thread, Occasion{}, now_ns);
    });
    look_again_ns_ = std::max(kLookAgainNs, threads * kLookAgainPerThreadNs);
  }
  next_look_ns_ = now_ns + look_again_ns_;
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
