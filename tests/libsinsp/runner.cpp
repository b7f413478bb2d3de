#include "runner.h"

#include <map>

namespace sinsp_host {
namespace {

using scenarios::Scenario;
using scenarios::Step;

enum class How { kLive, kReplay, kBareReplay };

const std::string& expected(const scenarios::Expect& expect, How how) {
  if (how == How::kBareReplay && expect.replayed_bare) return *expect.replayed_bare;
  return how != How::kLive && expect.replayed ? *expect.replayed : expect.value;
}

void ask(Library& library, sinsp_evt* event, const Step& step, How how, const std::string& about,
         Report& report) {
  for (const scenarios::Expect& expect : step.expect) {
    report.compare(about + ", " + expect.field, expected(expect, how), library.answer(event, expect.field));
  }
  for (const scenarios::Filter& filter : step.filters) {
    report.check(library.matches(event, filter.condition) == filter.matches,
                 about + ", '" + filter.condition + (filter.matches ? "' does not match" : "' matches"));
  }
}

// Our events by their time stamp and type; the plugin's own share neither.
size_t step_of(const Scenario& scenario, const sinsp_evt* event) {
  const uint64_t ts = event->get_ts();
  if (ts < scenarios::kFirstTs) return scenario.steps.size();
  const size_t index = (ts - scenarios::kFirstTs) / scenarios::kOneSecond;
  const bool ours = index < scenario.steps.size() && scenarios::ts_of_step(index) == ts &&
                    event_type(scenario.steps[index].event.what) == event->get_type();
  return ours ? index : scenario.steps.size();
}

void read_all(Library& library, const Scenario& scenario, How how, const std::string& what, Report& report) {
  std::vector<bool> seen(scenario.steps.size(), false);
  for (;;) {
    sinsp_evt* event = nullptr;
    const Library::Next next = library.next(event);
    if (next == Library::Next::kEnd) break;
    if (next != Library::Next::kEvent) continue;
    const size_t index = step_of(scenario, event);
    // The plugin's own events can carry the time of the step before them.
    if (index == scenario.steps.size() || seen[index]) continue;
    seen[index] = true;
    const std::string about = what + " step " + std::to_string(index);
    report.check(scenario.steps[index].handed_out, about + " is handed out against the filter");
    ask(library, event, scenario.steps[index], how, about, report);
  }
  if (how != How::kLive) return;
  for (size_t i = 0; i < seen.size(); ++i) {
    if (scenario.steps[i].handed_out) {
      report.check(seen[i], what + " step " + std::to_string(i) + " is not handed out");
    }
  }
}

}  // namespace

const Scenario* find_scenario(const std::string& name) {
  for (const Scenario& scenario : scenarios::all()) {
    if (scenario.name == name) return &scenario;
  }
  return nullptr;
}

std::string config_of(const Scenario& scenario) {
  return scenario.config.empty() ? std::string(scenarios::kQuietConfig) : scenario.config;
}

std::vector<EventBytes> events_of(const Scenario& scenario) {
  std::vector<EventBytes> events;
  for (size_t i = 0; i < scenario.steps.size(); ++i) {
    events.push_back(make_event(scenario.steps[i].event, scenarios::ts_of_step(i)));
  }
  return events;
}

int library_api() {
  return PLUGIN_API_VERSION_MINOR;
}

void run_live(const Scenario& scenario, const std::string& plugin, Report& report) {
  const std::vector<EventBytes> events = events_of(scenario);
  Library library(plugin, config_of(scenario));
  library.open_test(scenario.before, events);
  if (!scenario.capture_filter.empty()) library.set_filter(scenario.capture_filter);
  read_all(library, scenario, How::kLive, "live", report);
  library.close();
}

void write_capture(const Scenario& scenario, const std::string& plugin, const std::string& file) {
  const std::vector<EventBytes> events = events_of(scenario);
  Library library(plugin, plugin.empty() ? "" : config_of(scenario));
  library.open_test(scenario.before, events);
  library.start_writing(file);
  for (;;) {
    sinsp_evt* event = nullptr;
    const Library::Next next = library.next(event);
    if (next == Library::Next::kEnd) break;
    if (next == Library::Next::kEvent) library.write(event);
  }
  library.stop_writing();
  library.close();
}

void run_replay(const Scenario& scenario, const std::string& plugin, const std::string& file, Written written,
                Report& report) {
  Library library(plugin, config_of(scenario));
  library.open_capture(file);
  read_all(library, scenario, written == Written::kBare ? How::kBareReplay : How::kReplay,
           "replay of " + file, report);
  library.close();
}

}  // namespace sinsp_host
