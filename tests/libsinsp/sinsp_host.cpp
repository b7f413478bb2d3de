// A host of the plugin on the real libsinsp, for tests. Compiled inside a chroot against the library of that
// release; run by the tests of libsinsp_test.cpp. One thread, besides the plugin's worker.
#include <cstdio>
#include <exception>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine_watch.h"
#include "hostile.h"
#include "lifecycle.h"
#include "report.h"
#include "runner.h"
#include "scenario_files.h"
#include "scratch.h"

namespace {

using sinsp_host::Report;
using Arguments = std::span<const std::string>;

struct Command {
  const char* name;
  const char* arguments;
  size_t count;
  void (*run)(Arguments, Report&);
};

scenarios::Placed scenario_named(const std::string& name) {
  const scenarios::Scenario* scenario = sinsp_host::find_scenario(name);
  if (!scenario) throw std::runtime_error("no scenario is called '" + name + "'");
  if (scenario->needs_api > sinsp_host::library_api()) {
    throw std::runtime_error("this library cannot run the scenario: it needs plugin API 3." +
                             std::to_string(scenario->needs_api));
  }
  return scenarios::Placed(*scenario);
}

void live(Arguments arguments, Report& report) {
  const scenarios::Placed placed = scenario_named(arguments[1]);
  const scenarios::Scenario& scenario = placed.scenario();
  if (scenario.live_until_api < sinsp_host::library_api()) {
    throw std::runtime_error("this library takes such events from captures only");
  }
  sinsp_host::run_live(scenario, arguments[0], report);
}

// Captures of the scenario, written with and without the plugin, answer as expected. Its files are still
// there.
void captures(Arguments arguments, Report& report) {
  const scenarios::Placed placed = scenario_named(arguments[1]);
  const scenarios::Scenario& scenario = placed.scenario();
  if (!scenario.replays) throw std::runtime_error("a replay of this scenario asks at other moments");
  const sinsp_host::ScratchDirectory scratch;
  for (const std::string& writer : {arguments[0], std::string()}) {
    const std::string file = scratch.path() + (writer.empty() ? "/without_plugin.scap" : "/with_plugin.scap");
    sinsp_host::write_capture(scenario, writer, file);
    const auto written = writer.empty() ? sinsp_host::Written::kBare : sinsp_host::Written::kWithPlugin;
    sinsp_host::run_replay(scenario, arguments[0], file, written, report);
  }
}

void write(Arguments arguments, Report& report) {
  const std::string plugin = arguments[0] == "-" ? "" : arguments[0];
  sinsp_host::write_capture(scenario_named(arguments[1]).scenario(), plugin, arguments[2]);
  report.check(true, "written");
}

void replay(Arguments arguments, Report& report) {
  sinsp_host::run_replay(scenario_named(arguments[1]).scenario(), arguments[0], arguments[2],
                         sinsp_host::Written::kWithPlugin, report);
}

// For people: what the library and the plugin answer at each event of a scenario.
void show(Arguments arguments, Report& report) {
  const scenarios::Placed placed = scenario_named(arguments[1]);
  const scenarios::Scenario& scenario = placed.scenario();
  const std::vector<sinsp_host::EventBytes> events = sinsp_host::events_of(scenario);
  sinsp_host::Library library(arguments[0], sinsp_host::config_of(scenario));
  library.open_test(scenario.before, events);
  sinsp_evt* event = nullptr;
  for (;;) {
    const auto next = library.next(event);
    if (next == sinsp_host::Library::Next::kEnd) break;
    if (next != sinsp_host::Library::Next::kEvent) continue;
    std::printf("%s\n", library.answer(event, arguments[2]).c_str());
    report.check(true, "shown");
  }
  library.close();
}

void lifecycle(Arguments arguments, Report& report) {
  for (const sinsp_host::LifecycleTest& test : sinsp_host::lifecycle_tests()) {
    if (arguments[1] == test.name) return test.run(arguments[0], report);
  }
  throw std::runtime_error("no test is called '" + arguments[1] + "'");
}

void hostile(Arguments arguments, Report& report) {
  sinsp_host::run_hostile(arguments[0], arguments[1], report);
}

void lies_at_once(Arguments arguments, Report& report) {
  sinsp_host::run_lies_at_once(arguments[0], report);
}

void engine(Arguments arguments, Report& report) {
  sinsp_host::run_engine_watch(arguments[0],
                               {.config = arguments[1],
                                .pid = std::stoll(arguments[2]),
                                .name = arguments[3],
                                .type = arguments[4],
                                .later = arguments[5],
                                .ready = arguments[6]},
                               report);
}

constexpr Command kCommands[] = {
    {"live", "PLUGIN SCENARIO", 2, live},
    {"captures", "PLUGIN SCENARIO", 2, captures},
    {"write", "PLUGIN|- SCENARIO FILE", 3, write},
    {"replay", "PLUGIN SCENARIO FILE", 3, replay},
    {"lifecycle", "PLUGIN TEST", 2, lifecycle},
    {"hostile", "PLUGIN TEST", 2, hostile},
    {"lies_at_once", "PLUGIN", 1, lies_at_once},
    {"engine", "PLUGIN CONFIG PID NAME TYPE LATER READY", 7, engine},
    {"show", "PLUGIN SCENARIO FORMAT", 3, show},
};

int run(const Command& command, Arguments arguments) {
  Report report;
  std::string broken;
  try {
    command.run(arguments, report);
  } catch (const std::exception& error) {
    broken = error.what();
  }
  for (const std::string& failure : report.failures()) std::printf("wrong: %s\n", failure.c_str());
  if (!broken.empty()) std::printf("broken off: %s\n", broken.c_str());
  const bool failed = report.failed() || !broken.empty();
  if (failed) {
    for (const std::string& line : sinsp_host::take_log()) std::printf("log: %s\n", line.c_str());
  }
  std::printf("%s: %d checks, %zu wrong\n", failed ? "FAILED" : "passed", report.checks(),
              report.failures().size());
  return failed ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  for (const Command& command : kCommands) {
    if (!arguments.empty() && arguments[0] == command.name && arguments.size() == command.count + 1) {
      return run(command, Arguments(arguments).subspan(1));
    }
  }
  for (const Command& command : kCommands)
    std::fprintf(stderr, "sinsp_host %s %s\n", command.name, command.arguments);
  return 2;
}
