// The engines whose cgroup paths are looked for. Pure; any thread.
#pragma once

#include "config/config.h"
#include "core/cgroup/resolver.h"

namespace config {

// The engines that the configuration enables, as the resolver takes them.
core::cgroup::Enabled cgroup_engines(const Config& config);

}  // namespace config
