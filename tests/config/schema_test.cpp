// The published schema against parse(): a small checker for the parts of JSON Schema that it uses.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/options.h"

namespace config {
namespace {

namespace json = boost::json;

bool has_type(const json::value& value, std::string_view type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_bool();
  if (type == "integer") return value.is_int64() || value.is_uint64();
  ADD_FAILURE() << "the checker does not know type " << type;
  return false;
}

bool valid(const json::value& value, const json::object& schema);

bool valid_object(const json::object& object, const json::object& schema) {
  const json::value* properties = schema.if_contains("properties");
  for (const auto& [key, element] : object) {
    const json::value* property = properties != nullptr ? properties->get_object().if_contains(key) : nullptr;
    if (property == nullptr) {
      const json::value* additional = schema.if_contains("additionalProperties");
      if (additional != nullptr && !additional->get_bool()) return false;
    } else if (!valid(element, property->get_object())) {
      return false;
    }
  }
  const json::value* required = schema.if_contains("required");
  if (required == nullptr) return true;
  return std::all_of(required->get_array().begin(), required->get_array().end(),
                     [&](const json::value& key) { return object.contains(key.get_string()); });
}

bool valid_string(std::string_view text, const json::object& schema) {
  if (const json::value* least = schema.if_contains("minLength")) {
    if (text.size() < least->to_number<size_t>()) return false;
  }
  if (const json::value* most = schema.if_contains("maxLength")) {
    if (text.size() > most->to_number<size_t>()) return false;
  }
  const json::value* pattern = schema.if_contains("pattern");
  EXPECT_TRUE(pattern == nullptr || pattern->get_string() == "^/") << "the checker knows one pattern";
  return pattern == nullptr || text.starts_with('/');
}

bool valid_integer(int64_t number, const json::object& schema) {
  const json::value* least = schema.if_contains("minimum");
  const json::value* most = schema.if_contains("maximum");
  return (least == nullptr || number >= least->to_number<int64_t>()) &&
         (most == nullptr || number <= most->to_number<int64_t>());
}

bool valid(const json::value& value, const json::object& schema) {
  if (const json::value* type = schema.if_contains("type");
      type != nullptr && !has_type(value, type->get_string())) {
    return false;
  }
  if (const json::value* words = schema.if_contains("enum")) {
    const json::array& all = words->get_array();
    if (std::find(all.begin(), all.end(), value) == all.end()) return false;
  }
  if (const json::value* choices = schema.if_contains("anyOf")) {
    const json::array& all = choices->get_array();
    if (std::none_of(all.begin(), all.end(),
                     [&](const json::value& one) { return valid(value, one.get_object()); })) {
      return false;
    }
  }
  if (value.is_object()) return valid_object(value.get_object(), schema);
  if (value.is_string()) return valid_string(value.get_string(), schema);
  if (value.is_int64()) return valid_integer(value.get_int64(), schema);
  if (const json::array* array = value.if_array()) {
    const json::value* items = schema.if_contains("items");
    return items == nullptr || std::all_of(array->begin(), array->end(), [&](const json::value& element) {
             return valid(element, items->get_object());
           });
  }
  return true;
}

json::object schema_object() {
  return json::parse(schema()).as_object();
}

TEST(Schema, IsADraft7ObjectThatForbidsUnknownKeys) {
  const json::object root = schema_object();
  EXPECT_EQ(root.at("$schema").as_string(), "http://json-schema.org/draft-07/schema#");
  EXPECT_EQ(root.at("type").as_string(), "object");
  EXPECT_FALSE(root.at("additionalProperties").as_bool());
  EXPECT_EQ(schema(), schema()) << "one text for all instances";
}

TEST(Schema, HasTheKeysOfTheTableAndNoOthers) {
  const json::object root = schema_object();
  std::vector<std::string> expected{"verbosity", "log_level", "hooks", "engines"};
  for (const CountOption& option : kCountOptions) expected.emplace_back(option.key);
  for (const BoolOption& option : kBoolOptions) expected.emplace_back(option.key);
  std::vector<std::string> found;
  for (const auto& property : root.at("properties").as_object()) found.emplace_back(property.key());
  std::sort(expected.begin(), expected.end());
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, expected);
  const json::object& engines = root.at("properties").at("engines").at("properties").as_object();
  for (const char* engine :
       {"docker", "podman", "containerd", "cri", "lxc", "libvirt_lxc", "bpm", "static"}) {
    EXPECT_TRUE(engines.contains(engine)) << engine;
    EXPECT_FALSE(engines.at(engine).at("additionalProperties").as_bool()) << engine;
  }
  EXPECT_EQ(engines.size(), 8u);
}

// Every property of the schema, given its own default, must be a key that parse() takes.
TEST(Schema, OffersOnlyKeysThatParseKnows) {
  const json::object root = schema_object();
  size_t checked = 0;
  for (const auto& property : root.at("properties").as_object()) {
    const json::value* preset = property.value().get_object().if_contains("default");
    if (preset == nullptr) continue;
    const std::string text = json::serialize(json::object{{property.key(), *preset}});
    EXPECT_TRUE(parse(text, "").ok()) << text;
    ++checked;
  }
  EXPECT_GE(checked, 9u);
  for (const auto& engine : root.at("properties").at("engines").at("properties").as_object()) {
    for (const auto& property : engine.value().at("properties").as_object()) {
      const json::value* preset = property.value().get_object().if_contains("default");
      const json::value given = preset != nullptr ? *preset : json::value("text");
      const json::object one{
          {"engines", json::object{{engine.key(), json::object{{property.key(), given}}}}}};
      const std::string text = json::serialize(one);
      EXPECT_TRUE(parse(text, "").ok()) << text;
      EXPECT_TRUE(valid(one, root)) << text;
    }
  }
}

TEST(Schema, AgreesWithParse) {
  const json::object root = schema_object();
  const std::vector<std::string> texts{
      "{}",
      R"({"verbosity":"info"})",
      R"({"log_level":"warn"})",
      R"({"verbosity":"loud"})",
      R"({"verbosity":1})",
      R"({"unknown":1})",
      R"({"label_max_len":0})",
      R"({"label_max_len":1048576})",
      R"({"label_max_len":1048577})",
      R"({"label_max_len":-1})",
      R"({"label_max_len":"1"})",
      R"({"engine_timeout_ms":0})",
      R"({"engine_timeout_ms":600000})",
      R"({"engine_timeout_ms":600001})",
      R"({"startup_wait_ms":0})",
      R"({"startup_wait_ms":60001})",
      R"({"grace_period_s":86400})",
      R"({"grace_period_s":86401})",
      R"({"cache_max":0})",
      R"({"local_max_bytes":4095})",
      R"({"local_max_bytes":16777216})",
      R"({"cache_max":10000000})",
      R"({"with_size":true})",
      R"({"with_size":"true"})",
      R"({"with_env":null})",
      R"({"hooks":[]})",
      R"({"hooks":["create","start"]})",
      R"({"hooks":["stop"]})",
      R"({"hooks":"create"})",
      R"({"engines":{}})",
      R"({"engines":[]})",
      R"({"engines":{"x":{}}})",
      R"({"engines":{"docker":{}}})",
      R"({"engines":{"docker":{"enabled":false,"sockets":[]}}})",
      R"({"engines":{"docker":{"sockets":["a"]}}})",
      R"({"engines":{"docker":{"sockets":[""]}}})",
      R"({"engines":{"docker":{"sockets":[1]}}})",
      R"({"engines":{"docker":{"socket":"/a"}}})",
      R"({"engines":{"lxc":{"enabled":true}}})",
      R"({"engines":{"lxc":{"sockets":[]}}})",
      R"({"engines":{"static":{}}})",
      R"({"engines":{"static":{"enabled":false,"container_id":""}}})",
      R"({"engines":{"static":{"enabled":true}}})",
      R"({"engines":{"static":{"enabled":true,"container_id":"i","container_name":"n"}}})",
      R"({"engines":{"static":{"enabled":true,"container_id":"i","container_name":"n","container_image":"m"}}})",
      R"({"engines":{"static":{"enabled":true,"container_id":"","container_name":"n","container_image":"m"}}})",
      R"({"engines":{"static":{"enabled":true,"container_id":1,"container_name":"n","container_image":"m"}}})",
  };
  size_t accepted = 0;
  for (const std::string& text : texts) {
    const bool parsed = parse(text, "").ok();
    EXPECT_EQ(valid(json::parse(text), root), parsed) << text;
    accepted += parsed ? 1 : 0;
  }
  EXPECT_GT(accepted, 10u);
  EXPECT_LT(accepted, texts.size() - 10);
}

}  // namespace
}  // namespace config
