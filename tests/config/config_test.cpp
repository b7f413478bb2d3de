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

// The warnings about `json`, which is taken all the same.
std::vector<std::string> warnings(const std::string& json) {
  return good(json).warnings;
}

void expect_defaults(const Config& config) {
  EXPECT_TRUE(config.warnings.empty()) << config.warnings.front();
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
  EXPECT_TRUE(config.discover);
  EXPECT_FALSE(config.docker.sockets_given);
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
    "hooks":["start"],"engine_timeout_ms":1,"startup_wait_ms":0,"grace_period_s":1,"cache_max":1,"local_sources":false,"discover":false,
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
  EXPECT_FALSE(config.discover);
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

TEST(Config, NamesKeyValueAndWhatIsAllowed) {
  EXPECT_EQ(wrong(R"({"label_max_len":-1})"),
            "init_config: 'label_max_len' is -1; allowed is a whole number from 0 to 1048576");
  EXPECT_EQ(wrong(R"({"engines":{"docker":{"sockets":["/a",5]}}})"),
            "init_config: 'engines.docker.sockets[1]' is 5; allowed is the absolute path of a unix socket");
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
      {R"({"verbosity":5})", "'verbosity' is 5"},
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
      {R"({"engines":{"docker":true}})",
       "'engines.docker' is true; allowed is an object with 'enabled' or 'sockets'"},
      {R"({"engines":{"docker":["/a"]}})", "'engines.docker' is [\"/a\"]; allowed is an object"},
      {R"({"engines":{"lxc":false}})", "'engines.lxc' is false; allowed is an object with 'enabled'"},
      {R"({"engines":["docker"]})", "'engines' is [\"docker\"]; allowed is an object with 'docker', "},
      {R"({"engines":{"static":"x"}})", "'engines.static' is \"x\"; allowed is an object with 'enabled', "},
      {R"({"engine_timeout":-1})", "'engine_timeout' is -1; allowed is a whole number of seconds"},
      {R"({"engine_timeout":1.5})", "'engine_timeout' is 1.5"},
      {R"({"engine_timeout":"10"})", "'engine_timeout' is \"10\""},
      {R"({"engines":{"docker":{"enabled":"yes"}}})", "'engines.docker.enabled'"},
      {R"({"engines":{"docker":{"sockets":"/a"}}})", "'engines.docker.sockets' is \"/a\""},
      {R"({"engines":{"cri":{"sockets":[""]}}})", "'engines.cri.sockets[0]' is \"\""},
      {R"({"engines":{"cri":{"sockets":["relative"]}}})", "'engines.cri.sockets[0]'"},
      {R"({"engines":{"cri":{"sockets":["unix:///run/x"]}}})", "'engines.cri.sockets[0]'"},
      {R"({"engines":{"cri":{"sockets":["/a\u0000b"]}}})", "'engines.cri.sockets[0]'"},
      {R"({"engines":{"lxc":{"enabled":0}}})", "'engines.lxc.enabled' is 0"},
      {R"({"engines":{"static":{"enabled":true}}})", "'engines.static.container_id' is missing"},
      {R"({"engines":{"static":{"enabled":true,"container_id":null}}})",
       "'engines.static.container_id' is empty"},
      {R"({"engines":{"static":{"container_id":["x"]}}})", "'engines.static.container_id' is [\"x\"]"},
      {R"({"engines":{"cri":{"sockets":["/a",null]}}})", "'engines.cri.sockets[1]' is null"},
      {R"({"engines":{"bpm":{"enabled":true,"enabled":true}}})", "'enabled' is given twice"},
  };
  for (const auto& [json, part] : cases) {
    const std::string error = wrong(json);
    EXPECT_NE(error.find(part), std::string::npos) << json << ": " << error;
    EXPECT_TRUE(error.starts_with("init_config: ")) << error;
    EXPECT_LT(error.size(), 400u) << error;
  }
}

TEST(Config, BoundsSocketPaths) {
  const auto with_path = [](size_t length) {
    return "{\"engines\":{\"docker\":{\"sockets\":[\"/" + std::string(length - 1, 's') + "\"]}}}";
  };
  EXPECT_EQ(good(with_path(107)).docker.sockets[0].size(), 107u);
  EXPECT_NE(wrong(with_path(108)).find("at most 107 bytes"), std::string::npos);
  EXPECT_EQ(good(with_path(107), "/host").docker.sockets[0].size(), 107u);  // connected to by a shorter name
}

TEST(Config, QuotesNoMoreThanALine) {
  EXPECT_LT(wrong("{\"verbosity\":\"" + std::string(100000, 'x') + "\"}").size(), 300u);
}

// Falco turns empty maps and lists, and keys without a value, into null.
TEST(Config, NullIsTheEmptyValueOfItsKey) {
  for (const char* text : {R"({"engines":null})", R"({"engines":{"docker":null,"lxc":null,"static":null}})",
                           R"({"verbosity":null,"log_level":null,"label_max_len":null,"with_size":null})",
                           R"({"engine_timeout":null,"engine_timeout_ms":null})",
                           R"({"engines":{"cri":{"enabled":null},"bpm":{"enabled":null}}})",
                           R"({"engines":{"static":{"enabled":null,"container_id":null}}})"}) {
    expect_defaults(good(text));
  }
  const Config on_demand = good(R"({"hooks":null})");
  EXPECT_FALSE(on_demand.hook_create || on_demand.hook_start);
  const Config silent = good(R"({"engines":{"docker":{"sockets":null},"podman":{"sockets":null}}})");
  EXPECT_TRUE(silent.docker.enabled && silent.docker.sockets.empty());
  EXPECT_TRUE(silent.podman.sockets.empty());
  EXPECT_FALSE(silent.podman_user_sockets);
  EXPECT_EQ(silent.cri.sockets.size(), 2u);
}

TEST(Config, TakesWhatLooksLikeANumberWhereATextIsWanted) {
  const auto id = [](const std::string& value) {
    return good("{\"engines\":{\"static\":{\"container_id\":" + value + "}}}");
  };
  for (const auto& [value, text] : std::vector<std::pair<std::string, std::string>>{
           {"123456789012.0", "123456789012"},  // what Falco makes of 123456789012
           {"123", "123"},
           {"-1", "-1"},
           {"18446744073709551615", "18446744073709551615"},
           {"1.5", "1.5"},
           {"true", "true"},
           {"false", "false"},
           {"\"0123\"", "0123"}}) {
    const Config config = id(value);
    EXPECT_EQ(config.static_engine.container_id, text);
    EXPECT_TRUE(config.warnings.empty()) << value;
  }
  const Config rounded = id("1234567890123456789012");
  ASSERT_EQ(rounded.warnings.size(), 1u);
  EXPECT_NE(rounded.warnings[0].find("'engines.static.container_id' arrived as a number too long"),
            std::string::npos);
}

TEST(Config, UnderstandsTheTimeoutInSeconds) {
  EXPECT_EQ(good(R"({"engine_timeout":10})").engine_timeout_ms, 10000u);
  EXPECT_EQ(good(R"({"engine_timeout":0})").engine_timeout_ms, 600000u) << "none is the longest there is";
  EXPECT_EQ(good(R"({"engine_timeout":4294967295})").engine_timeout_ms, 600000u);
  EXPECT_TRUE(warnings(R"({"engine_timeout":0})").empty());
  const Config both = good(R"({"engine_timeout":10,"engine_timeout_ms":250})");
  EXPECT_EQ(both.engine_timeout_ms, 250u);
  ASSERT_EQ(both.warnings.size(), 1u);
  EXPECT_EQ(both.warnings[0],
            "init_config: 'engine_timeout' is passed over, for 'engine_timeout_ms' is given "
            "too and says another time");
  EXPECT_TRUE(warnings(R"({"engine_timeout":5,"engine_timeout_ms":5000})").empty());
}

TEST(Config, PassesOverUnknownKeysAndNamesTheNearest) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {R"({"Verbosity":"info"})", "'Verbosity' is passed over; did you mean 'verbosity'?"},
      {R"({"labelMaxLen":5})", "'labelMaxLen' is passed over; did you mean 'label_max_len'?"},
      {R"({"with-size":true})", "did you mean 'with_size'?"},
      {R"({"engine_timout":1})", "did you mean 'engine_timeout'?"},
      {R"({"hook":[]})", "did you mean 'hooks'?"},
      {R"({"engines":{"dokcer":{"enabled":true}}})",
       "'engines.dokcer' is passed over; did you mean 'engines.docker'?"},
      {R"({"engines":{"lcx":{}}})", "did you mean 'engines.lxc'?"},
      {R"({"engines":{"docker":{"socket":"/a"}}})", "did you mean 'engines.docker.sockets'?"},
      {R"({"engines":{"static":{"container_img":"a"}}})", "did you mean 'engines.static.container_image'?"},
      // In the wrong place.
      {R"({"docker":{"enabled":true}})", "'docker' is passed over; did you mean 'engines.docker'?"},
      {R"({"sockets":["/a"]})", "did you mean 'engines.docker.sockets'?"},
      {R"({"engines":{"with_size":true}})", "did you mean 'with_size'?"},
      {R"({"engines":{"cri":{"hooks":[]}}})", "did you mean 'hooks'?"},
      // Nothing is near.
      {R"({"engines":{"lxc":{"sockets":["/a"]}}})",
       "'engines.lxc.sockets' is passed over; known here: 'enabled'"},
      {R"({"engines":{"kata":{}}})",
       "known here: 'docker', 'podman', 'containerd', 'cri', 'lxc', 'libvirt_lxc', 'bpm', 'static'"},
      {R"({"":1})", "'' is passed over; known here: 'verbosity', "},
  };
  for (const auto& [json, part] : cases) {
    const std::vector<std::string> all = warnings(json);
    ASSERT_EQ(all.size(), 1u) << json;
    EXPECT_TRUE(all[0].starts_with("init_config: unknown key '")) << all[0];
    EXPECT_NE(all[0].find(part), std::string::npos) << json << ": " << all[0];
  }
  EXPECT_EQ(good(R"({"wiht_size":false,"with_size":true})").with_size, true) << "the others hold";
}

TEST(Config, WarnsInALineAndNotWithoutEnd) {
  EXPECT_LT(warnings("{\"" + std::string(100000, 'k') + "\":1}").at(0).size(), 600u);
  EXPECT_EQ(warnings("{\"a\\nb\":1}").at(0).find('\n'), std::string::npos);
  std::string many = "{\"k0\":0";
  for (int i = 1; i < 500; ++i) many += ",\"k" + std::to_string(i) + "\":0";
  const std::vector<std::string> all = warnings(many + "}");
  ASSERT_EQ(all.size(), 17u);
  EXPECT_EQ(all.back(), "init_config: 500 unknown keys in all are passed over");
}

}  // namespace
}  // namespace config
