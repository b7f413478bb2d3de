// The plugin in sysdig of Debian sid: its listings, and replays of captures that libsinsp of either release
// wrote, with and without the plugin.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <ostream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "run_command.h"
#include "scenario.h"

namespace libsinsp_test {
namespace {

using testing::HasSubstr;

// The blanks end a field's name: sysdig takes "container.cni.json|" for another one.
constexpr std::string_view kSeparator = " |~| ";
const std::string kPlugin = "/plugin/libcontainer.so:" + std::string(scenarios::kQuietConfig);

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> parts;
  size_t from = 0;
  for (size_t at = 0; (at = line.find(kSeparator, from)) != std::string::npos;
       from = at + kSeparator.size()) {
    parts.push_back(line.substr(from, at - from));
  }
  parts.push_back(line.substr(from));
  return parts;
}

std::vector<std::string> fields_asked(const scenarios::Scenario& scenario) {
  std::set<std::string> fields;
  for (const scenarios::Step& step : scenario.steps) {
    for (const scenarios::Expect& expect : step.expect) fields.insert(expect.field);
  }
  return {fields.begin(), fields.end()};
}

const scenarios::Scenario& scenario_named(const std::string& name) {
  const auto& all = scenarios::all();
  return *std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.name == name; });
}

// A directory that both chroots see as /captures.
class Shared {
 public:
  Shared() {
    std::string pattern = testing::TempDir() + "/captures.XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~Shared() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }
  std::vector<std::string> command(const std::string& suite, std::vector<std::string> arguments) const {
    return library_command_with(path_, "/captures", suite, std::move(arguments));
  }

 private:
  std::string path_;
};

struct Capture {
  std::string writer;  // suite whose library writes it
  bool with_plugin = false;
  std::string scenario;
};
std::ostream& operator<<(std::ostream& out, const Capture& capture) {
  return out << capture.scenario << " written in " << capture.writer
             << (capture.with_plugin ? " with the plugin" : " without the plugin");
}

std::vector<Capture> captures() {
  std::vector<Capture> captures;
  for (const char* writer : {"trixie", "sid"}) {
    for (const bool with_plugin : {true, false}) {
      for (const char* scenario : {"clone_child", "execve_16", "execve_19", "children_and_threads",
                                   "async_event", "legacy_container", "legacy_json", "legacy_json_2_large",
                                   "payload_of_another_falco", "removed_still_answers", "rich_container",
                                   "mounts", "labels", "kubernetes_pod", "healthcheck_process"}) {
        captures.push_back({writer, with_plugin, scenario});
      }
    }
  }
  return captures;
}

class Sysdig : public testing::TestWithParam<Capture> {};
INSTANTIATE_TEST_SUITE_P(Libsinsp, Sysdig, testing::ValuesIn(captures()),
                         [](const testing::TestParamInfo<Capture>& each) {
                           return each.param.writer +
                                  (each.param.with_plugin ? "_with_plugin_" : "_without_plugin_") +
                                  each.param.scenario;
                         });

TEST_P(Sysdig, ReplaysWithTheSameAnswers) {
  const Capture& capture = GetParam();
  const scenarios::Scenario& scenario = scenario_named(capture.scenario);
  const Shared shared;
  const std::string writer = capture.with_plugin ? "/plugin/libcontainer.so" : "-";
  const Outcome written = run_command(
      shared.command(capture.writer, {"--", "HOST", "write", writer, capture.scenario, "/captures/x.scap"}));
  if (written.status == kNotPossible) GTEST_SKIP() << written.out;
  ASSERT_EQ(written.status, 0) << written.out;

  const std::vector<std::string> fields = fields_asked(scenario);
  std::string format = "*%evt.rawtime";
  for (const std::string& field : fields) format.append(kSeparator).append("%" + field);
  const Outcome replayed = run_command(
      shared.command("sid", {"--", "sysdig", "-r", "/captures/x.scap", "-H", kPlugin, "-p", format}));
  if (replayed.status == kNotPossible) GTEST_SKIP() << replayed.out;
  ASSERT_EQ(replayed.status, 0) << replayed.out;

  std::map<std::string, std::vector<std::string>> by_time;
  for (const std::string& line : lines_of(replayed.out)) {
    const std::vector<std::string> parts = split(line);
    if (parts.size() == fields.size() + 1) by_time.emplace(parts[0], parts);
  }
  int compared = 0;
  for (size_t i = 0; i < scenario.steps.size(); ++i) {
    const auto line = by_time.find(std::to_string(scenarios::ts_of_step(i)));
    // Container events at the start of a file are consumed before sysdig prints.
    if (line == by_time.end()) continue;
    for (const scenarios::Expect& expect : scenario.steps[i].expect) {
      const auto column = std::find(fields.begin(), fields.end(), expect.field) - fields.begin();
      EXPECT_EQ(line->second[static_cast<size_t>(column) + 1], expect.value)
          << "step " << i << ", " << expect.field;
      ++compared;
    }
  }
  EXPECT_GT(compared, 0) << replayed.out;
}

TEST(SysdigCommand, ListsThePluginAndItsFields) {
  const Outcome plugins = run_command(library_command("sid", {"--", "sysdig", "-H", kPlugin, "-Il"}));
  if (plugins.status == kNotPossible) GTEST_SKIP() << plugins.out;
  EXPECT_EQ(plugins.status, 0);
  EXPECT_THAT(plugins.out, HasSubstr("Name: container"));
  for (const char* capability : {"Field Extraction", "Event Parsing", "Async Events"}) {
    EXPECT_THAT(plugins.out, HasSubstr(capability));
  }
  const Outcome fields = run_command(library_command("sid", {"--", "sysdig", "-H", kPlugin, "-l"}));
  EXPECT_EQ(fields.status, 0);
  for (const char* field : {"container.id", "container.mount.propagation", "k8s.pod.full_sandbox_id",
                            "proc.is_container_readiness_probe"}) {
    EXPECT_THAT(fields.out, HasSubstr(field));
  }
}

TEST(SysdigCommand, RefusesAConfigurationWithWords) {
  const Outcome outcome = run_command(
      library_command("sid", {"--", "sysdig", "-H", R"(/plugin/libcontainer.so:{"label_max_len":"nonsense"})",
                              "-r", "/nonexistent.scap"}));
  if (outcome.status == kNotPossible) GTEST_SKIP() << outcome.out;
  EXPECT_NE(outcome.status, 0);
  EXPECT_THAT(outcome.out, HasSubstr("nonsense"));
}

TEST(SysdigCommand, FiltersByPluginFields) {
  const Shared shared;
  const Outcome written = run_command(shared.command(
      "sid", {"--", "HOST", "write", "/plugin/libcontainer.so", "rich_container", "/captures/x.scap"}));
  if (written.status == kNotPossible) GTEST_SKIP() << written.out;
  ASSERT_EQ(written.status, 0) << written.out;
  const auto replay = [&](const std::string& filter) {
    const Outcome outcome = run_command(shared.command(
        "sid", {"--", "sysdig", "-r", "/captures/x.scap", "-H", kPlugin, "-p", "*%container.name", filter}));
    EXPECT_EQ(outcome.status, 0) << outcome.out;
    return outcome.out;
  };
  EXPECT_EQ(replay("container.id != host and container.label[foo]=bar and thread.tid=100"), "web\n");
  EXPECT_EQ(replay("container.id != host and container.label[foo]=other"), "");
  EXPECT_EQ(replay("container.mount.dest[/etc/*]=/ssl and thread.tid=100"), "web\n");
}

}  // namespace
}  // namespace libsinsp_test
