// Runs scenarios of the table in the library: live through test_input, and through captures.
#pragma once

#include <string>

#include "library.h"
#include "report.h"
#include "scenario.h"

namespace sinsp_host {

const scenarios::Scenario* find_scenario(const std::string& name);
std::string config_of(const scenarios::Scenario& scenario);

// The bytes of a scenario's events, in order.
std::vector<EventBytes> events_of(const scenarios::Scenario& scenario);

// Minor version of the plugin API of the library.
int library_api();

// Feeds the scenario to the library and asks everything it expects.
void run_live(const scenarios::Scenario& scenario, const std::string& plugin, Report& report);

// Writes a capture of the scenario. plugin: "" writes it without any.
void write_capture(const scenarios::Scenario& scenario, const std::string& plugin, const std::string& file);

// Replays a capture of the scenario and asks everything it expects. Container events at the start of a file
// are consumed by the library before it hands out anything, so their own expectations are not asked.
// written: whether the plugin was there when it was written.
enum class Written { kWithPlugin, kBare };
void run_replay(const scenarios::Scenario& scenario, const std::string& plugin, const std::string& file,
                Written written, Report& report);

}  // namespace sinsp_host
