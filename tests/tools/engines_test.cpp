// `list`, `watch` and `explain` without any engine, and with one that refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <iostream>

#include "program.h"
#include "support/fake_docker.h"

namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using tools_test::lines_of;
using tools_test::run_ctrmeta;
using tools_test::RunOptions;
using tools_test::TempDir;

const std::string kId = "1234567890abcdef1234567890abcdef1234567890abcdef1234567890abcdef";

struct EnginesTest : testing::Test {
  TempDir dir;   // sockets below it do not exist
  TempDir root;  // HOST_ROOT with a /proc of our making
  std::string config = dir.write("config.json", tools_test::config_below(""));
  RunOptions options;

  void SetUp() override {
    root.write("proc/stat", "btime 1\n");
    process(50, "/system.slice/ssh.service");
    options.environment["HOST_ROOT"] = root.path();
  }
  void process(int pid, const std::string& cgroup) {
    const std::string name = "proc/" + std::to_string(pid);
    root.write(name + "/status", "Name:\tp\nTgid:\t" + std::to_string(pid) + "\nNSpid:\t50\n");
    root.write(name + "/cgroup", "0::" + cgroup + "\n");
  }
};

TEST_F(EnginesTest, ListNamesEverySocketItTried) {
  const auto outcome = run_ctrmeta({"list", "--config", config}, options);
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(outcome.err, HasSubstr("no container engine answers"));
  for (const char* engine : {"docker", "podman", "containerd", "cri"}) {
    EXPECT_THAT(outcome.err, HasSubstr(root.path() + "/" + engine + ".sock")) << engine;
  }
  EXPECT_THAT(outcome.err, HasSubstr("there is no " + root.path() + "/docker.sock"));
  EXPECT_THAT(outcome.err, HasSubstr("--config"));
}

TEST_F(EnginesTest, ListAsJsonIsAnArrayAllTheSame) {
  const auto outcome = run_ctrmeta({"list", "--json", "--config", config}, options);
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_EQ(outcome.out, "[]\n");
}

TEST_F(EnginesTest, ListFindsContainersThatOnlyTheirCgroupsShow) {
  process(51, "/lxc.payload.web/x");
  process(52, "/lxc.payload.web/y");
  process(53, "/bpm-router");
  const auto table = run_ctrmeta({"list", "--config", config}, options);
  EXPECT_THAT(table.out, HasSubstr("ENGINE"));
  EXPECT_THAT(table.out, testing::ContainsRegex("web +web +- +lxc"));
  const auto json = run_ctrmeta({"list", "--json", "--config", config}, options);
  EXPECT_THAT(json.out, HasSubstr(R"("full_id":"web")"));
  EXPECT_THAT(json.out, HasSubstr(R"("full_id":"router","name":"router")"));
  EXPECT_THAT(json.out, Not(HasSubstr("docker")));
  EXPECT_EQ(lines_of(table.out).size(), 3u);
}

TEST_F(EnginesTest, TheStaticEngineIsListedAndReachable) {
  const std::string fixed =
      dir.write("static.json", R"({"engines":{"static":{"enabled":true,"container_id":"box",
      "container_name":"boxname","container_image":"boximage"}}})");
  const auto outcome = run_ctrmeta({"list", "--config", fixed}, options);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, testing::ContainsRegex("box +boxname +boximage +static"));
}

TEST_F(EnginesTest, ASocketThatRefusesIsNamedWithItsReason) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = root.path() + "/docker.sock";
  ASSERT_LT(path.size(), sizeof address.sun_path);
  std::memcpy(address.sun_path, path.c_str(), path.size());
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);  // and no listen()
  const auto outcome = run_ctrmeta({"list", "--config", config}, options);
  ::close(fd);
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, testing::ContainsRegex("docker .*docker.sock: .*[Rr]efused"));
}

// Docker's API on a socket below `root`, of which a part is answered by `fault`.
struct PartlyWorking : EnginesTest {
  support::FakeDocker engine{root.path() + "/docker.sock"};
  void answer(const std::string& part, unsigned status, const std::string& body) {
    engine.set_fault([=](support::FakeConnection& c, const std::string& target) {
      return target.find(part) != std::string::npos && c.answer(status, body);
    });
  }
};

// The engine's answer must not be taken for an empty list, whichever thread is first.
TEST_F(PartlyWorking, AListThatFailsIsAlwaysThree) {
  constexpr int kTimes = 30;
  for (const auto& [status, body] : {std::pair{500U, R"({"message":"database is locked"})"},
                                     std::pair{200U, "null"}, std::pair{200U, ""}}) {
    answer("/containers/json", status, body);
    for (int i = 0; i < kTimes; ++i) {
      const auto outcome = run_ctrmeta({"list", "--json", "--config", config}, options);
      ASSERT_EQ(outcome.exit_code, 3) << i << body << outcome.err;
      ASSERT_THAT(outcome.out, "[]\n");
      ASSERT_THAT(outcome.err,
                  HasSubstr("docker.sock: answers, but lists no containers: GET /v1.41/containers"));
      if (status == 500U) {
        ASSERT_THAT(outcome.err, HasSubstr("database is locked"));
      }
    }
  }
}

TEST_F(PartlyWorking, AnEngineWithoutEventsIsReached) {
  engine.add(support::container_id("a1"), "one");
  answer("/events", 403, R"({"message":"forbidden by the proxy"})");
  const auto outcome = run_ctrmeta({"list", "--config", config}, options);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("one"));
  EXPECT_THAT(outcome.err, Not(HasSubstr("no container engine answers")));
}

TEST_F(PartlyWorking, AnEngineThatListsThoseThatRunIsReachedAndSaysWhatFails) {
  engine.add(support::container_id("a1"), "one");
  answer("all=true", 500, R"({"message":"content digest not found"})");
  const auto outcome = run_ctrmeta({"list", "--config", config}, options);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("one"));
  EXPECT_THAT(outcome.err, HasSubstr("docker.sock: works in parts: "));
  EXPECT_THAT(outcome.err, HasSubstr("content digest not found"));
}

TEST_F(PartlyWorking, AnEngineThatEndsTheSessionIsAlwaysThree) {
  constexpr int kTimes = 10;
  answer("/_ping", 500, R"({"message":"starting"})");
  for (int i = 0; i < kTimes; ++i) {
    const auto outcome = run_ctrmeta({"list", "--json", "--config", config}, options);
    ASSERT_EQ(outcome.exit_code, 3) << i;
    ASSERT_THAT(outcome.err, HasSubstr("answered 500: starting"));
  }
}

TEST_F(EnginesTest, MissingPermissionIsFour) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become another user";
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = root.path() + "/docker.sock";
  std::memcpy(address.sun_path, path.c_str(), path.size());
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(fd, 1), 0);
  ::chmod(path.c_str(), 0600);
  for (const std::string& open : {root.path(), dir.path()}) ::chmod(open.c_str(), 0755);
  options.as_user = 65534;
  const auto outcome = run_ctrmeta({"list", "--config", config}, options);
  ::close(fd);
  if (outcome.exit_code == 126) {
    std::cerr << "SKIPPED ALOUD: the build directory is not readable for other users\n";
    GTEST_SKIP();
  }
  EXPECT_EQ(outcome.exit_code, 4) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("root"));
}

TEST_F(EnginesTest, WatchEndsAfterItsDurationAndSaysWhatItWaitsFor) {
  const auto outcome = run_ctrmeta({"watch", "--duration", "0.2", "--config", config}, options);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(outcome.err, HasSubstr("waiting for engines"));
  EXPECT_THAT(outcome.err, HasSubstr("0 added or changed, 0 removed"));
}

TEST_F(EnginesTest, WatchEndsWhenItsReaderIsGone) {
  options.stdout_is = RunOptions::Stdout::kReaderGone;
  const auto outcome = run_ctrmeta({"watch", "--config", config}, options);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("0 removed"));
}

TEST_F(EnginesTest, ExplainOfTheHostAndOfAContainerThatNobodyKnows) {
  process(60, "/docker/" + kId);
  const auto host = run_ctrmeta({"explain", "50", "--config", config}, options);
  EXPECT_EQ(host.exit_code, 0) << host.err;
  EXPECT_THAT(host.out, HasSubstr("/system.slice/ssh.service"));
  EXPECT_THAT(host.out, HasSubstr("container: host"));
  const auto unknown = run_ctrmeta({"explain", "60", "--timeout", "0.3", "--config", config}, options);
  EXPECT_EQ(unknown.exit_code, 0) << unknown.err;
  EXPECT_THAT(unknown.out, HasSubstr("docker 1234567890ab"));
  EXPECT_THAT(unknown.out, HasSubstr("answered by: nobody"));
  EXPECT_THAT(unknown.out, HasSubstr("not connected"));
  EXPECT_THAT(unknown.out, testing::ContainsRegex("container.name +<NA> +no source knows this container"));
}

TEST_F(EnginesTest, ExplainOfAnEngineThatHasNobodyToAsk) {
  process(61, "/lxc/web");
  const auto outcome = run_ctrmeta({"explain", "61", "--config", config}, options);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, testing::ContainsRegex("container.type +lxc"));
  EXPECT_THAT(outcome.out, HasSubstr("nobody to ask"));
}

TEST_F(EnginesTest, ExplainOfAMissingProcess) {
  const auto outcome = run_ctrmeta({"explain", "4711", "--config", config}, options);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("there is no process 4711"));
  EXPECT_THAT(outcome.out, IsEmpty());
}

}  // namespace
