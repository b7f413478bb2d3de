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

Creation creation_of(const std::string& full_id, const engines::local::Found* found,
                     std::optional<uint32_t> uid) {
  Creation creation;
  creation.container = {full_id};
  creation.uid = uid;
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

// No runtime of this host is in a pid namespace of its own, whatever its cgroups say.
bool is_elsewhere(const ThreadTable& threads, const api::TableReader* reader, api::TableEntry* thread) {
  const int64_t vpid = threads.vpid(reader, thread);
  return vpid > 0 && vpid != threads.pid(reader, thread);
}

}  // namespace

Announcements::Verdict Announcements::judge(const api::TableReader* reader, api::TableEntry* thread,
                                            std::string_view full_id, std::optional<uint32_t> uid) {
  // A process in a container may say what it likes.
  if (threads_.key(reader, thread).in_container()) return Verdict::kIgnore;
  if (is_elsewhere(threads_, reader, thread)) return Verdict::kIgnore;
  // Runtimes execute themselves anew, and conmon executes them: the same call again.
  if (attribution_.expects(reader, thread, {full_id})) return Verdict::kIgnore;
  const Cache::Entry* known = cache_.find({full_id});
  const bool told = known != nullptr && known->record->container.full_id == full_id && !known->removed &&
                    known->has_metadata();
  if (!told) return Verdict::kRead;
  const bool by_root = uid == 0U;
  if (!by_root) return Verdict::kIgnore;
  return known->untrusted ? Verdict::kRead : Verdict::kFollow;
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
  const std::optional<uint32_t> uid = event.param_u32(kUid);
  if (call->kind == RuntimeCall::Kind::kEnters) return enters(reader, thread, call->id, uid);
  const Verdict verdict = judge(reader, thread, call->id, uid);
  if (verdict == Verdict::kIgnore) return;
  const std::string full_id(call->id);
  if (verdict == Verdict::kFollow)
    return attribution_.expect(reader, thread, creation_of(full_id, nullptr, uid));

  const auto directory = directory_of(reader, thread, event, call->bundle);
  if (!directory) {
    ++lost_paths_;
    return;
  }
  const LocalSources::Bundle bundle = announce(full_id, *directory, call->name, uid == 0U, now_ns);
  // Without a bundle it is some other program with such arguments, as it may be as long as nobody has seen
  // one.
  const bool is_explicit = call->bundle != ".";
  if (!bundle.found && !(is_explicit && bundle.outcome == LocalSources::Outcome::kLeftToWorker)) return;
  attribution_.expect(reader, thread, creation_of(full_id, bundle.found ? &*bundle.found : nullptr, uid));
}

void Announcements::enters(const api::TableReader* reader, api::TableEntry* thread, std::string_view full_id,
                           std::optional<uint32_t> uid) {
  Lineage& lineage = attribution_.lineage();
  const Creation* creation = lineage.known({full_id});
  if (creation == nullptr || is_elsewhere(threads_, reader, thread)) return;
  if (threads_.key(reader, thread).in_container()) return;
  // Nobody else's process becomes one of the container.
  if (!uid || (*uid != 0 && uid != creation->uid)) return;
  lineage.entering(threads_.pid(reader, thread), {full_id});
}

LocalSources::Bundle Announcements::announce(const std::string& full_id, const std::string& directory,
                                             std::string_view name_hint, bool trusted, uint64_t now_ns) {
  LocalSources::Bundle bundle = sources_.bundle(full_id, directory, name_hint);
  if (bundle.outcome == LocalSources::Outcome::kLeftToWorker) {
    hooks_.read_bundle(full_id, directory, std::string(name_hint));
  }
  if (!bundle.found) return bundle;
  core::Container container = bundle.found->container;
  // What runc itself started has no other name than its id.
  if (container.name.empty() && container.type == core::ContainerType::kUnknown) container.name = full_id;
  hooks_.appeared(container);
  Cache::Entry* known = cache_.find({full_id});
  // What a user said is replaced by what root says.
  if (known != nullptr && known->untrusted) known->removed = true;
  cache_.put(std::move(container), now_ns).untrusted = !trusted;
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
    attribution_.adopt(reader, writer, thread, {descent.keeper->full_id}, now_ns);
  });
}

Announcements::Keepers Announcements::find_keepers(const api::TableReader* reader) const {
  Keepers keepers;
  std::string args;
  threads_.for_each(reader, [&](api::TableEntry* thread) {
    const int64_t pid = threads_.pid(reader, thread);
    if (threads_.tid(reader, thread) != pid || is_elsewhere(threads_, reader, thread)) return;
    args.clear();
    threads_.for_each_arg(reader, thread, [&](const char* arg) {
      args.append(arg) += '\0';
      return args.size() < kMaxArgsSeen;
    });
    const auto call = read_runtime_call(args);
    if (!call || call->kind != RuntimeCall::Kind::kStarts) return;
    keepers[pid] = {std::string(call->id), absolute(threads_.cwd(reader, thread), call->bundle),
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
      if (keeper != keepers.end()) return {&keeper->second, parent, pid};
    }
    pid = parent;
  }
  return {};
}

void Announcements::found_running(const api::TableReader* reader, const Descent& descent, uint64_t now_ns) {
  const Keeper& keeper = *descent.keeper;
  const Cache::Entry* known = cache_.find({keeper.full_id});
  const bool told = known != nullptr && known->has_metadata();
  std::optional<engines::local::Found> found;
  // Who started the keeper is not known any more, so an engine's word is to replace all of it.
  if (!told && keeper.directory) {
    found = announce(keeper.full_id, *keeper.directory, keeper.name, false, now_ns).found;
  }
  const ThreadEntry process = threads_.find(reader, descent.keeper_pid);
  const ThreadEntry first = threads_.find(reader, descent.first);
  if (!process || !first) return;
  // The cgroup that the bundle asked for is the container's own: what enters it later belongs to it.
  const Creation creation = creation_of(keeper.full_id, found ? &*found : nullptr, std::nullopt);
  attribution_.expect(reader, process.get(), creation);
  threads_.for_each_cgroup(reader, first.get(), [&](const char* path) {
    if (asks_for(creation, path)) attribution_.lineage().learn({keeper.full_id}, path);
    return true;
  });
  attribution_.lineage().close({keeper.full_id});
}

}  // namespace plugin
