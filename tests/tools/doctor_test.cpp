// `ctrmeta doctor`: each fault made on purpose has its sentence, what works is called healthy, and the
// support archive holds no secrets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "program.h"
#include "support/fake_docker.h"
#include "support/falco_files.h"

namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;
using support::kFalcoYaml;
using tools_test::Outcome;
using tools_test::run_ctrmeta;
using tools_test::RunOptions;
using tools_test::TempDir;

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr const char* kRules = R"(
- required_engine_version: 0.57.0
- required_plugin_versions:
    - name: container
      version: 0.4.0
- rule: Something
  condition: container.id != host
)";
const std::string kId = "1234567890abcdef1234567890abcdef1234567890abcdef1234567890abcdef";

struct Doctor : testing::Test {
  TempDir dir;
  TempDir root;  // HOST_ROOT: a host of our making
  std::string config = dir.write("config.json", tools_test::config_below(""));
  RunOptions options;

  void SetUp() override {
    root.write("proc/stat", "btime 1\n");
    process(50, "/system.slice/ssh.service");
    for (const char* name : {"run", "var", "etc"}) fs::create_directories(fs::path(root.path()) / name);
    options.environment["HOST_ROOT"] = root.path();
  }
  void process(int pid, const std::string& cgroup) {
    const std::string name = "proc/" + std::to_string(pid);
    const std::string number = std::to_string(pid);
    root.write(name + "/status", "Name:\tp\nTgid:\t" + number + "\nNSpid:\t" + number + "\n");
    root.write(name + "/cgroup", "0::" + cgroup + "\n");
  }
  // Falco as its package leaves it, with this project's library in place of its own.
  void install_falco(const std::string& library = CONTAINER_LIBRARY) {
    root.write("etc/falco/falco.yaml", kFalcoYaml);
    root.write("etc/falco/config.d/falco.container_plugin.yaml", support::kContainerPluginYaml);
    root.write("etc/falco/falco_rules.yaml", kRules);
    root.write("usr/share/falco/plugins/empty", "");
    fs::copy_file(library, plugin(), fs::copy_options::overwrite_existing);
    ::chmod(plugin().c_str(), 0644);
  }
  std::string plugin() const { return root.path() + "/usr/share/falco/plugins/libcontainer.so"; }

  Outcome doctor(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"doctor", "--config", config, "--timeout", "2"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_ctrmeta(arguments, options);
  }
  // The fault's sentence is there, marked as bad, and the exit code says so.
  void expect_bad(const Outcome& outcome, const std::string& sentence) {
    EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
    EXPECT_THAT(outcome.out, ContainsRegex("  BAD   [^\n]*" + sentence)) << outcome.err;
  }
};

TEST_F(Doctor, WhatIsNotMountedIsMissed) {
  fs::remove_all(root.path() + "/run");
  EXPECT_THAT(doctor().out, ContainsRegex("[^\n]*/run: is not there: no engine's socket"));
}

// As in a pod that is given the host's /proc and nothing else.
TEST_F(Doctor, WhatTheHostsFirstProcessSeesIsNotMissed) {
  fs::remove_all(root.path() + "/run");
  root.write("proc/1/root/run/here", "");
  const std::string out = doctor().out;
  EXPECT_THAT(out, ContainsRegex("what is not mounted is read at [^\n]*/proc/1/root"));
  EXPECT_THAT(out, ContainsRegex("[^\n]*/run: is not mounted: [^\n]*/proc/1/root/run is read"));
}

// An engine that works, and Falco beside it.
struct Healthy : Doctor {
  std::unique_ptr<support::FakeDocker> engine;
  void SetUp() override {
    Doctor::SetUp();
    engine = std::make_unique<support::FakeDocker>(root.path() + "/docker.sock");
    engine->add(kId, "web");
    process(60, "/docker/" + kId);
    install_falco();
  }
};

TEST_F(Healthy, EverythingIsFine) {
  const Outcome outcome = doctor();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  EXPECT_THAT(
      outcome.out,
      ContainsRegex("ok    docker [^\n]*docker.sock: Docker [^\n]*, 1 container, root's; round trip"));
  EXPECT_THAT(outcome.out, HasSubstr("plugin container " PROJECT_VERSION ", of this project"));
  EXPECT_THAT(outcome.out, HasSubstr("falco_rules.yaml: requires container 0.4.0"));
  EXPECT_THAT(outcome.out, HasSubstr("/etc/falco/falco.yaml: its entry is the one that Falco takes"));
  EXPECT_THAT(outcome.out, testing::EndsWith("\nhealthy; 1 thing to look at\n"));
  EXPECT_THAT(outcome.out, HasSubstr("switched off by local_sources"));
}

TEST_F(Healthy, TheStepsOfAContainerByPidIdAndName) {
  for (const std::string what : {"60", "1234567890ab", "web"}) {
    const Outcome outcome = doctor({what});
    EXPECT_EQ(outcome.exit_code, 0) << what << outcome.out;
    EXPECT_THAT(outcome.out, HasSubstr("process 60 is p"));
    EXPECT_THAT(outcome.out, HasSubstr("says 1234567890ab of docker, root's"));
    EXPECT_THAT(outcome.out, HasSubstr("the engine's API answered"));
    EXPECT_THAT(outcome.out, HasSubstr("container.name: web (from the engine's API)"));
  }
}

TEST_F(Healthy, TheJsonFormIsStable) {
  const Outcome outcome = doctor({"--json", "web"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const json::object report = json::parse(outcome.out).as_object();
  EXPECT_EQ(report.at("format"), 1);
  EXPECT_EQ(report.at("healthy"), true);
  std::vector<std::string> sections;
  for (const json::value& section : report.at("sections").as_array()) {
    sections.emplace_back(section.as_object().at("id").as_string());
    for (const json::value& finding : section.as_object().at("findings").as_array()) {
      for (const char* member : {"id", "level", "subject", "text", "advice", "facts"}) {
        EXPECT_TRUE(finding.as_object().contains(member)) << member;
      }
    }
  }
  EXPECT_EQ(sections, (std::vector<std::string>{"where", "host", "engines", "local", "falco", "container"}));
}

TEST_F(Healthy, TheArchiveHoldsNoSecrets) {
  engine->set_fault([](support::FakeConnection& connection, const std::string& target) {
    if (target.find("/containers/" + kId + "/json") == std::string::npos) return false;
    return connection.answer(200, R"({"Id":")" + kId + R"(","Name":"/web","Config":{"Image":"busybox:1.36",
      "Env":["PASSWORD=hunter2"],"Labels":{"token":"s3cr3t"},
      "Healthcheck":{"Test":["CMD","curl","-u","me:p4ss"]}},"NetworkSettings":{"IPAddress":"1.2.3.4"},
      "State":{"Running":true},"HostConfig":{},"Mounts":[]})");
  });
  const std::string file = dir.path() + "/doctor.tar";
  const auto archive = [&](std::vector<std::string> more) {
    more.insert(more.end(), {"--bundle", file, "web"});
    EXPECT_EQ(doctor(std::move(more)).exit_code, 0);
    std::ifstream stream(file, std::ios::binary);
    return std::string{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  };
  const std::string text = archive({});
  for (const char* secret : {"hunter2", "s3cr3t", "p4ss"}) EXPECT_THAT(text, Not(HasSubstr(secret)));
  EXPECT_THAT(text, HasSubstr("token"));
  EXPECT_THAT(archive({"--with-labels"}), HasSubstr("s3cr3t"));
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_EQ(std::system(("tar -tf " + file + " | grep -qx ctrmeta-doctor/doctor.json").c_str()), 0);
}

// The faults.

TEST_F(Doctor, AHostRootThatIsNotThere) {
  options.environment["HOST_ROOT"] = root.path() + "/nowhere";
  const Outcome outcome = doctor();
  expect_bad(outcome, "HOST_ROOT is [^\n]*/nowhere, and there is no such directory");
  EXPECT_THAT(outcome.out, HasSubstr("hostPath: {path: /}")) << "the line that mends it";
}

TEST_F(Doctor, AHostRootWithoutItsProc) {
  fs::remove_all(root.path() + "/proc");
  expect_bad(doctor(), "processes cannot be seen");
}

TEST_F(Doctor, NoEngine) {
  expect_bad(doctor(), "no engine's socket is there");
}

struct Listener {
  explicit Listener(const std::string& path, bool listens) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size());
    EXPECT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    if (listens) {
      EXPECT_EQ(::listen(fd, 1), 0);
    }
  }
  ~Listener() { ::close(fd); }
  int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

TEST_F(Doctor, ASocketAtWhichNobodyListens) {
  const Listener socket(root.path() + "/docker.sock", false);
  expect_bad(doctor(), "docker [^\n]*docker.sock: [^\n]*[Rr]efused");
}

TEST_F(Doctor, ASocketThatIsNotPermitted) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become another user";
  const Listener socket(root.path() + "/docker.sock", true);
  ::chmod((root.path() + "/docker.sock").c_str(), 0600);
  for (const std::string& open : {root.path(), dir.path()}) ::chmod(open.c_str(), 0755);
  options.as_user = 65534;
  const Outcome outcome = doctor();
  if (outcome.exit_code == 126) {
    std::cerr << "SKIPPED ALOUD: the build directory is not readable for other users\n";
    GTEST_SKIP();
  }
  expect_bad(outcome, "docker [^\n]*docker.sock: no permission to connect");
  EXPECT_THAT(outcome.out, HasSubstr("run as root"));
}

TEST_F(Doctor, AnEngineThatDoesNotAnswer) {
  support::FakeDocker engine(root.path() + "/docker.sock");
  engine.hang(true);
  std::string text = tools_test::config_below("");
  text.insert(1, R"("engine_timeout_ms":300,)");
  config = dir.write("config.json", text);
  expect_bad(doctor(), "docker [^\n]*docker.sock: [^\n]*300 ms");
}

TEST_F(Doctor, PodmanBehindDockersSocket) {
  const support::FakeDocker engine(root.path() + "/docker.sock", support::FakeDocker::Kind::kPodman);
  expect_bad(doctor(), "docker [^\n]*this is podman's socket");
}

TEST_F(Doctor, AListThatFails) {
  support::FakeDocker engine(root.path() + "/docker.sock");
  engine.set_fault([](support::FakeConnection& c, const std::string& target) {
    return target.find("/containers/json") != std::string::npos &&
           c.answer(500, R"({"message":"database is locked"})");
  });
  expect_bad(doctor(), "docker [^\n]*lists no containers[^\n]*database is locked");
}

TEST_F(Doctor, ASocketThatAnybodyCouldHavePutThere) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give a directory away";
  fs::create_directories(root.path() + "/var/run");
  ASSERT_EQ(::chown((root.path() + "/var/run").c_str(), 1234, 1234), 0);
  support::FakeDocker engine(root.path() + "/var/run/docker.sock");
  config = dir.write("config.json", "{}");
  const Outcome outcome = doctor();
  expect_bad(outcome, "docker [^\n]*docker.sock: [^\n]*not believed for root's containers");
  EXPECT_THAT(outcome.out, HasSubstr("name the socket in engines.docker.sockets"));
}

TEST_F(Doctor, AContainerThatNobodyKnows) {
  support::FakeDocker engine(root.path() + "/docker.sock");
  process(60, "/docker/" + kId);
  expect_bad(doctor({"60"}), "nobody knows 1234567890ab");
  expect_bad(doctor({"nonsense"}), "no engine knows a container 'nonsense'");
  expect_bad(doctor({"4711"}), "there is no process 4711");
}

TEST_F(Healthy, TheLibraryIsMissing) {
  fs::remove(plugin());
  expect_bad(doctor(), "libcontainer.so: is not there");
}

TEST_F(Healthy, TheLibraryCannotBeLoaded) {
  root.write("usr/share/falco/plugins/libcontainer.so", "no library");
  expect_bad(doctor(), "libcontainer.so: cannot be loaded");
}

TEST_F(Healthy, TheLibraryIsSomebodyElses) {
  install_falco(OTHERS_PLUGIN);
  expect_bad(doctor(), "plugin container 0.7.1, of somebody else: Falco's own");
}

TEST_F(Healthy, OthersCanWriteTheLibrary) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root's Falco is in danger";
  ::chmod(plugin().c_str(), 0666);
  expect_bad(doctor(), "others than root can write it");
}

TEST_F(Healthy, ASecondEntryInConfigD) {
  root.write("etc/falco/config.d/zz-options.yaml",
             "plugins:\n  - name: container\n    library_path: libcontainer.so\n    init_config: {verbosity: "
             "debug}\n");
  expect_bad(doctor(), "zz-options.yaml: has a second entry 'container', which Falco does not read");
}

TEST_F(Healthy, LoadedTwice) {
  root.write("etc/falco/config.d/zz-again.yaml", "load_plugins: [container]\n");
  expect_bad(doctor(), "found another plugin with name container");
}

TEST_F(Healthy, NotLoaded) {
  fs::remove(root.path() + "/etc/falco/config.d/falco.container_plugin.yaml");
  expect_bad(doctor(), "no 'load_plugins' names the plugin container");
}

TEST_F(Healthy, AWrongOption) {
  std::string text = kFalcoYaml;
  text.replace(text.find("with_size: false"), 16, "with_size: 7");
  root.write("etc/falco/falco.yaml", text);
  expect_bad(doctor(), "'with_size' is 7");
}

TEST_F(Healthy, AFileThatIsNoYaml) {
  root.write("etc/falco/config.d/broken.yaml", "plugins:\n  - name: 'container\n");
  expect_bad(doctor(), "broken.yaml: line 2: ");
}

TEST_F(Healthy, RulesThatNeedANewerLibrary) {
  std::string rules = kRules;
  rules.replace(rules.find("0.4.0"), 5, "0.99.0");
  root.write("etc/falco/falco_rules.yaml", rules);
  expect_bad(doctor(), "requires container 0.99.0, and the library is " PROJECT_VERSION);
}

TEST_F(Healthy, AnOldFalco) {
  root.write("var/lib/dpkg/status", "Package: falco\nStatus: install ok installed\nVersion: 0.40.0\n\n");
  expect_bad(doctor(), "Falco 0.40.0 has its containers built in");
}

}  // namespace
