// Captures and events that lie. Each is tried in a process of its own: nothing may crash or hang in the
// plugin. (libsinsp trusts lengths of captures in places; where it falls by itself is counted and not the
// plugin's fault.)
#pragma once

#include <string>

#include "report.h"

namespace sinsp_host {

// name: "truncated_captures", "flipped_captures" or "lying_lengths". Prints how many were tried.
void run_hostile(const std::string& plugin, const std::string& name, Report& report);

// All lying events in one capture and one process, for tools that watch memory.
void run_lies_at_once(const std::string& plugin, Report& report);

}  // namespace sinsp_host
