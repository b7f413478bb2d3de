// See lineage.h.
#include "plugin/lineage.h"

#include <algorithm>
#include <utility>

#include "core/cgroup/owner_of.h"

namespace plugin {
namespace {

// runc's init executes itself before it executes the container's program.
constexpr unsigned kMaxPrograms = 3;

}  // namespace

bool asks_for(const Creation& creation, std::string_view path) {
  const std::string_view wanted = creation.cgroups_path;
  const size_t first = wanted.find(':');
  if (!wanted.empty() && first == std::string_view::npos) return path == wanted;
  if (core::cgroup::owner_of(path) != creation.container.owner) return false;
  std::string_view prefix;
  std::string_view name = creation.container.full_id;
  if (!wanted.empty()) {
    const size_t second = wanted.find(':', first + 1);
    if (second == std::string_view::npos) return false;
    prefix = wanted.substr(first + 1, second - first - 1);
    name = wanted.substr(second + 1);
  }
  const std::string_view last = path.substr(path.rfind('/') + 1);
  if (wanted.empty() && last == name) return true;
  if (!last.ends_with(".scope")) return false;
  const std::string_view scope = last.substr(0, last.size() - std::string_view(".scope").size());
  if (!scope.ends_with(name) || scope.size() <= name.size()) return false;
  const std::string_view before = scope.substr(0, scope.size() - name.size());
  return before.back() == '-' && (wanted.empty() || before.substr(0, before.size() - 1) == prefix);
}

void Lineage::created(int64_t pid, std::shared_ptr<const Creation> creation) {
  drop_process(pid);
  auto known = families_.find(creation->container);
  if (known == families_.end()) {
    make_room(creation->container.owner);
    known = families_.try_emplace(creation->container).first;
    Ages& ages = ages_of(creation->container.owner);
    known->second.age = ages.insert(ages.end(), creation->container);
    known->second.creation = std::move(creation);
  }
  add_process({&known->second, false}, pid);
}

void Lineage::make_room(core::Owner owner) {
  const Ages& ages = ages_of(owner);
  if (owner.is_machine()) {
    if (ages.size() >= kMaxContainers) erase(families_.find(ages.front()));
    return;
  }
  const auto is_his = [&](const core::StoredContainerKey& key) { return key.owner == owner; };
  if (static_cast<size_t>(std::count_if(ages.begin(), ages.end(), is_his)) >= kMaxUserContainers) {
    erase(families_.find(*std::find_if(ages.begin(), ages.end(), is_his)));
  } else if (ages.size() >= kMaxUsersContainers) {
    erase(families_.find(ages.front()));
  }
}

const Creation* Lineage::creation_of(int64_t pid) const {
  const auto found = by_pid_.find(pid);
  return found != by_pid_.end() ? found->second.family->creation.get() : nullptr;
}

void Lineage::entering(int64_t pid, const core::ContainerKey& container) {
  const auto family = families_.find(container);
  if (family == families_.end()) return;
  drop_process(pid);
  add_process({&family->second, true}, pid);
}

const Creation* Lineage::known(const core::ContainerKey& container) const {
  const auto family = families_.find(container);
  return family != families_.end() ? family->second.creation.get() : nullptr;
}

Lineage::Answer Lineage::cloned(int64_t pid, int64_t parent, PidNamespace pid_namespace) {
  drop_process(pid);  // a pid is used again only after its process is gone
  const auto found = by_pid_.find(parent);
  if (found == by_pid_.end()) return {};
  const Process process = found->second;
  if (process.enters && pid_namespace != PidNamespace::kHost) return {process.family->creation.get(), false};
  add_process(process, pid);
  if (process.enters || pid_namespace != PidNamespace::kFirstOfAnother) return {};
  // Some runtimes put it into its cgroup only now.
  return {process.family->creation.get(), false};
}

Lineage::Answer Lineage::executed(int64_t pid, std::string_view command_line, PidNamespace pid_namespace) {
  const auto found = by_pid_.find(pid);
  if (found == by_pid_.end()) return {};
  Family& family = *found->second.family;
  const Creation* creation = family.creation.get();
  if (found->second.enters) {
    if (pid_namespace == PidNamespace::kHost) return {};
    drop_process(pid);
    return {creation, false};
  }
  const bool is_program = !creation->program.empty() && command_line == creation->program;
  const bool told_by_program =
      is_program && !creation->own_pid_namespace && creation->container.owner.is_machine();
  const bool is_first = pid_namespace == PidNamespace::kFirstOfAnother || told_by_program;
  if (!is_first) return {};
  ++family.programs;
  if (is_program || family.programs >= kMaxPrograms) close(family);
  return {creation, true};
}

void Lineage::learn(const core::ContainerKey& container, std::string_view cgroup) {
  const auto found = families_.find(container);
  if (found == families_.end() || cgroup.empty() || cgroup == "/") return;
  Family& family = found->second;
  if (family.cgroups.size() >= kMaxCgroups || family.host_cgroups.contains(cgroup)) return;
  const bool is_asked_for = cgroup == family.creation->cgroups_path;
  if (core::cgroup::owner_of(cgroup) != container.owner && !(container.owner.is_machine() && is_asked_for))
    return;
  const auto [where, is_new] = by_cgroup_.try_emplace(std::string(cgroup), &family);
  if (is_new) family.cgroups.push_back(where->first);
}

void Lineage::learn_host(const core::ContainerKey& container, std::string_view cgroup) {
  const auto found = families_.find(container);
  if (found == families_.end() || found->second.host_cgroups.size() >= kMaxCgroups) return;
  Family& family = found->second;
  family.host_cgroups.emplace(cgroup);
  if (std::erase(family.cgroups, cgroup) > 0) by_cgroup_.erase(by_cgroup_.find(cgroup));
}

const Creation* Lineage::container_at(std::string_view cgroup) const {
  if (by_cgroup_.empty()) return nullptr;
  while (cgroup.size() > 1) {
    const auto found = by_cgroup_.find(cgroup);
    if (found != by_cgroup_.end()) return found->second->creation.get();
    const size_t slash = cgroup.rfind('/');
    if (slash == std::string_view::npos) break;
    cgroup = cgroup.substr(0, slash);
  }
  return nullptr;
}

void Lineage::close(const core::ContainerKey& container) {
  const auto found = families_.find(container);
  if (found != families_.end()) close(found->second);
}

void Lineage::forget(const core::ContainerKey& container) {
  if (families_.empty()) return;
  const auto found = families_.find(container);
  if (found != families_.end()) erase(found);
}

void Lineage::add_process(Process process, int64_t pid) {
  if (process.family->pids.size() >= kMaxProcesses) return;
  process.family->pids.push_back(pid);
  by_pid_[pid] = process;
}

void Lineage::drop_process(int64_t pid) {
  const auto found = by_pid_.find(pid);
  if (found == by_pid_.end()) return;
  std::erase(found->second.family->pids, pid);
  by_pid_.erase(found);
}

void Lineage::close(Family& family) {
  for (const int64_t pid : family.pids) by_pid_.erase(pid);
  family.pids.clear();
}

void Lineage::erase(Families::iterator family) {
  close(family->second);
  for (const std::string& cgroup : family->second.cgroups) by_cgroup_.erase(cgroup);
  ages_of(family->first.owner).erase(family->second.age);
  families_.erase(family);
}

}  // namespace plugin
