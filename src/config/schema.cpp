// The JSON schema of the configuration, made from the table of keys.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <string>

#include "config/config.h"
#include "config/options.h"

namespace config {
namespace {

namespace json = boost::json;

// No "type", no limits: see config.h. What is allowed is said in words.
json::object option(json::value preset, std::string description) {
  return {{"default", std::move(preset)}, {"description", std::move(description)}};
}

json::object section(json::object properties, std::string_view description) {
  return {{"description", description}, {"properties", std::move(properties)}};
}

template <typename Rows>
std::string names_of(const Rows& rows) {
  std::string names;
  for (const auto& row : rows) {
    if (!names.empty()) names += ", ";
    names += row.name;
  }
  return names;
}

json::object hooks(const Config& preset) {
  json::array names;
  for (const HookName& hook : kHookNames) {
    if (preset.*hook.member) names.emplace_back(hook.name);
  }
  return option(std::move(names), "Engine events that trigger a look-up, of " + names_of(kHookNames) +
                                      "; none: only on demand");
}

json::object engines(const Config& preset) {
  json::object properties;
  for (const SocketEngineOption& engine : kSocketEngines) {
    const SocketEngine& its = preset.*engine.member;
    properties[engine.key] =
        section({{kEnabledKey, option(its.enabled, "Follow this engine")},
                 {kSocketsKey, option(json::array(its.sockets.begin(), its.sockets.end()),
                                      "Absolute paths of unix sockets, as the host sees them")}},
                "An engine that is asked through its sockets");
  }
  for (const SwitchEngineOption& engine : kSwitchEngines) {
    properties[engine.key] = section({{kEnabledKey, option(preset.*engine.member, "Report its containers")}},
                                     "Containers that are known by their cgroups");
  }
  json::object fixed{{kEnabledKey, option(false, "Report everything as one container")}};
  for (const StaticText& text : kStaticTexts) fixed[text.key] = option("", "Wanted when it is enabled");
  properties[kStaticKey] = section(std::move(fixed), "One container for everything");
  return section(std::move(properties), "What is followed, and where");
}

std::string make_schema() {
  const Config preset;
  json::object properties;
  for (const std::string_view key : kVerbosityKeys) {
    properties[key] = option("info", "What is passed to the host's logger: one of " +
                                         names_of(kSeverityNames) + "; log_level is the older spelling");
  }
  for (const CountOption& row : kCountOptions) {
    properties[row.key] =
        option(preset.*row.member, fmt::format("{}: {} to {}", row.description, row.min, row.max));
  }
  properties[kTimeoutSecondsKey] =
      option(nullptr, fmt::format("{} in seconds; 0: the longest there is. {} decides when both are given",
                                  kTimeoutMsKey, kTimeoutMsKey));
  for (const BoolOption& row : kBoolOptions) {
    properties[row.key] = option(preset.*row.member, std::string(row.description));
  }
  properties[kHooksKey] = hooks(preset);
  properties[kEnginesKey] = engines(preset);
  return json::serialize(json::object{{"$schema", "http://json-schema.org/draft-07/schema#"},
                                      {"title", "Configuration of the container plugin"},
                                      {"properties", std::move(properties)}});
}

}  // namespace

const char* schema() {
  static const std::string kSchema = make_schema();  // never changes: instances may share it
  return kSchema.c_str();
}

}  // namespace config
