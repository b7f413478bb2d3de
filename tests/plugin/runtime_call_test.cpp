// Which command lines start a container.
#include "plugin/runtime_call.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

std::string joined(const std::vector<std::string>& args) {
  std::string text;
  for (const std::string& arg : args) text += arg + '\0';
  return text;
}

struct Case {
  const char* name;
  std::vector<std::string> args;
  const char* id;  // "": starts no container
  const char* bundle = "";
  const char* container_name = "";
  bool enters = false;
};

class RuntimeCallTest : public testing::TestWithParam<Case> {};

TEST_P(RuntimeCallTest, IsReadAsTheRuntimeReadsIt) {
  const std::string args = joined(GetParam().args);
  const auto call = plugin::read_runtime_call(args);
  if (*GetParam().id == '\0') {
    EXPECT_FALSE(call.has_value()) << call->id;
    return;
  }
  ASSERT_TRUE(call.has_value());
  EXPECT_EQ(call->id, GetParam().id);
  EXPECT_EQ(call->bundle, GetParam().bundle);
  EXPECT_EQ(call->name, GetParam().container_name);
  EXPECT_EQ(call->kind == plugin::RuntimeCall::Kind::kEnters, GetParam().enters);
}

INSTANTIATE_TEST_SUITE_P(
    Starts, RuntimeCallTest,
    testing::Values(Case{"runc_by_containerd",
                         {"--root", "/run/containerd/runc/default", "--log", "/run/x/log.json",
                          "--log-format", "json", "--systemd-cgroup", "create", "--bundle",
                          "/run/containerd/b", "--pid-file", "/run/x/init.pid", "web"},
                         "web",
                         "/run/containerd/b"},
                    Case{"runc_by_docker_with_equals",
                         {"--root=/var/run/docker", "create", "--bundle=/b", "--pid-file=/p",
                          "--console-socket", "/s", "c0ffee"},
                         "c0ffee",
                         "/b"},
                    Case{"crun_by_conmon",
                         {"--systemd-cgroup", "create", "--bundle", "/b", "--pid-file", "/p", "abc"},
                         "abc",
                         "/b"},
                    Case{"crun_options_after_the_id", {"run", "abc", "--bundle", "/b"}, "abc", "/b"},
                    Case{"short_option", {"create", "-b", "/b", "abc"}, "abc", "/b"},
                    Case{"short_option_with_equals", {"create", "-b=/b", "abc"}, "abc", "/b"},
                    Case{"one_dash_as_go_takes_it", {"create", "-bundle", "/b", "abc"}, "abc", "/b"},
                    Case{"no_bundle", {"run", "abc"}, "abc", "."},
                    Case{"relative_bundle", {"run", "-d", "--bundle", "../b", "abc"}, "abc", "../b"},
                    Case{"restored", {"restore", "--bundle", "/b", "--image-path", "/i", "abc"}, "abc", "/b"},
                    Case{"runsc",
                         {"--root=/r", "--log=/l", "--platform", "systrap", "create", "--bundle", "/b",
                          "--user-log", "/u", "abc"},
                         "abc",
                         "/b"},
                    Case{"double_dash", {"run", "--bundle", "/b", "--", "abc"}, "abc", "/b"},
                    Case{"id_of_all_allowed_characters", {"run", "A-z_0.9+x"}, "A-z_0.9+x", "."},
                    Case{"conmon_of_podman",
                         {"--api-version",
                          "1",
                          "-c",
                          "c0ffee",
                          "-u",
                          "c0ffee",
                          "-r",
                          "/usr/bin/crun",
                          "-b",
                          "/s/userdata",
                          "-p",
                          "/p",
                          "-n",
                          "web",
                          "--exit-command",
                          "/usr/bin/podman",
                          "--exit-command-arg",
                          "--root",
                          "--exit-command-arg",
                          "-b",
                          "--exit-command-arg",
                          "/other"},
                         "c0ffee",
                         "/s/userdata",
                         "web"},
                    Case{"shim_started",
                         {"-namespace", "k8s.io", "-address", "/run/containerd/containerd.sock",
                          "-publish-binary", "/usr/bin/containerd", "-id", "c0ffee", "-debug", "start"},
                         "c0ffee",
                         "."},
                    Case{"shim_that_runs",
                         {"-namespace", "default", "-id", "web", "-address",
                          "/run/containerd/containerd.sock"},
                         "web",
                         "."},
                    Case{"conmon_with_long_options",
                         {"--cid=c0ffee", "--runtime=/usr/bin/runc", "--bundle=/b", "--name=web"},
                         "c0ffee",
                         "/b",
                         "web"}),
    [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(Enters, RuntimeCallTest,
                         testing::Values(Case{"runc_exec",
                                              {"--root", "/r", "exec", "--process", "/p", "--pid-file", "/f",
                                               "--detach", "web"},
                                              "web",
                                              "",
                                              "",
                                              true},
                                         Case{"crun_exec_with_a_command",
                                              {"exec", "-e", "A=create", "-t", "web", "run", "x"},
                                              "web",
                                              "",
                                              "",
                                              true}),
                         [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    DoesNot, RuntimeCallTest,
    testing::Values(Case{"nothing", {}, ""}, Case{"another_command", {"start", "abc"}, ""},
                    Case{"exec_of_nothing", {"exec", "--process", "abc"}, ""}, Case{"init", {"init"}, ""},
                    Case{"state", {"--root", "/create", "state", "abc"}, ""},
                    Case{"no_id", {"create", "--bundle", "/b"}, ""},
                    Case{"id_is_an_option_value", {"create", "--bundle", "abc"}, ""},
                    Case{"two_ids", {"run", "-b", "/b", "image", "command"}, ""},
                    Case{"id_with_a_slash", {"run", "../../etc"}, ""}, Case{"dots", {"run", ".."}, ""},
                    Case{"a_script", {"/usr/bin/npm", "run", "build"}, ""},
                    Case{"conmon_exec", {"-c", "c0ffee", "-r", "/r", "-b", "/b", "-e"}, ""},
                    Case{"conmon_without_bundle", {"-c", "c0ffee", "-r", "/r"}, ""},
                    Case{"shim_that_deletes",
                         {"-namespace", "default", "-address", "/a", "-bundle", "/b", "-id", "web", "delete"},
                         ""},
                    Case{"not_a_shim", {"-namespace", "default", "-id", "web"}, ""},
                    Case{"too_long_an_id", {"run", std::string(1024, 'a')}, ""}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(RuntimeCall, ArgumentsCutOffAreReadAsFarAsTheyGo) {
  EXPECT_EQ(plugin::read_runtime_call(std::string_view("run\0--bundle\0/b\0ab", 18))->id, "ab");
  EXPECT_FALSE(plugin::read_runtime_call(std::string_view("run\0--bund", 10)));
}

TEST(RuntimeCall, ThousandsOfArgumentsEndTheReading) {
  std::string args;
  for (int i = 0; i < 10000; ++i) args += std::string("-x") + '\0';
  args += joined({"run", "abc"});
  EXPECT_FALSE(plugin::read_runtime_call(args));
}

}  // namespace
