// The JSON schema of the configuration, made from the table of keys.
#include <boost/json.hpp>
#include <string>

#include "config/config.h"
#include "config/options.h"

namespace config {
namespace {

namespace json = boost::json;

json::object object_of(json::object properties) {
  return {{"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
}

template <typename Rows>
json::array names_of(const Rows& rows) {
  json::array names;
  for (const auto& row : rows) names.emplace_back(row.name);
  return names;
}

json::object boolean(bool preset, std::string_view description) {
  return {{"type", "boolean"}, {"default", preset}, {"description", description}};
}

json::object verbosity() {
  return {{"type", "string"},
          {"enum", names_of(kSeverityNames)},
          {"description", "How much is passed to the host's logger; log_level is the older spelling"}};
}

json::object hooks(const Config& preset) {
  json::array names;
  for (const HookName& hook : kHookNames) {
    if (preset.*hook.member) names.emplace_back(hook.name);
  }
  return {{"type", "array"},
          {"default", std::move(names)},
          {"items", {{"type", "string"}, {"enum", names_of(kHookNames)}}},
          {"description", "Engine events that trigger a look-up; none: only on demand"}};
}

json::object socket_engine(const SocketEngine& preset) {
  const json::array sockets(preset.sockets.begin(), preset.sockets.end());
  const json::object path{{"type", "string"}, {"pattern", "^/"}, {"maxLength", kMaxSocketPath}};
  return object_of({{kEnabledKey, boolean(preset.enabled, "Follow this engine")},
                    {kSocketsKey,
                     {{"type", "array"},
                      {"items", path},
                      {"default", sockets},
                      {"description", "Unix sockets, below HOST_ROOT when that is set"}}}});
}

// Id, name and image are required once the engine is enabled.
json::object static_engine() {
  json::object properties{{kEnabledKey, boolean(false, "Report everything as one container")}};
  json::array required{kEnabledKey};
  json::object filled;
  for (const StaticText& text : kStaticTexts) {
    properties[text.key] = {{"type", "string"}};
    required.emplace_back(text.key);
    filled[text.key] = {{"minLength", 1}};
  }
  json::object schema = object_of(std::move(properties));
  schema["anyOf"] = {{{"properties", {{kEnabledKey, {{"enum", {false}}}}}}},
                     {{"required", std::move(required)}, {"properties", std::move(filled)}}};
  return schema;
}

json::object engines(const Config& preset) {
  json::object properties;
  for (const SocketEngineOption& engine : kSocketEngines) {
    properties[engine.key] = socket_engine(preset.*engine.member);
  }
  for (const SwitchEngineOption& engine : kSwitchEngines) {
    properties[engine.key] =
        object_of({{kEnabledKey, boolean(preset.*engine.member, "Report its containers")}});
  }
  properties[kStaticKey] = static_engine();
  return object_of(std::move(properties));
}

std::string make_schema() {
  const Config preset;
  json::object properties;
  for (const std::string_view key : kVerbosityKeys) properties[key] = verbosity();
  for (const CountOption& option : kCountOptions) {
    properties[option.key] = {{"type", "integer"},
                              {"minimum", option.min},
                              {"maximum", option.max},
                              {"default", preset.*option.member},
                              {"description", option.description}};
  }
  for (const BoolOption& option : kBoolOptions) {
    properties[option.key] = boolean(preset.*option.member, option.description);
  }
  properties[kHooksKey] = hooks(preset);
  properties[kEnginesKey] = engines(preset);

  json::object schema{{"$schema", "http://json-schema.org/draft-07/schema#"},
                      {"title", "Configuration of the container plugin"}};
  for (auto& [key, value] : object_of(std::move(properties))) schema[key] = std::move(value);
  return json::serialize(schema);
}

}  // namespace

const char* schema() {
  static const std::string kSchema = make_schema();  // never changes: instances may share it
  return kSchema.c_str();
}

}  // namespace config
