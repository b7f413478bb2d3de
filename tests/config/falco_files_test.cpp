// Falco's configuration files and ours, merged as Falco merges them: what docs/install.md says about where
// options go, and what befalls those who put them elsewhere.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "config/config.h"
#include "support/falco_files.h"
#include "tools/falco/configuration.h"
#include "tools/falco/yaml.h"

namespace config {
namespace {

namespace json = boost::json;
using falco::Plugin;
using falco::Strategy;

using support::kContainerPluginYaml;
using support::kFalcoYaml;

// falco.yaml as the chart writes it.
constexpr const char* kChartYaml = R"(
load_plugins:
  - container
plugins:
  - name: container
    library_path: libcontainer.so
    init_config:
      engines:
        cri:
          enabled: true
          sockets:
            - /run/containerd/containerd.sock
            - /run/crio/crio.sock
        lxc:
          enabled: true
      hooks:
        - create
      label_max_len: 100
      with_size: false
)";
// The file that earlier versions of this project asked people to put into config.d.
constexpr const char* kOldOwnFile = R"(
plugins:
  - name: container
    library_path: libcontainer.so
    init_config:
      verbosity: nonsense
load_plugins: [container]
)";

json::object yaml(const std::string& text) {
  auto value = falco::read_yaml(text);
  EXPECT_TRUE(value.ok()) << value.error();
  return value ? value->as_object() : json::object();
}

std::string packaged() {
  std::ostringstream text;
  text << std::ifstream(PACKAGED_CONFIG).rdbuf();
  return text.str();
}

// A package's installation: falco.yaml and its config.d.
json::object installed() {
  return falco::include(yaml(kFalcoYaml), yaml(kContainerPluginYaml), Strategy::kAppend);
}

Plugin only_plugin(const json::object& config) {
  const auto plugins = falco::plugins_of(config);
  EXPECT_TRUE(plugins.ok()) << plugins.error();
  if (!plugins || plugins->size() != 1) {
    ADD_FAILURE() << "not one plugin";
    return {};
  }
  return plugins->front();
}

Config parsed(const Plugin& plugin) {
  const auto config = parse(plugin.init_config, "");
  EXPECT_TRUE(config.ok()) << config.error();
  return config.ok() ? *config : Config{};
}

TEST(FalcoFiles, AnInstalledPackageLoadsThePluginWithItsTwoOptions) {
  const Plugin plugin = only_plugin(installed());
  EXPECT_EQ(plugin.library_path, "libcontainer.so");
  EXPECT_EQ(plugin.init_config, R"({"label_max_len":100,"with_size":false})");
  EXPECT_TRUE(parsed(plugin).warnings.empty());
}

TEST(FalcoFiles, TheChartLoadsThePlugin) {
  const Config config = parsed(only_plugin(yaml(kChartYaml)));
  EXPECT_EQ(config.cri.sockets.size(), 2u);
  EXPECT_TRUE(config.warnings.empty());
}

// Why nothing of this project belongs into config.d.
TEST(FalcoFiles, ASecondEntryInConfigDEndsFalcoOrIsNotRead) {
  const auto twice = falco::plugins_of(falco::include(installed(), yaml(kOldOwnFile), Strategy::kAppend));
  ASSERT_FALSE(twice.ok());
  EXPECT_EQ(twice.error(), "found another plugin with name container");
  // Without falco.container_plugin.yaml Falco starts, and the first entry's options count.
  const Plugin ignored = only_plugin(falco::include(yaml(kFalcoYaml), yaml(kOldOwnFile), Strategy::kAppend));
  EXPECT_EQ(ignored.init_config.find("nonsense"), std::string::npos);
}

// docs/install.md: the file of packaging/, named in config_files with `strategy: override`.
TEST(FalcoFiles, ThePackagedFileOverridesTheOfficialEntry) {
  const Plugin plugin = only_plugin(falco::include(installed(), yaml(packaged()), Strategy::kOverride));
  EXPECT_EQ(plugin.library_path, "libcontainer.so");
  EXPECT_NE(plugin.init_config.find("\"verbosity\":\"info\""), std::string::npos) << plugin.init_config;
  // It shows every option with its default.
  const Config config = parsed(plugin);
  const Config preset;
  EXPECT_TRUE(config.warnings.empty()) << config.warnings.front();
  EXPECT_EQ(config.engine_timeout_ms, preset.engine_timeout_ms);
  EXPECT_EQ(config.cache_max, preset.cache_max);
  EXPECT_EQ(config.local_sources, preset.local_sources);
  EXPECT_EQ(config.docker.sockets, preset.docker.sockets);
  EXPECT_EQ(config.containerd.sockets, preset.containerd.sockets);
  EXPECT_EQ(config.cri.sockets, preset.cri.sockets);
  EXPECT_TRUE(config.podman_user_sockets);
  EXPECT_FALSE(config.static_engine.enabled);
}

// In the chart, too, and above all without load_plugins, which it would override for all plugins.
TEST(FalcoFiles, ThePackagedFileSaysNothingOfOtherPlugins) {
  EXPECT_EQ(yaml(packaged()).size(), 1u);
  EXPECT_EQ(only_plugin(falco::include(yaml(kChartYaml), yaml(packaged()), Strategy::kOverride)).name,
            "container");
  json::object more = yaml(kFalcoYaml);
  more["load_plugins"] = json::array{"container", "json"};
  more["plugins"].as_array().push_back(json::object{{"name", "json"}, {"library_path", "libjson.so"}});
  const auto lost = falco::plugins_of(falco::include(more, yaml(packaged()), Strategy::kOverride));
  ASSERT_FALSE(lost.ok()) << "an override replaces the whole list: other plugins' entries go into the file";
  EXPECT_EQ(lost.error(), "Cannot load plugin 'json': plugin config not found for given name");
}

TEST(FalcoFiles, AddOnlyAndTheOldStrategyOfFalco40) {
  EXPECT_EQ(only_plugin(falco::include(installed(), yaml(packaged()), Strategy::kAddOnly)).init_config,
            R"({"label_max_len":100,"with_size":false})");
  EXPECT_NE(only_plugin(falco::include(installed(), yaml(kOldOwnFile), Strategy::kReplace))
                .init_config.find("nonsense"),
            std::string::npos);
}

// Empty maps and lists, and texts that look like something else, on their way through Falco.
TEST(FalcoFiles, WhatYamlBecomesOnItsWay) {
  const auto arrives = [](const std::string& init_config) {
    const json::object file =
        yaml("plugins:\n  - name: container\n    library_path: libcontainer.so\n" + init_config);
    return only_plugin(file).init_config;
  };
  EXPECT_EQ(arrives(""), "");
  EXPECT_EQ(arrives("    init_config: {}\n"), "") << "the plugin gets 'null' or nothing";
  EXPECT_EQ(arrives("    init_config:\n      hooks: []\n      engines: {}\n      with_size:\n"),
            R"({"hooks":null,"engines":null,"with_size":null})");
  EXPECT_EQ(arrives("    init_config:\n      engines:\n        docker: {enabled: yes, sockets: []}\n"),
            R"({"engines":{"docker":{"enabled":true,"sockets":null}}})");
  const std::string fixed = arrives(
      "    init_config:\n      engines:\n        static:\n          enabled: true\n"
      "          container_id: \"123456789012\"\n          container_name: 'true'\n          "
      "container_image: a:1\n");
  const auto config = parse(fixed, "");
  ASSERT_TRUE(config.ok()) << fixed << ": " << config.error();
  EXPECT_EQ(config->static_engine.container_id, "123456789012");
  EXPECT_EQ(config->static_engine.container_name, "true");
  // What Falco cannot tell from a number is lost, but not in one JSON text, which it hands on as it is.
  EXPECT_EQ(arrives("    init_config:\n      engines: {static: {container_id: '0017'}}\n"),
            R"({"engines":{"static":{"container_id":15}}})");
  EXPECT_EQ(arrives(R"(    init_config: '{"engines":{"static":{"container_id":"0017"}}}')"),
            R"({"engines":{"static":{"container_id":"0017"}}})");
}

}  // namespace
}  // namespace config
