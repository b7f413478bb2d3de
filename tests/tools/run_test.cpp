// `run` and `fields`: the plugin itself, live events of this machine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <iostream>

#include "program.h"

namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using tools_test::lines_of;
using tools_test::Outcome;
using tools_test::run_ctrmeta;
using tools_test::RunOptions;
using tools_test::TempDir;

TEST(Fields, HasThePluginsAndTheHosts) {
  const auto outcome = run_ctrmeta({"fields"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  for (const char* field : {"container.id", "container.label", "k8s.pod.name", "proc.name", "evt.time"}) {
    EXPECT_THAT(outcome.out, HasSubstr(field)) << field;
  }
  const auto json = run_ctrmeta({"fields", "--json"});
  EXPECT_THAT(json.out, HasSubstr(R"("name":"container.id")"));
  EXPECT_EQ(lines_of(json.out).size(), 1u);
}

TEST(Plugin, AMissingOneIsAnErrorThatNamesIt) {
  for (const char* command : {"fields", "run"}) {
    const auto outcome = run_ctrmeta({command, "--plugin", "/nonexistent/libx.so"});
    EXPECT_EQ(outcome.exit_code, 1) << command;
    EXPECT_THAT(outcome.out, IsEmpty()) << command;
    EXPECT_THAT(outcome.err, HasSubstr("/nonexistent/libx.so")) << command;
  }
}

struct RunTest : testing::Test {
  // Sockets that do not exist: the plugin has nobody to ask, and the tests no engine of this machine.
  TempDir dir;
  std::string config = dir.write("config.json", tools_test::config_below(dir.path()));

  std::vector<std::string> with_config(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--config", config});
    return arguments;
  }
  static bool skipped(const Outcome& outcome) {
    if (outcome.exit_code != 4) return false;
    std::cerr << "SKIPPED ALOUD: " << outcome.err;
    return true;
  }
  // Processes for the capture to see, until `stop` is killed.
  static pid_t start_noise() {
    const pid_t child = ::fork();
    if (child == 0) {
      ::execl("/bin/sh", "sh", "-c", "while :; do /bin/true; sleep 0.02; done", static_cast<char*>(nullptr));
      ::_exit(127);
    }
    return child;
  }
  static void stop_noise(pid_t child) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
};

TEST_F(RunTest, UnknownFieldsAreUsageErrorsThatSuggest) {
  const auto outcome = run_ctrmeta(with_config({"run", "-p", "%container.nam"}));
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("container.name"));
  EXPECT_THAT(outcome.out, IsEmpty());
}

TEST_F(RunTest, PrintsEventsAndASummary) {
  const pid_t noise = start_noise();
  const auto outcome =
      run_ctrmeta(with_config({"run", "--duration", "1", "-p", "%evt.type %proc.name %container.id"}));
  stop_noise(noise);
  if (skipped(outcome)) GTEST_SKIP();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("execve true "));
  EXPECT_THAT(outcome.out, HasSubstr("procexit true "));
  EXPECT_THAT(outcome.err, HasSubstr("process events in 1."));
}

TEST_F(RunTest, JsonLines) {
  const pid_t noise = start_noise();
  const auto outcome =
      run_ctrmeta(with_config({"run", "--duration", "0.5", "--json", "-p", "%proc.pid %container.name"}));
  stop_noise(noise);
  if (skipped(outcome)) GTEST_SKIP();
  ASSERT_FALSE(lines_of(outcome.out).empty());
  for (const std::string& line : lines_of(outcome.out)) {
    EXPECT_THAT(line, testing::MatchesRegex(R"(\{"proc.pid":.*,"container.name":.*\})"));
  }
}

TEST_F(RunTest, ASignalEndsItWithTheSummary) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const pid_t noise = start_noise();
    RunOptions options;
    bool sent = false;
    options.on_output = [&](const std::string&, pid_t pid) {
      if (!sent) ::kill(pid, signal);
      sent = true;
    };
    const auto outcome = run_ctrmeta(with_config({"run"}), options);
    stop_noise(noise);
    if (skipped(outcome)) GTEST_SKIP();
    EXPECT_TRUE(sent);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("process events"));
  }
}

TEST_F(RunTest, AReaderThatGoesAwayEndsItWithTheSummary) {
  const pid_t noise = start_noise();
  RunOptions options;
  options.stdout_is = RunOptions::Stdout::kReaderGone;
  const auto outcome = run_ctrmeta(with_config({"run"}), options);
  stop_noise(noise);
  if (skipped(outcome)) GTEST_SKIP();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("process events"));
}

TEST_F(RunTest, AFullStandardOutputIsAFailure) {
  const pid_t noise = start_noise();
  RunOptions options;
  options.stdout_is = RunOptions::Stdout::kFull;
  const auto outcome = run_ctrmeta(with_config({"run"}), options);
  stop_noise(noise);
  if (skipped(outcome)) GTEST_SKIP();
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("standard output"));
}

}  // namespace
