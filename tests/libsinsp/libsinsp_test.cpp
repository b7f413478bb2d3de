// The plugin in the real libsinsp of two Debian releases: each test is one run of the test host in a chroot.
// Skipped, with the reason, where the chroots cannot be had.
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "run_command.h"
#include "scenario.h"

namespace libsinsp_test {
namespace {

struct Suite {
  const char* name;
  int api;  // minor version of its library's plugin API
};
constexpr Suite kSuites[] = {{"trixie", 10}, {"sid", 12}};

// One run: of a scenario, or of a test of the host's own.
struct Run {
  std::string suite;
  std::string what;
};
std::ostream& operator<<(std::ostream& out, const Run& run) {
  return out << run.suite << ' ' << run.what;
}

std::string name_of(const testing::TestParamInfo<Run>& info) {
  return info.param.suite + "_" + info.param.what;
}

void expect_passes(const Run& run, const std::string& command) {
  const Outcome outcome = run_command(library_command(run.suite, {command, run.what}));
  if (outcome.status == kNotPossible) GTEST_SKIP() << outcome.out;
  EXPECT_EQ(outcome.status, 0) << outcome.out;
}

template <typename Wanted>
std::vector<Run> scenarios_where(Wanted wanted) {
  std::vector<Run> runs;
  for (const Suite& suite : kSuites) {
    for (const scenarios::Scenario& scenario : scenarios::all()) {
      if (scenario.needs_api <= suite.api && wanted(scenario, suite))
        runs.push_back({suite.name, scenario.name});
    }
  }
  return runs;
}

class Live : public testing::TestWithParam<Run> {};
INSTANTIATE_TEST_SUITE_P(Libsinsp, Live,
                         testing::ValuesIn(scenarios_where([](const auto& scenario, const Suite& suite) {
                           return suite.api <= scenario.live_until_api;
                         })),
                         name_of);
TEST_P(Live, AnswersAsExpected) {
  expect_passes(GetParam(), "live");
}

class Captures : public testing::TestWithParam<Run> {};
INSTANTIATE_TEST_SUITE_P(Libsinsp, Captures,
                         testing::ValuesIn(scenarios_where([](const auto& scenario, const Suite&) {
                           return scenario.replays;
                         })),
                         name_of);
TEST_P(Captures, ReplayAsTheyWere) {
  expect_passes(GetParam(), "captures");
}

std::vector<Run> of_each_suite(std::initializer_list<const char*> names) {
  std::vector<Run> runs;
  for (const Suite& suite : kSuites) {
    for (const char* name : names) runs.push_back({suite.name, name});
  }
  return runs;
}

class Lifecycle : public testing::TestWithParam<Run> {};
INSTANTIATE_TEST_SUITE_P(Libsinsp, Lifecycle,
                         testing::ValuesIn(of_each_suite(
                             {"two_opens", "destroyed_while_busy", "two_instances", "refused_configurations",
                              "identity", "field_arguments", "containers_table", "dumped_state",
                              "own_events_arrive", "metrics", "thread_facts"})),
                         name_of);
TEST_P(Lifecycle, Passes) {
  expect_passes(GetParam(), "lifecycle");
}

class Hostile : public testing::TestWithParam<Run> {};
INSTANTIATE_TEST_SUITE_P(
    Libsinsp, Hostile,
    testing::ValuesIn(of_each_suite({"truncated_captures", "flipped_captures", "lying_lengths"})), name_of);
TEST_P(Hostile, HarmsNothing) {
  expect_passes(GetParam(), "hostile");
}

class Valgrind : public testing::TestWithParam<Run> {};
INSTANTIATE_TEST_SUITE_P(Libsinsp, Valgrind, testing::ValuesIn(of_each_suite({"lies_at_once"})), name_of);
// The library and its own dependencies have findings of their own; those with the plugin on the stack count.
TEST_P(Valgrind, FindsNothingInThePlugin) {
  const Outcome outcome =
      run_command(library_command(GetParam().suite, {"--", "valgrind", "--num-callers=40", "--error-limit=no",
                                                     "HOST", GetParam().what, "/plugin/libcontainer.so"}));
  if (outcome.status == kNotPossible) GTEST_SKIP() << outcome.out;
  EXPECT_EQ(outcome.status, 0) << outcome.out;
  EXPECT_NE(outcome.out.find("ERROR SUMMARY"), std::string::npos) << outcome.out;
  for (const char* frame :
       {"plugin_parse_event", "plugin_extract_fields", "plugin_capture_open", "worker::"}) {
    const size_t at = outcome.out.find(frame);
    EXPECT_EQ(at, std::string::npos) << outcome.out.substr(
        at == std::string::npos ? 0 : at - std::min<size_t>(at, 2000), 3000);
  }
}

}  // namespace
}  // namespace libsinsp_test
