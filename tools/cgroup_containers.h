// What /proc and the cgroups tell without any engine: a process' cgroup paths and their containers, and the
// containers of engines that have no interface to ask (lxc, libvirt-lxc, bpm, static).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "core/cgroup/choice.h"
#include "core/cgroup/known_paths.h"
#include "core/cgroup/resolver.h"
#include "core/container.h"
#include "host/thread.h"

namespace tools {

// Which containers cgroup paths belong to, by the same functions as in the plugin: where engines said that
// they put their containers, else the layouts.
class CgroupReader {
 public:
  explicit CgroupReader(const config::Config& config);

  // What an engine told.
  void learn(const core::Container& container);
  // nullptr for the host. Valid until the next call.
  const core::cgroup::Match* read(std::string_view path) { return resolver_.resolve(path); }
  // Of a process' paths the one that decides.
  core::cgroup::Choice choose(const std::vector<std::string>& paths);

 private:
  core::cgroup::KnownPaths known_;
  core::cgroup::Resolver resolver_;
};

// The container that the configuration's static engine puts every process in.
core::Container static_container(const config::StaticEngine& engine);

// Cgroup paths of a process, in the file's order. Fails when there is no such process.
base::Result<std::vector<host::CgroupPath>> cgroups_of(const config::Config& config, int64_t pid);

// One record (id and type only) for each container that runs now and whose engine cannot be asked.
std::vector<core::Container> unlisted_containers(const config::Config& config);

}  // namespace tools
