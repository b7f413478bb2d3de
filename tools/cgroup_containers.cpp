// See cgroup_containers.h.
#include "tools/cgroup_containers.h"

#include <fmt/format.h>

#include <map>

#include "config/cgroup_engines.h"
#include "core/cgroup/choice.h"
#include "host/proc_reader.h"

namespace tools {
namespace {

bool has_interface(core::cgroup::Engine engine) {
  using core::cgroup::Engine;
  return engine == Engine::kDocker || engine == Engine::kPodman || engine == Engine::kContainerd ||
         engine == Engine::kCri;
}

}  // namespace

CgroupReader::CgroupReader(const config::Config& config)
    : known_(config::cgroup_engines(config)),
      resolver_(config::cgroup_engines(config), core::cgroup::kRememberedPaths, &known_) {}

void CgroupReader::learn(const core::Container& container) {
  known_.put(core::key_of(container), container.type, container.cgroup_path);
}

core::cgroup::Choice CgroupReader::choose(const std::vector<std::string>& paths) {
  core::cgroup::Choice choice;
  for (const std::string& path : paths) {
    if (const core::cgroup::Match* match = read(path)) choice.offer(*match, path);
  }
  return choice;
}

core::Container static_container(const config::StaticEngine& engine) {
  core::Container container;
  container.type = core::ContainerType::kStatic;
  container.source = core::Source::kCgroup;
  container.full_id = engine.container_id;
  container.name = engine.container_name;
  container.image = engine.container_image;
  return container;
}

base::Result<std::vector<host::CgroupPath>> cgroups_of(const config::Config& config, int64_t pid) {
  host::ProcReader proc(config.host_root);
  const auto process = proc.process(pid);
  if (!process) return base::Error{fmt::format("there is no process {} in {}", pid, proc.directory())};
  return process->cgroups;
}

std::vector<core::Container> unlisted_containers(const config::Config& config) {
  if (config.static_engine.enabled) return {static_container(config.static_engine)};
  std::map<std::string, core::Container> found;  // by type and id
  core::cgroup::Resolver resolver(config::cgroup_engines(config));
  host::ProcReader proc(config.host_root);
  for (const int64_t pid : proc.pids()) {
    const auto process = proc.process(pid);
    if (!process) continue;
    core::cgroup::Choice choice;
    for (const host::CgroupPath& cgroup : process->cgroups) {
      if (const core::cgroup::Match* match = resolver.resolve(cgroup.path)) choice.offer(*match, cgroup.path);
    }
    const core::cgroup::Match* match = choice.match();
    if (match == nullptr || match->needs_confirmation || has_interface(match->engine)) continue;
    core::Container container;
    container.type = match->type();
    container.source = core::Source::kCgroup;
    container.full_id = match->full_id;
    container.name = match->full_id;  // as the plugin has it: all of these are named by their id
    found.emplace(std::string(engine_name(match->engine)) + '/' + match->full_id, std::move(container));
  }
  std::vector<core::Container> out;
  for (auto& [key, container] : found) out.push_back(std::move(container));
  return out;
}

}  // namespace tools
