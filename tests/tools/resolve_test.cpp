// `ctrmeta resolve`: one line per argument.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "program.h"

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using tools_test::lines_of;
using tools_test::run_ctrmeta;
using tools_test::RunOptions;
using tools_test::TempDir;

const std::string kId = "1234567890abcdef1234567890abcdef1234567890abcdef1234567890abcdef";

TEST(Resolve, PathsOneLineEachInTheirOrder) {
  const auto outcome = run_ctrmeta({"resolve", "/docker/" + kId, "/", "/libpod_parent/libpod-" + kId,
                                    "/system.slice/crio-" + kId + ".scope", "/lxc.payload.web/init.scope",
                                    "/system.slice/ssh.service", "4:memory:/docker/" + kId});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(lines_of(outcome.out),
              ElementsAre("1234567890ab\tdocker", "host", "1234567890ab\tpodman", "1234567890ab\tcri",
                          "web\tlxc", "host", "1234567890ab\tdocker"));
  EXPECT_THAT(outcome.err, IsEmpty());
}

TEST(Resolve, ProcessesOfAnotherRoot) {
  const TempDir root;
  root.write("proc/77/status", "Name:\tweb\nTgid:\t77\nNSpid:\t77\t1\n");
  root.write("proc/77/cgroup", "3:cpu:/\n2:memory:/docker/" + kId + "\n0::/\n");
  root.write("proc/78/status", "Name:\tsshd\nTgid:\t78\n");
  root.write("proc/78/cgroup", "0::/system.slice/ssh.service\n");
  root.write("proc/79/status", "Name:\tnone\nTgid:\t79\n");
  RunOptions options;
  options.environment["HOST_ROOT"] = root.path();
  const auto outcome = run_ctrmeta({"resolve", "77", "78", "79"}, options);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(lines_of(outcome.out), ElementsAre("1234567890ab\tdocker", "host", "host"));
}

TEST(Resolve, OwnProcess) {
  const auto outcome = run_ctrmeta({"resolve", std::to_string(::getpid())});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(lines_of(outcome.out).size(), 1u);
}

TEST(Resolve, AMissingProcessIsAnErrorAndTheOthersAreStillAnswered) {
  const auto outcome = run_ctrmeta({"resolve", "999999999", "/docker/" + kId});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("there is no process 999999999"));
  EXPECT_THAT(lines_of(outcome.out), ElementsAre("1234567890ab\tdocker"));
}

TEST(Resolve, NothingOfAWrongCommandLineIsAnswered) {
  const auto outcome = run_ctrmeta({"resolve", "/docker/" + kId, "docker/x"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(outcome.err, HasSubstr("'docker/x'"));
}

TEST(Resolve, ANameThatContainerdDoesNotConfirmIsTheHost) {
  const TempDir dir;
  const std::string config = dir.write("c.json", tools_test::config_below(dir.path()));
  const auto outcome =
      run_ctrmeta({"resolve", "--config", config, "/default/redis", "/system.slice/foo.service/bar"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(lines_of(outcome.out), ElementsAre("host", "host"));
}

TEST(Resolve, EnginesThatAreSwitchedOffDoNotTakePart) {
  const TempDir dir;
  const std::string config = dir.write("c.json", R"({"engines":{"lxc":{"enabled":false}}})");
  EXPECT_EQ(run_ctrmeta({"resolve", "--config", config, "/lxc/web"}).out, "host\n");
  EXPECT_EQ(run_ctrmeta({"resolve", "/lxc/web"}).out, "web\tlxc\n");
}

TEST(Resolve, TheStaticEngineTakesEverything) {
  const TempDir dir;
  const std::string config = dir.write("c.json", R"({"engines":{"static":{"enabled":true,"container_id":"box",
      "container_name":"n","container_image":"i"}}})");
  EXPECT_EQ(run_ctrmeta({"resolve", "--config", config, "/lxc/web", "/"}).out, "box\tstatic\nbox\tstatic\n");
}

TEST(Resolve, HostilePathsAreHarmless) {
  const auto outcome =
      run_ctrmeta({"resolve", "/" + std::string(100'000, 'a'), "/\x1b[31m", "/../..", "//", "/a/\xff\xfe"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(lines_of(outcome.out).size(), 5u);
  EXPECT_THAT(outcome.out, testing::Not(HasSubstr("\x1b")));
}

}  // namespace
