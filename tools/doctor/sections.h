// The sections of `ctrmeta doctor`, one function each. Main thread.
#pragma once

#include <chrono>
#include <string>

#include "tools/doctor/report.h"
#include "tools/engines.h"
#include "tools/falco/configuration.h"
#include "tools/settings.h"

namespace tools::doctor {

// Where this program runs, and what it may do there.
struct Surroundings {
  bool in_container = false;
  bool in_pod = false;
  bool own_pid_namespace = false;  // another than the machine's first
  bool own_user_namespace = false;
  bool own_cgroup_namespace = false;
};
Surroundings look_around();

Section where_section(const Surroundings& here, const std::string& host_root);
// What of the host can be seen, and by which way.
Section host_section(const Surroundings& here, const std::string& host_root);

// Falco's own installation below host_root, as far as there is one.
struct FalcoView {
  bool found = false;
  std::string init_config;  // what Falco hands to the plugin; "" when there is none
};
// file: falco.yaml, without host_root.
Section falco_section(const std::string& host_root, const std::string& file, FalcoView& view);

// engines: has listed, or failed to. limit: how long round trips may be measured.
Section engines_section(const Settings& settings, Engines& engines, std::chrono::milliseconds limit);
Section local_section(const config::Config& config);
// what: a process id, a container id or its beginning, or a container's name.
Section container_section(const std::string& what, const Settings& settings, Engines& engines,
                          std::chrono::milliseconds limit);

}  // namespace tools::doctor
