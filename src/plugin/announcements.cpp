// See announcements.h.
#include "plugin/announcements.h"

#include <algorithm>
#include <utility>

namespace plugin {
namespace {

// Parameters of the exec events (docs/plugin.md, "Events").
constexpr uint32_t kArgs = 2;
constexpr uint32_t kCwd = 6;
constexpr uint32_t kUid = 26;

// Of a process's arguments so many bytes are looked at, as the drivers give no more.
constexpr size_t kMaxArgsSeen = 4096;
// Longest chain of parents that is followed; a table may hold a circle.
constexpr int kMaxAncestors = 64;

std::string_view raw_text(std::optional<std::span<const uint8_t>> bytes) {
  if (!bytes) return {};
  return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

Creation creation_of(const core::ContainerKey& container, const engines::local::Found* found) {
  Creation creation;
  creation.container = core::store(container);
  if (found == nullptr) return creation;
  creation.own_pid_namespace = found->own_pid_namespace;
  creation.cgroups_path = found->cgroups_path;
  for (const std::string& argument : found->process_args) creation.program.append(argument) += '\0';
  return creation;
}

// Goes on from `path`, which is absolute and without "." and "..", along `way`.
void append_way(std::string_view way, std::string& path) {
  while (!way.empty()) {
    const size_t end = std::min(way.find('/'), way.size());
    const std::string_view step = way.substr(0, end);
    if (step == "..") {
      path.erase(path.empty() ? 0 : path.rfind('/'));
    } else if (!step.empty() && step != ".") {
      path.append("/").append(step);
    }
    way.remove_prefix(std::min(end + 1, way.size()));
  }
}

// A bundle's path as the host sees it, without "." and ".."; nullopt when it is relative to nobody knows
// what.
std::optional<std::string> absolute(std::string_view cwd, std::string_view bundle) {
  const bool is_absolute = bundle.starts_with('/');
  if (!is_absolute && !cwd.starts_with('/')) return std::nullopt;
  std::string path;
  path.reserve(cwd.size() + bundle.size() + 1);
  if (!is_absolute) append_way(cwd, path);
  append_way(bundle, path);
  return path.empty() ? "/" : path;
}

}  // namespace

Announcements::Verdict Announcements::judge(const api::TableReader* reader, api::TableEntry* thread,
                                            const core::ContainerKey& container) {
  // A process in a container may say what it likes, and no runtime of this host is in a pid namespace of its
  // own, whatever its cgroups say.
  if (threads_.key(reader, thread).in_container() || threads_.in_pid_namespace(reader, thread)) {
    return Verdict::kIgnore;
  }
  // Runtimes execute themselves anew, and conmon executes them: the same call again.
  if (attribution_.descent().expects(reader, thread, container)) return Verdict::kIgnore;
  const Cache::Entry* known = cache_.find(container);
  const bool told = known != nullptr && known->record->container.full_id == container.full_id &&
                    !known->removed && known->has_metadata();
  return told ? Verdict::kFollow : Verdict::kRead;
}

std::optional<std::string> Announcements::directory_of(const api::TableReader* reader,
                                                       api::TableEntry* thread, const EventView& event,
                                                       std::string_view bundle) const {
  // Falco's drivers leave the event's own empty; then the host follows it in its table.
  std::string_view cwd = event.param_text(kCwd).value_or(std::string_view());
  if (!cwd.starts_with('/')) cwd = threads_.cwd(reader, thread);
  return absolute(cwd, bundle);
}

void Announcements::program_started(const api::TableReader* reader, api::TableEntry* thread,
                                    const EventView& event, uint64_t now_ns) {
  if (!sources_.enabled()) return;
  const auto call = read_runtime_call(raw_text(event.param(kArgs)));
  if (!call) return;
  const core::Owner executor = processes_.executor(threads_.pid(reader, thread), event.param_u32(kUid));
  const core::ContainerKey container{call->id, executor};
  if (executor.is_nobody() || !core::may_exist(container)) return;
  if (call->kind == RuntimeCall::Kind::kEnters) return enters(reader, thread, container);
  const Verdict verdict = judge(reader, thread, container);
  if (verdict == Verdict::kIgnore) return;
  if (verdict == Verdict::kFollow) {
    return attribution_.descent().expect(reader, thread, creation_of(container, nullptr));
  }
  const auto directory = directory_of(reader, thread, event, call->bundle);
  if (!directory) {
    ++lost_paths_;
    return;
  }
  const LocalSources::Bundle bundle = announce(container, *directory, call->name, now_ns);
  // Without a bundle it is some other program with such arguments, as it may be as long as nobody has seen
  // one.
  const bool is_explicit = call->bundle != ".";
  const bool may_be = bundle.found || (is_explicit && bundle.outcome == LocalSources::Outcome::kLeftToWorker);
  if (!may_be) return;
  // Of a bundle that others can have written nothing is taken; that a container is made the call itself says.
  const bool believed = bundle.found && bundle.found->container.owner == executor;
  attribution_.descent().expect(reader, thread, creation_of(container, believed ? &*bundle.found : nullptr));
}

void Announcements::enters(const api::TableReader* reader, api::TableEntry* thread,
                           const core::ContainerKey& container) {
  Lineage& lineage = attribution_.descent().lineage();
  if (lineage.known(container) == nullptr || threads_.in_pid_namespace(reader, thread)) return;
  if (threads_.key(reader, thread).in_container()) return;
  lineage.entering(threads_.pid(reader, thread), container);
}

LocalSources::Bundle Announcements::announce(const core::ContainerKey& key, const std::string& directory,
                                             std::string_view name_hint, uint64_t now_ns) {
  LocalSources::Bundle bundle = sources_.bundle(key, directory, name_hint);
  if (bundle.outcome == LocalSources::Outcome::kLeftToWorker) {
    hooks_.read_bundle(key, directory, std::string(name_hint));
  }
  if (!bundle.found) return bundle;
  core::Container& told = bundle.found->container;
  told.owner = core::weaker(key.owner, told.owner);
  if (told.owner != key.owner) return bundle;
  core::Container container = told;
  // What runc itself started has no other name than its id.
  if (container.name.empty() && container.type == core::ContainerType::kUnknown) container.name = key.full_id;
  hooks_.appeared(container);
  cache_.put(std::move(container), now_ns);
  return bundle;
}

void Announcements::look_back(const api::TableReader* reader, const api::TableWriter* writer,
                              uint64_t now_ns) {
  if (!sources_.enabled()) return;
  Keepers keepers = find_keepers(reader);
  if (keepers.empty()) return;
  threads_.for_each(reader, [&](api::TableEntry* thread) {
    if (threads_.key(reader, thread).in_container()) return;
    const Descent descent = descent_of(reader, thread, keepers);
    if (descent.keeper == nullptr) return;
    if (!std::exchange(descent.keeper->used, true)) found_running(reader, descent, now_ns);
    attribution_.adopt(reader, writer, thread, view(descent.keeper->container), now_ns);
  });
}

Announcements::Keepers Announcements::find_keepers(const api::TableReader* reader) const {
  Keepers keepers;
  std::string args;
  threads_.for_each(reader, [&](api::TableEntry* thread) {
    const int64_t pid = threads_.pid(reader, thread);
    if (threads_.tid(reader, thread) != pid || threads_.in_pid_namespace(reader, thread)) return;
    args.clear();
    threads_.for_each_arg(reader, thread, [&](const char* arg) {
      args.append(arg) += '\0';
      return args.size() < kMaxArgsSeen;
    });
    const auto call = read_runtime_call(args);
    if (!call || call->kind != RuntimeCall::Kind::kStarts) return;
    const core::ContainerKey container{call->id, processes_.executor(pid, threads_.uid(reader, thread))};
    if (container.owner.is_nobody() || !core::may_exist(container)) return;
    keepers[pid] = {core::store(container), absolute(threads_.cwd(reader, thread), call->bundle),
                    std::string(call->name), false};
  });
  return keepers;
}

Announcements::Descent Announcements::descent_of(const api::TableReader* reader, api::TableEntry* thread,
                                                 Keepers& keepers) const {
  int64_t pid = threads_.pid(reader, thread);
  // Whoever is in the host's pid namespace is in no container that could be found here.
  if (threads_.vpid(reader, thread) == pid) return {};
  for (int steps = 0; pid > 1 && steps < kMaxAncestors; ++steps) {
    const ThreadEntry process = threads_.find(reader, pid);
    if (!process) return {};
    const int64_t parent = threads_.ptid(reader, process.get());
    if (threads_.vpid(reader, process.get()) == 1) {
      const auto keeper = keepers.find(parent);
      if (keeper == keepers.end()) {
        pid = parent;
        continue;
      }
      const core::Owner owner = keeper->second.container.owner;
      const auto uid = threads_.uid(reader, process.get());
      const bool is_his = owner.is_machine() || processes_.belongs_to(owner, pid, uid);
      return is_his ? Descent{&keeper->second, parent, pid} : Descent{};
    }
    pid = parent;
  }
  return {};
}

void Announcements::found_running(const api::TableReader* reader, const Descent& descent, uint64_t now_ns) {
  const Keeper& keeper = *descent.keeper;
  const core::ContainerKey container = view(keeper.container);
  const Cache::Entry* known = cache_.find(container);
  const bool told = known != nullptr && known->has_metadata();
  std::optional<engines::local::Found> found;
  if (!told && keeper.directory) {
    found = announce(container, *keeper.directory, keeper.name, now_ns).found;
    if (found && found->container.owner != container.owner) found.reset();
  }
  const ThreadEntry process = threads_.find(reader, descent.keeper_pid);
  const ThreadEntry first = threads_.find(reader, descent.first);
  if (!process || !first) return;
  // The cgroup that the bundle asked for is the container's own: what enters it later belongs to it.
  const Creation creation = creation_of(container, found ? &*found : nullptr);
  attribution_.descent().expect(reader, process.get(), creation);
  threads_.for_each_cgroup(reader, first.get(), [&](const char* path) {
    if (asks_for(creation, path)) attribution_.descent().lineage().learn(container, path);
    return true;
  });
  attribution_.descent().lineage().close(container);
}

}  // namespace plugin
