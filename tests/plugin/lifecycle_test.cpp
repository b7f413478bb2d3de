// Identity, init and destroy, through the C interface.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <tuple>

#include "api/plugin_api.h"
#include "plugin_host.h"

namespace {

using test::PluginHost;

template <typename Fn>
Fn symbol(const char* name) {
  void* library = dlopen(PLUGIN_PATH, RTLD_NOW | RTLD_LOCAL);
  EXPECT_NE(library, nullptr) << dlerror();
  return reinterpret_cast<Fn>(dlsym(library, name));
}

TEST(Identity, SaysWhatTheSpecificationDemands) {
  EXPECT_STREQ(symbol<api::GetStringFn>("plugin_get_name")(), "container");
  EXPECT_STREQ(symbol<api::GetStringFn>("plugin_get_description")(),
               "Falco container metadata enrichment Plugin");
  EXPECT_STREQ(symbol<api::GetStringFn>("plugin_get_required_api_version")(), "3.10.0");
  EXPECT_STREQ(symbol<api::GetStringFn>("plugin_get_extract_event_sources")(), "[\"syscall\"]");
  EXPECT_STREQ(symbol<api::GetStringFn>("plugin_get_parse_event_sources")(), "[\"syscall\"]");
  EXPECT_STREQ(symbol<api::GetStringFn>("plugin_get_async_event_sources")(), "[\"syscall\"]");
  EXPECT_STREQ(symbol<api::GetStringFn>("plugin_get_async_events")(),
               "[\"container\",\"container_removed\"]");
}

// Falco refuses rules whose required_plugin_versions a plugin does not meet: the major version has to be the
// same, the rest at least that (libs' sinsp_version::compatible_with).
TEST(Identity, VersionIsWhatOfficialRulesAskFor) {
  int major = -1;
  int minor = -1;
  int patch = -1;
  char more = 0;
  const char* version = symbol<api::GetStringFn>("plugin_get_version")();
  ASSERT_EQ(std::sscanf(version, "%d.%d.%d%c", &major, &minor, &patch, &more), 3) << version;
  const std::tuple ours(minor, patch);
  EXPECT_EQ(major, 0) << "official rules ask for 0.x";
  EXPECT_GE(ours, std::tuple(4, 0)) << "falco-rules 5.0.0 and 5.1.0, in Falco 0.42 to 0.44";
  EXPECT_GE(ours, std::tuple(2, 2)) << "falco-rules 4.0.0, in Falco 0.41";
  EXPECT_GE(ours, std::tuple(7, 1))
      << "the plugin that Falco 0.44 comes with, which this one takes the place of";
  EXPECT_STREQ(version, PROJECT_VERSION) << "CMakeLists.txt says it, and nothing else";
}

TEST(Identity, SchemaVersionNeedsNoInstance) {
  const auto version =
      symbol<api::GetRequiredEventSchemaVersionFn>("plugin_get_required_event_schema_version");
  EXPECT_STREQ(version(nullptr), "4.0.0");
}

TEST(Init, RefusesAConfigurationByKeyAndValue) {
  PluginHost host(R"({"label_max_len":"many"})");
  EXPECT_FALSE(host.ok());
  EXPECT_NE(host.error().find("label_max_len"), std::string::npos) << host.error();
  EXPECT_NE(host.error().find("many"), std::string::npos) << host.error();
}

TEST(Init, AcceptsNoConfigurationAtAll) {
  EXPECT_TRUE(PluginHost("").ok());
  EXPECT_TRUE(PluginHost("{}").ok());
}

TEST(Init, HostWithoutTablesGetsAnError) {
  api::InitInput input{};
  input.config = "{}";
  api::Rc rc = api::kSuccess;
  api::PluginState* state = symbol<api::InitFn>("plugin_init")(&input, &rc);
  EXPECT_EQ(rc, api::kFailure);
  ASSERT_NE(state, nullptr);
  EXPECT_STREQ(symbol<api::GetLastErrorFn>("plugin_get_last_error")(state),
               "the host offers no state tables: a host with plugin API 3.10 or newer is needed");
  symbol<api::DestroyFn>("plugin_destroy")(state);
}

TEST(Calls, NullPointersAreRefused) {
  api::Rc rc = api::kSuccess;
  api::PluginState* state = symbol<api::InitFn>("plugin_init")(nullptr, &rc);
  EXPECT_EQ(rc, api::kFailure);
  EXPECT_EQ(symbol<api::ParseEventFn>("plugin_parse_event")(state, nullptr, nullptr), api::kFailure);
  EXPECT_EQ(symbol<api::ExtractFieldsFn>("plugin_extract_fields")(state, nullptr, nullptr), api::kFailure);
  EXPECT_EQ(symbol<api::CaptureFn>("plugin_capture_open")(nullptr, nullptr), api::kFailure);
  symbol<api::DestroyFn>("plugin_destroy")(state);
  symbol<api::DestroyFn>("plugin_destroy")(nullptr);
}

TEST(Instances, TwoInOneProcessShareNothing) {
  PluginHost first;
  PluginHost second(
      R"({"engines":{"static":{"enabled":true,"container_id":"fixed","container_name":"n","container_image":"i"}}})");
  ASSERT_TRUE(first.ok()) << first.error();
  ASSERT_TRUE(second.ok()) << second.error();
  first.put(test::thread(10, test::docker_cgroup(test::kIdA)));
  second.put(test::thread(10, test::docker_cgroup(test::kIdA)));
  first.open();
  second.open();
  ASSERT_TRUE(first.announce(test::full_container(test::kIdA)));
  EXPECT_EQ(first.ask(10, "container.name"), "web");
  EXPECT_EQ(second.ask(10, "container.id"), "fixed");
  EXPECT_EQ(second.metric("n_containers"), 1u);
}

TEST(Instances, AHundredInARow) {
  for (int i = 0; i < 100; ++i) {
    PluginHost host;
    ASSERT_TRUE(host.ok()) << host.error();
    host.put(test::thread(10, "/lxc/c" + std::to_string(i)));
    host.open(true);
    ASSERT_EQ(host.ask(10, "container.id"), "c" + std::to_string(i));
  }
}

TEST(Capture, OpenedTwiceInARow) {
  PluginHost host;
  host.put(test::thread(10, test::docker_cgroup(test::kIdA)));
  host.open();
  EXPECT_EQ(host.ask(10, "container.id"), "aaaaaaaaaaaa");
  host.session().close();
  host.put(test::thread(11, test::docker_cgroup(test::kIdB)));
  host.open();
  EXPECT_EQ(host.ask(10, "container.id"), "aaaaaaaaaaaa");
  EXPECT_EQ(host.ask(11, "container.id"), "bbbbbbbbbbbb");
}

}  // namespace
