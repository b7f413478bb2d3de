// See descent.h.
#include "plugin/descent.h"

#include <memory>
#include <string>
#include <utility>

namespace plugin {

std::optional<core::ContainerKey> Descent::container_of(const api::TableReader* reader,
                                                        api::TableEntry* thread, const Occasion& occasion) {
  if (lineage_.idle() && !any_heirs_) return std::nullopt;
  if (const Lineage::Answer answer = created_by_runtime(reader, thread, occasion);
      answer.creation != nullptr) {
    const core::ContainerKey container = view(answer.creation->container);
    if (!answer.teaches) return container;
    threads_.for_each_cgroup(reader, thread, [&](const char* path) {
      lineage_.learn(container, path);
      return true;
    });
    return container;
  }
  if (const auto asked_for = where_asked_for(reader, thread)) return asked_for;
  if (any_heirs_) {
    if (const auto heritage = inherited(reader, thread, occasion.kind)) return heritage;
  }
  std::optional<core::ContainerKey> learnt;
  threads_.for_each_cgroup(reader, thread, [&](const char* path) {
    const Creation* creation = lineage_.container_at(path);
    if (creation != nullptr) learnt = view(creation->container);
    return creation == nullptr;
  });
  return learnt;
}

Lineage::Answer Descent::created_by_runtime(const api::TableReader* reader, api::TableEntry* thread,
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
std::optional<core::ContainerKey> Descent::where_asked_for(const api::TableReader* reader,
                                                           api::TableEntry* thread) {
  if (lineage_.idle()) return std::nullopt;
  const Creation* creation = lineage_.creation_of(threads_.pid(reader, thread));
  if (creation == nullptr) return std::nullopt;
  bool found = false;
  threads_.for_each_cgroup(reader, thread, [&](const char* path) {
    if (!asks_for(*creation, path)) return true;
    lineage_.learn(view(creation->container), path);
    found = found || lineage_.container_at(path) == creation;
    return true;
  });
  return found ? std::optional(view(creation->container)) : std::nullopt;
}

// A thread keeps what it has, shares it with its process, and a new process has its parent's.
std::optional<core::ContainerKey> Descent::inherited(const api::TableReader* reader, api::TableEntry* thread,
                                                     Occasion::Kind kind) const {
  const auto lineage_of = [&](api::TableEntry* elder) -> std::optional<core::ContainerKey> {
    const ThreadKey key = threads_.key(reader, elder);
    if (key.kind != ThreadKey::Kind::kLineage) return std::nullopt;
    // Nothing of a user's container is in the host's pid namespace.
    if (!key.container.owner.is_machine() && !threads_.in_pid_namespace(reader, thread)) return std::nullopt;
    return key.container;
  };
  if (const auto own = lineage_of(thread)) return own;
  const int64_t pid = threads_.pid(reader, thread);
  const bool is_process = pid == threads_.tid(reader, thread);
  if (is_process && kind == Occasion::Kind::kExecuted) return std::nullopt;
  const ThreadEntry elder = threads_.find(reader, is_process ? threads_.ptid(reader, thread) : pid);
  return elder ? lineage_of(elder.get()) : std::nullopt;
}

void Descent::expect(const api::TableReader* reader, api::TableEntry* thread, Creation creation) {
  const auto shared = std::make_shared<const Creation>(std::move(creation));
  any_by_users_ = any_by_users_ || !shared->container.owner.is_machine();
  lineage_.created(threads_.pid(reader, thread), shared);
  threads_.for_each_cgroup(reader, thread, [&](const char* path) {
    lineage_.learn_host(view(shared->container), path);
    return true;
  });
}

bool Descent::expects(const api::TableReader* reader, api::TableEntry* thread,
                      const core::ContainerKey& container) {
  const Creation* creation = lineage_.creation_of(threads_.pid(reader, thread));
  if (creation == nullptr || view(creation->container) != container) return false;
  threads_.for_each_cgroup(reader, thread, [&](const char* path) {
    lineage_.learn_host(container, path);
    return true;
  });
  return true;
}

}  // namespace plugin
