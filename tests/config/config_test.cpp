// The configuration: defaults, every key, and every way to get it wrong.
#include "config/config.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace config {
namespace {

using Sockets = std::vector<std::string>;

Config good(const std::string& json, const std::string& host_root = "") {
  const auto config = parse(json, host_root);
  EXPECT_TRUE(config.ok()) << json << ": " << config.error();
  return config.ok() ? *config : Config{};
}

std::string wrong(const std::string& json, const std::string& host_root = "") {
  const auto config = parse(json, host_root);
  EXPECT_FALSE(config.ok()) << json;
  return config.ok() ? "" : config.error();
}

void expect_defaults(const Config& config) {
  EXPECT_EQ(config.verbosity, base::Severity::kInfo);
  EXPECT_EQ(config.label_max_len, 100u);
  EXPECT_FALSE(config.with_size);
  EXPECT_FALSE(config.with_env);
  EXPECT_TRUE(config.hook_create);
  EXPECT_FALSE(config.hook_start);
  EXPECT_EQ(config.engine_timeout_ms, 5000u);
  EXPECT_EQ(config.startup_wait_ms, 1000u);
  EXPECT_EQ(config.grace_period_s, 30u);
  EXPECT_EQ(config.cache_max, 65536u);
  EXPECT_EQ(config.local_max_bytes, 1048576u);
  EXPECT_TRUE(config.local_sources);
  EXPECT_TRUE(config.docker.enabled && config.podman.enabled && config.containerd.enabled &&
              config.cri.enabled);
  EXPECT_EQ(config.docker.sockets, (Sockets{"/var/run/docker.sock"}));
  EXPECT_EQ(config.podman.sockets, (Sockets{"/run/podman/podman.sock"}));
  EXPECT_EQ(config.containerd.sockets.size(), 5u);
  EXPECT_EQ(config.cri.sockets, (Sockets{"/run/crio/crio.sock", "/run/cri-dockerd.sock"}));
  EXPECT_TRUE(config.podman_user_sockets);
  EXPECT_TRUE(config.lxc && config.libvirt_lxc && config.bpm);
  EXPECT_FALSE(config.static_engine.enabled);
}

TEST(Config, HasDefaults) {
  for (const char* text :
       {"", " \n\t", "{}", " { } ", "null", R"({"engines":{}})", R"({"engines":{"docker":{}}})"}) {
    expect_defaults(good(text));
  }
}

TEST(Config, ReadsEveryKey) {
  const Config config = good(R"({"verbosity":"trace","label_max_len":0,"with_size":true,"with_env":true,
    "hooks":["start"],"engine_timeout_ms":1,"startup_wait_ms":0,"grace_period_s":1,"cache_max":1,"local_sources":false,
    "local_max_bytes":4096,
    "engines":{"docker":{"enabled":false,"sockets":["/a","/b","/a"]},"podman":{"sockets":["/p"]},
      "containerd":{"enabled":true,"sockets":[]},"cri":{"sockets":["/c"]},"lxc":{"enabled":false},
      "libvirt_lxc":{"enabled":false},"bpm":{"enabled":false},
      "static":{"enabled":true,"container_id":"i","container_name":"n","container_image":"m"}}})");
  EXPECT_EQ(config.verbosity, base::Severity::kTrace);
  EXPECT_EQ(config.label_max_len, 0u);
  EXPECT_TRUE(config.with_size && config.with_env && config.hook_start);
  EXPECT_FALSE(config.hook_create);
  EXPECT_FALSE(config.local_sources);
  EXPECT_EQ(config.engine_timeout_ms, 1u);
  EXPECT_EQ(config.startup_wait_ms, 0u);
  EXPECT_EQ(config.grace_period_s, 1u);
  EXPECT_EQ(config.cache_max, 1u);
  EXPECT_EQ(config.local_max_bytes, 4096u);
  EXPECT_FALSE(config.docker.enabled);
  EXPECT_EQ(config.docker.sockets, (Sockets{"/a", "/b"})) << "the same path twice is one socket";
  EXPECT_EQ(config.podman.sockets, Sockets{"/p"});
  EXPECT_FALSE(config.podman_user_sockets);
  EXPECT_TRUE(config.containerd.sockets.empty());
  EXPECT_FALSE(config.lxc || config.libvirt_lxc || config.bpm);
  EXPECT_TRUE(config.static_engine.enabled);
  EXPECT_EQ(config.static_engine.container_id, "i");
  EXPECT_EQ(config.static_engine.container_name, "n");
  EXPECT_EQ(config.static_engine.container_image, "m");
}

TEST(Config, KnowsEveryVerbosityByBothSpellings) {
  const std::vector<std::pair<std::string, base::Severity>> cases{
      {"trace", base::Severity::kTrace},      {"debug", base::Severity::kDebug},
      {"info", base::Severity::kInfo},        {"warning", base::Severity::kWarning},
      {"warn", base::Severity::kWarning},     {"error", base::Severity::kError},
      {"critical", base::Severity::kCritical}};
  for (const auto& [name, severity] : cases) {
    EXPECT_EQ(good("{\"verbosity\":\"" + name + "\"}").verbosity, severity);
    EXPECT_EQ(good("{\"log_level\":\"" + name + "\"}").verbosity, severity);
  }
  EXPECT_EQ(good(R"({"verbosity":"warn","log_level":"warning"})").verbosity, base::Severity::kWarning);
}

TEST(Config, AcceptsTheBoundsAndWholeDoubles) {
  EXPECT_EQ(good(R"({"label_max_len":1048576})").label_max_len, 1048576u);
  EXPECT_EQ(good(R"({"engine_timeout_ms":600000})").engine_timeout_ms, 600000u);
  EXPECT_EQ(good(R"({"startup_wait_ms":60000})").startup_wait_ms, 60000u);
  EXPECT_EQ(good(R"({"cache_max":1e7})").cache_max, 10000000u);
  EXPECT_EQ(good(R"({"grace_period_s":30.0})").grace_period_s, 30u);
  const Config on_demand = good(R"({"hooks":[]})");
  EXPECT_FALSE(on_demand.hook_create || on_demand.hook_start);
  EXPECT_TRUE(good(R"({"hooks":["create","start","create"]})").hook_create);
}

TEST(Config, KeepsTheHostRootWithoutItsSlash) {
  EXPECT_EQ(good("", "/host/").host_root, "/host");
  EXPECT_EQ(good("", "/").host_root, "");
  EXPECT_EQ(good("{}", "/a//").host_root, "/a");
}

TEST(Config, AcceptsAnIncompleteStaticEngineThatIsDisabled) {
  EXPECT_FALSE(good(R"({"engines":{"static":{"enabled":false}}})").static_engine.enabled);
  EXPECT_FALSE(good(R"({"engines":{"static":{"container_id":""}}})").static_engine.enabled);
}

TEST(Config, AcceptsTheExampleOfTheDocumentation) {
  const Config config = good(R"({"verbosity":"warning","label_max_len":100,"with_size":false,"engines":{
    "docker":{"enabled":true,"sockets":["/var/run/docker.sock"]},
    "podman":{"enabled":true,"sockets":["/run/podman/podman.sock","/run/user/1000/podman/podman.sock"]},
    "containerd":{"enabled":true,"sockets":["/run/containerd/containerd.sock"]},
    "cri":{"enabled":true,"sockets":["/run/crio/crio.sock"]},
    "lxc":{"enabled":false},"libvirt_lxc":{"enabled":false},"bpm":{"enabled":false}}})");
  EXPECT_EQ(config.podman.sockets.size(), 2u);
}

TEST(Config, NamesKeyValueAndWhatIsAllowed) {
  EXPECT_EQ(wrong(R"({"label_max_len":-1})"),
            "init_config: 'label_max_len' is -1; allowed is a whole number from 0 to 1048576");
  EXPECT_EQ(wrong(R"({"engines":{"docker":{"sockets":["/a",5]}}})"),
            "init_config: 'engines.docker.sockets[1]' is 5; allowed is the absolute path of a unix socket");
  EXPECT_EQ(
      wrong(R"({"engines":{"lxc":{"socket":["/a"]}}})"),
      "init_config: unknown key 'engines.lxc.socket' (its value is [\"/a\"]); allowed here is 'enabled'");
  EXPECT_EQ(
      wrong(R"({"verbosity":"loud"})"),
      "init_config: 'verbosity' is \"loud\"; allowed is 'trace', 'debug', 'info', 'warning', 'warn', 'error' "
      "or 'critical'");
  EXPECT_EQ(wrong(R"({"with_size":"yes"})"), "init_config: 'with_size' is \"yes\"; allowed is true or false");
  EXPECT_EQ(wrong(R"({"engines":{"static":{"enabled":true,"container_id":"a","container_name":""}}})"),
            "init_config: 'engines.static.container_name' is empty; allowed is a text that is not empty, as "
            "the static "
            "engine is enabled");
  EXPECT_EQ(wrong(R"({"with_env":true,"with_env":false})"),
            "init_config: the key 'with_env' is given twice in one object; allowed is once");
}

TEST(Config, RefusesWhatIsImpossible) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"[]", "(whole text)"},
      {"5", "(whole text)"},
      {"{", "not JSON"},
      {"{} {}", "not JSON"},
      {std::string(1000, '['), "nested deeper"},
      {R"({"Verbosity":"info"})", "'Verbosity'"},
      {R"({"verbosity":5})", "'verbosity' is 5"},
      {R"({"verbosity":null})", "'verbosity' is null"},
      {R"({"verbosity":"info","log_level":"debug"})", "'log_level' is \"debug\""},
      {R"({"label_max_len":1048577})", "'label_max_len' is 1048577"},
      {R"({"label_max_len":"100"})", "'label_max_len' is \"100\""},
      {R"({"label_max_len":1.5})", "'label_max_len'"},
      {R"({"label_max_len":4294967296})", "'label_max_len'"},
      {R"({"engine_timeout_ms":0})", "'engine_timeout_ms' is 0"},
      {R"({"engine_timeout_ms":600001})", "'engine_timeout_ms'"},
      {R"({"startup_wait_ms":60001})", "'startup_wait_ms'"},
      {R"({"grace_period_s":-1})", "'grace_period_s'"},
      {R"({"cache_max":0})", "'cache_max' is 0"},
      {R"({"local_max_bytes":4095})", "'local_max_bytes' is 4095"},
      {R"({"local_max_bytes":16777217})", "'local_max_bytes' is 16777217"},
      {R"({"cache_max":10000001})", "'cache_max'"},
      {R"({"with_env":1})", "'with_env' is 1"},
      {R"({"local_sources":"true"})", "'local_sources'"},
      {R"({"hooks":"create"})", "'hooks' is \"create\""},
      {R"({"hooks":["create","stop"]})", "'hooks[1]' is \"stop\""},
      {R"({"hooks":[1]})", "'hooks[0]' is 1"},
      {R"({"engines":[]})", "'engines' is []"},
      {R"({"engines":{"dokcer":{}}})", "'engines.dokcer'"},
      {R"({"engines":{"docker":true}})", "'engines.docker' is true"},
      {R"({"engines":{"docker":{"enabled":"yes"}}})", "'engines.docker.enabled'"},
      {R"({"engines":{"docker":{"sockets":"/a"}}})", "'engines.docker.sockets' is \"/a\""},
      {R"({"engines":{"cri":{"sockets":[""]}}})", "'engines.cri.sockets[0]' is \"\""},
      {R"({"engines":{"cri":{"sockets":["relative"]}}})", "'engines.cri.sockets[0]'"},
      {R"({"engines":{"cri":{"sockets":["unix:///run/x"]}}})", "'engines.cri.sockets[0]'"},
      {R"({"engines":{"cri":{"sockets":["/a\u0000b"]}}})", "'engines.cri.sockets[0]'"},
      {R"({"engines":{"lxc":{"enabled":0}}})", "'engines.lxc.enabled' is 0"},
      {R"({"engines":{"lxc":{"enabled":true,"sockets":[]}}})", "'engines.lxc.sockets'"},
      {R"({"engines":{"static":{"enabled":true}}})", "'engines.static.container_id' is missing"},
      {R"({"engines":{"static":{"container_id":123}}})", "'engines.static.container_id' is 123"},
      {R"({"engines":{"static":{"id":"x"}}})", "'engines.static.id'"},
      {R"({"engines":{"bpm":{"enabled":true,"enabled":true}}})", "'enabled' is given twice"},
  };
  for (const auto& [json, part] : cases) {
    const std::string error = wrong(json);
    EXPECT_NE(error.find(part), std::string::npos) << json << ": " << error;
    EXPECT_TRUE(error.starts_with("init_config: ")) << error;
    EXPECT_LT(error.size(), 400u) << error;
  }
}

TEST(Config, BoundsSocketPathsWithTheHostRoot) {
  const auto with_path = [](size_t length) {
    return "{\"engines\":{\"docker\":{\"sockets\":[\"/" + std::string(length - 1, 's') + "\"]}}}";
  };
  EXPECT_EQ(good(with_path(107)).docker.sockets[0].size(), 107u);
  EXPECT_NE(wrong(with_path(108)).find("at most 107 bytes"), std::string::npos);
  EXPECT_EQ(good(with_path(102), "/host").docker.sockets[0].size(), 102u);
  EXPECT_NE(wrong(with_path(103), "/host").find("HOST_ROOT takes 5"), std::string::npos);
}

TEST(Config, QuotesNoMoreThanALine) {
  EXPECT_LT(wrong("{\"verbosity\":\"" + std::string(100000, 'x') + "\"}").size(), 300u);
  EXPECT_LT(wrong("{\"" + std::string(100000, 'k') + "\":1}").size(), 500u);
  EXPECT_EQ(wrong("{\"a\\nb\":1}").find('\n'), std::string::npos);
}

}  // namespace
}  // namespace config
