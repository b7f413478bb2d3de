// Help, usage errors, the configuration, exit codes, and where output goes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.h"

namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using tools_test::run_ctrmeta;
using tools_test::RunOptions;
using tools_test::TempDir;

constexpr const char* kCommands[] = {"run", "list", "watch", "resolve", "explain", "doctor", "fields"};

TEST(CommandLine, HelpGoesToStandardOutputWithExamplesAndExitCodes) {
  const auto outcome = run_ctrmeta({"--help"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, IsEmpty());
  for (const char* command : kCommands) EXPECT_THAT(outcome.out, HasSubstr(command));
  EXPECT_THAT(outcome.out, HasSubstr("Examples:"));
  EXPECT_THAT(outcome.out, HasSubstr("Exit codes:"));
  EXPECT_THAT(outcome.out, HasSubstr("HOST_ROOT"));
}

TEST(CommandLine, EveryCommandHasHelpWithExamplesAndTakesAConfiguration) {
  for (const char* command : kCommands) {
    const auto outcome = run_ctrmeta({command, "--help"});
    EXPECT_EQ(outcome.exit_code, 0) << command;
    EXPECT_THAT(outcome.out, HasSubstr("Examples:")) << command;
    EXPECT_THAT(outcome.out, HasSubstr("--config FILE")) << command;
  }
}

TEST(CommandLine, TellsItsVersion) {
  const auto outcome = run_ctrmeta({"--version"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out, PROJECT_VERSION "\n") << "CMakeLists.txt says it, as it does for the plugin";
}

TEST(CommandLine, UsageErrorsAreTwoAndSilentOnStandardOutput) {
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {"nonsense"},
      {"list", "--nonsense"},
      {"resolve"},
      {"explain"},
      {"explain", "x"},
      {"explain", "-5"},
      {"run", "--duration", "soon"},
      {"run", "--duration", "-1"},
      {"list", "--timeout", "-1"},
      {"watch", "extra"},
      {"resolve", "no-slash-no-number"},
  };
  for (const auto& arguments : wrong) {
    const auto outcome = run_ctrmeta(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << testing::PrintToString(arguments);
    EXPECT_THAT(outcome.out, IsEmpty()) << testing::PrintToString(arguments);
    EXPECT_THAT(outcome.err, testing::StartsWith("ctrmeta: ")) << testing::PrintToString(arguments);
  }
}

TEST(CommandLine, AnUnknownKeyIsAWarning) {
  const TempDir dir;
  const std::string file = dir.write("typo.json", R"({"engines":{"dokcer":{"enabled":true}}})");
  const auto outcome = run_ctrmeta({"resolve", "--config", file, "/"});
  EXPECT_EQ(outcome.exit_code, run_ctrmeta({"resolve", "/"}).exit_code);
  EXPECT_THAT(outcome.err,
              HasSubstr("unknown key 'engines.dokcer' is passed over; did you mean 'engines.docker'?"));
}

TEST(CommandLine, ABadConfigurationNamesFileAndKey) {
  const TempDir dir;
  const std::string type = dir.write("type.json", R"({"with_size":1})");
  const std::string broken = dir.write("broken.json", "{");
  const std::string range = dir.write("range.json", R"({"engines":{"docker":{"sockets":7}}})");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {type, "with_size"},
      {broken, "broken.json"},
      {range, "engines.docker.sockets"},
      {dir.path() + "/absent.json", "No such file"},
      {dir.path(), "Is a directory"},
      {"/dev/zero", "longer than"}};
  for (const char* command : kCommands) {
    for (const auto& [file, expected] : cases) {
      std::vector<std::string> arguments{command, "--config", file};
      if (std::string(command) == "resolve") arguments.emplace_back("/");
      if (std::string(command) == "explain") arguments.emplace_back("1");
      const auto outcome = run_ctrmeta(arguments);
      EXPECT_EQ(outcome.exit_code, 2) << command << ' ' << file;
      EXPECT_THAT(outcome.out, IsEmpty()) << command << ' ' << file;
      EXPECT_THAT(outcome.err, HasSubstr(expected)) << command << ' ' << file;
      EXPECT_THAT(outcome.err, HasSubstr(file)) << command;
    }
  }
}

TEST(CommandLine, AClosedOrFullStandardOutputIsAFailureAndAGoneReaderIsNot) {
  RunOptions options;
  options.stdout_is = RunOptions::Stdout::kFull;
  auto outcome = run_ctrmeta({"resolve", "/"}, options);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("standard output"));
  options.stdout_is = RunOptions::Stdout::kClosed;
  outcome = run_ctrmeta({"resolve", "/"}, options);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("standard output"));
  options.stdout_is = RunOptions::Stdout::kReaderGone;
  outcome = run_ctrmeta({"resolve", "/"}, options);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, IsEmpty());
}

TEST(CommandLine, NoColourIntoAPipe) {
  EXPECT_THAT(run_ctrmeta({"fields"}).out, Not(HasSubstr("\x1b")));
}

}  // namespace
