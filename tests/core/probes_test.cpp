// Healthchecks and probes.
#include "core/probes.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace core {
namespace {

using Words = std::vector<std::string>;

TEST(Healthcheck, ReadsDockersForms) {
  const Words none;
  EXPECT_EQ(docker_healthcheck(Words{"NONE"}, none), (Probe{"NONE", {}}));
  EXPECT_EQ(docker_healthcheck(Words{"CMD", "/bin/check", "-x", ""}, none),
            (Probe{"/bin/check", {"-x", ""}}));
  EXPECT_EQ(docker_healthcheck(Words{"CMD", "true"}, none), (Probe{"true", {}}));
  EXPECT_EQ(docker_healthcheck(Words{"CMD-SHELL", "a && b"}, none), (Probe{"/bin/sh", {"-c", "a && b"}}));
  EXPECT_EQ(docker_healthcheck(Words{"CMD-SHELL", "a"}, Words{"/bin/bash", "-e", "-c"}),
            (Probe{"/bin/bash", {"-e", "-c", "a"}}));
  EXPECT_EQ(docker_healthcheck(Words{"CMD-SHELL", "a"}, Words{""}), (Probe{"/bin/sh", {"-c", "a"}}));
  for (const Words& other : {Words{"cmd", "true"}, Words{"true"}, Words{"curl -f localhost"}}) {
    EXPECT_EQ(docker_healthcheck(other, none), std::nullopt) << "Docker runs no such test";
  }
}

// Words behind the line are arguments of the shell's, $0 and so on.
TEST(Healthcheck, DockerAppendsWordsWherePodmanJoinsThem) {
  const Words test{"CMD-SHELL", "sleep 0.4; true", "first", "second"};
  EXPECT_EQ(docker_healthcheck(test, Words{}),
            (Probe{"/bin/sh", {"-c", "sleep 0.4; true", "first", "second"}}));
  EXPECT_EQ(docker_healthcheck(test, Words{"/bin/bash", "-ec"}),
            (Probe{"/bin/bash", {"-ec", "sleep 0.4; true", "first", "second"}}));
  EXPECT_EQ(podman_healthcheck(test), (Probe{"/bin/sh", {"-c", "sleep 0.4; true first second"}}));
}

TEST(Healthcheck, ReadsPodmansForms) {
  EXPECT_EQ(podman_healthcheck(Words{"CMD-SHELL", "curl", "-f", "localhost"}),
            (Probe{"/bin/sh", {"-c", "curl -f localhost"}}));
  EXPECT_EQ(podman_healthcheck(Words{"curl -f localhost || exit 1"}),
            (Probe{"/bin/sh", {"-c", "curl -f localhost || exit 1"}}));
  EXPECT_EQ(podman_healthcheck(Words{"/bin/check", "-x"}), (Probe{"/bin/check", {"-x"}}));
  EXPECT_EQ(podman_healthcheck(Words{"none"}), (Probe{"NONE", {}}));
  EXPECT_EQ(podman_healthcheck(Words{"cmd", "true"}), (Probe{"true", {}}));
}

TEST(Healthcheck, IsNoneWithoutACommand) {
  for (const Words& test : {Words{}, Words{""}, Words{"CMD"}, Words{"CMD", ""}, Words{"CMD-SHELL"},
                            Words{"CMD-SHELL", ""}, Words{"", "x"}}) {
    EXPECT_EQ(docker_healthcheck(test, Words{}), std::nullopt);
    EXPECT_EQ(podman_healthcheck(test), std::nullopt);
  }
}

TEST(Probe, PrintsAsACommandLine) {
  EXPECT_EQ(probe_text({"/bin/sh", {"-c", "a b"}}), "/bin/sh -c a b");
  EXPECT_EQ(probe_text({"NONE", {}}), "NONE");
  EXPECT_EQ(probe_text({}), "");
}

constexpr const char* kPod = R"({"apiVersion":"v1","kind":"Pod","spec":{"containers":[
  {"name":"other","livenessProbe":{"exec":{"command":["no"]}}}, 5, {"noname":1},
  {"name":"web","livenessProbe":{"exec":{"command":["cat","/tmp/healthy"]},"periodSeconds":5},
   "readinessProbe":{"httpGet":{"path":"/"}}}]}})";

TEST(Probes, ComeFromTheLastAppliedManifest) {
  const PodProbes web = probes_from_last_applied(kPod, "web");
  EXPECT_EQ(web.liveness, (Probe{"cat", {"/tmp/healthy"}}));
  EXPECT_EQ(web.readiness, std::nullopt) << "httpGet is no command";
  EXPECT_EQ(probes_from_last_applied(kPod, "other").liveness, (Probe{"no", {}}));
  EXPECT_EQ(probes_from_last_applied(kPod, "absent").liveness, std::nullopt);
}

TEST(Probes, StandAnyAnnotation) {
  for (const char* text :
       {"", "x", "null", "[]", "{}", R"({"spec":5})", R"({"spec":{"containers":{}}})",
        R"({"spec":{"containers":[{"name":"web","livenessProbe":{"exec":{"command":"x"}}}]}})",
        R"({"spec":{"containers":[{"name":"web","livenessProbe":{"exec":{"command":[1]}}}]}})",
        R"({"spec":{"containers":[{"name":"web","livenessProbe":{"exec":{"command":[]}}}]}})",
        R"({"spec":{"containers":[{"name":"web","livenessProbe":[]}]}})"}) {
    const PodProbes probes = probes_from_last_applied(text, "web");
    EXPECT_EQ(probes.liveness, std::nullopt) << text;
    EXPECT_EQ(probes.readiness, std::nullopt) << text;
  }
  EXPECT_EQ(probes_from_last_applied(std::string(100000, '['), "web").liveness, std::nullopt);
}

}  // namespace
}  // namespace core
