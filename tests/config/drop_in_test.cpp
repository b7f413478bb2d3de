// What Falco hands to the plugin in the installations that people have: the init_config of official
// falco.yaml and of the official chart, as JSON after Falco's own reading of its YAML. Facts: Falco 0.41 to
// 0.45's falco.yaml, chart 9.1.0's values.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/config.h"

namespace config {
namespace {

using Sockets = std::vector<std::string>;

Config taken(const std::string& json) {
  const auto config = parse(json, "/host");
  EXPECT_TRUE(config.ok()) << json << ": " << config.error();
  if (!config) return {};
  EXPECT_TRUE(config->warnings.empty()) << config->warnings.front();
  return *config;
}

TEST(DropIn, TheEntryOfFalcoYaml) {
  const Config config = taken(R"({"label_max_len":100,"with_size":false})");
  const Config preset;
  EXPECT_EQ(config.label_max_len, 100u);
  EXPECT_EQ(config.docker.sockets, preset.docker.sockets);
  EXPECT_TRUE(config.podman_user_sockets);
}

// Its commented part, which people put in.
TEST(DropIn, TheEntryOfFalcoYamlWithItsEngines) {
  const Config config = taken(R"({"label_max_len":100,"with_size":false,"engines":{
    "docker":{"enabled":true,"sockets":["/var/run/docker.sock"]},
    "podman":{"enabled":true,"sockets":["/run/podman/podman.sock","/run/user/1000/podman/podman.sock"]},
    "containerd":{"enabled":true,"sockets":["/run/containerd/containerd.sock"]},
    "cri":{"enabled":true,"sockets":["/run/crio/crio.sock"]},
    "lxc":{"enabled":false},"libvirt_lxc":{"enabled":false},"bpm":{"enabled":false}}})");
  EXPECT_EQ(config.podman.sockets.size(), 2u);
  EXPECT_FALSE(config.lxc || config.libvirt_lxc || config.bpm);
}

constexpr const char* kChart = R"({"engines":{
    "bpm":{"enabled":true},
    "containerd":{"enabled":true,"sockets":["/run/host-containerd/containerd.sock"]},
    "cri":{"enabled":true,"sockets":["/run/containerd/containerd.sock","/run/crio/crio.sock",
      "/run/k3s/containerd/containerd.sock","/run/host-containerd/containerd.sock"]},
    "docker":{"enabled":true,"sockets":["/var/run/docker.sock"]},
    "libvirt_lxc":{"enabled":true},"lxc":{"enabled":true},
    "podman":{"enabled":true,"sockets":["/run/podman/podman.sock"]}},
  "hooks":["create"],"label_max_len":100,"with_size":false})";

// containerd's main socket under `cri` alone, another one under both.
TEST(DropIn, TheChart) {
  const Config config = taken(kChart);
  EXPECT_EQ(config.containerd.sockets, (Sockets{"/run/host-containerd/containerd.sock"}));
  EXPECT_EQ(config.cri.sockets,
            (Sockets{"/run/containerd/containerd.sock", "/run/crio/crio.sock",
                     "/run/k3s/containerd/containerd.sock", "/run/host-containerd/containerd.sock"}));
  EXPECT_TRUE(config.hook_create && !config.hook_start);
  EXPECT_EQ(config.host_root, "/host");
}

// helm's --set of what its values file has; a section set to {} or [] reaches the plugin as null.
TEST(DropIn, TheChartWithOtherValues) {
  const Config config = taken(R"({"engines":{
      "bpm":{"enabled":false},"containerd":{"enabled":true,"sockets":["/custom/containerd.sock"]},
      "cri":{"enabled":true,"sockets":null},"docker":{"enabled":false,"sockets":["/var/run/docker.sock"]},
      "libvirt_lxc":null,"lxc":{"enabled":false},"podman":null},
    "hooks":["create","start"],"label_max_len":200,"with_size":true})");
  EXPECT_EQ(config.label_max_len, 200u);
  EXPECT_TRUE(config.with_size && config.hook_create && config.hook_start);
  EXPECT_FALSE(config.bpm || config.docker.enabled || config.lxc);
  EXPECT_TRUE(config.libvirt_lxc && config.podman.enabled && config.podman_user_sockets);
  EXPECT_TRUE(config.cri.sockets.empty());
}

// Newer versions of the other plugin have a timeout of their own, and charts will write it.
TEST(DropIn, KeysThatTheOtherPluginGained) {
  EXPECT_EQ(taken(R"({"label_max_len":100,"with_size":false,"log_level":"warn","engine_timeout":10})")
                .engine_timeout_ms,
            10000u);
  const auto future = parse(R"({"engine_retries":3,"engines":{"kata":{"enabled":true}}})", "");
  ASSERT_TRUE(future.ok()) << future.error();
  EXPECT_EQ(future->warnings.size(), 2u);
}

}  // namespace
}  // namespace config
