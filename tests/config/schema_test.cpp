// The published schema: it names every key that parse() knows, and forbids nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/options.h"

namespace config {
namespace {

namespace json = boost::json;

json::object schema_object() {
  return json::parse(schema()).as_object();
}

// Calls visit(path, schema of the key) for each key, "engines.docker.sockets" too.
template <typename Visit>
void for_each_key(const json::object& schema, const std::string& path, Visit&& visit) {
  const json::value* properties = schema.if_contains("properties");
  if (properties == nullptr) return;
  for (const auto& property : properties->as_object()) {
    const std::string key =
        path.empty() ? std::string(property.key()) : path + "." + std::string(property.key());
    visit(key, property.value().as_object());
    for_each_key(property.value().as_object(), key, visit);
  }
}

// {"a":{"b":value}} of "a.b".
json::value nested(const std::string& path, const json::value& value) {
  const size_t dot = path.find('.');
  if (dot == std::string::npos) return json::object{{path, value}};
  return json::object{{path.substr(0, dot), nested(path.substr(dot + 1), value)}};
}

TEST(Schema, IsADraft7ObjectThatLivesForEver) {
  const json::object root = schema_object();
  EXPECT_EQ(root.at("$schema").as_string(), "http://json-schema.org/draft-07/schema#");
  EXPECT_EQ(schema(), schema()) << "one text for all instances";
}

// Whatever is wrong is said in the plugin's own words, and an unknown key does not stop Falco.
TEST(Schema, ForbidsNothing) {
  const std::set<std::string> harmless{"$schema", "title", "description", "default", "properties"};
  const auto check = [&](const std::string& path, const json::object& schema) {
    for (const auto& [word, value] : schema) {
      EXPECT_TRUE(harmless.contains(std::string(word))) << path << ": " << word;
    }
  };
  check("(whole)", schema_object());
  for_each_key(schema_object(), "", check);
}

TEST(Schema, HasTheKeysOfTheTableAndNoOthers) {
  std::set<std::string> expected{"verbosity", "log_level", "engine_timeout", "hooks", "engines"};
  for (const CountOption& option : kCountOptions) expected.emplace(option.key);
  for (const BoolOption& option : kBoolOptions) expected.emplace(option.key);
  for (const char* engine : {"docker", "podman", "containerd", "cri"}) {
    expected.insert(std::string("engines.") + engine + ".sockets");
  }
  for (const char* engine :
       {"docker", "podman", "containerd", "cri", "lxc", "libvirt_lxc", "bpm", "static"}) {
    expected.insert(std::string("engines.") + engine);
    expected.insert(std::string("engines.") + engine + ".enabled");
  }
  for (const StaticText& text : kStaticTexts) expected.insert("engines.static." + std::string(text.key));
  std::set<std::string> found;
  for_each_key(schema_object(), "", [&](const std::string& key, const json::object&) { found.insert(key); });
  EXPECT_EQ(found, expected);
}

// Every key is described, and its default is what parse() takes without a word.
TEST(Schema, OffersWhatParseTakes) {
  size_t checked = 0;
  for_each_key(schema_object(), "", [&](const std::string& key, const json::object& schema) {
    EXPECT_TRUE(schema.contains("description")) << key;
    const json::value* preset = schema.if_contains("default");
    const json::value value = preset != nullptr ? *preset : json::value(json::object{});
    const std::string text = json::serialize(nested(key, value));
    const auto config = parse(text, "");
    ASSERT_TRUE(config.ok()) << text << ": " << config.error();
    EXPECT_TRUE(config->warnings.empty()) << config->warnings.front();
    ++checked;
  });
  EXPECT_GE(checked, 30u);
}

}  // namespace
}  // namespace config
