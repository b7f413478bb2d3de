// Reading and checking the configuration.
#include "config/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/utf8.h"
#include "config/duplicate_keys.h"
#include "config/options.h"
#include "core/json_read.h"

namespace config {
namespace {

namespace json = boost::json;

// Each check returns what is wrong, or nothing.
using Complaint = std::optional<base::Error>;

Complaint complain(std::string_view key, const json::value& value, std::string_view allowed) {
  return base::Error{fmt::format("init_config: '{}' is {}; allowed is {}", key,
                                 base::excerpt(json::serialize(value)), allowed)};
}

// "'a', 'b' or 'c'"
std::string one_of(const std::vector<std::string_view>& names) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += fmt::format("'{}'", names[i]);
  }
  return text;
}

template <typename Rows, typename Name>
std::vector<std::string_view> names_of(const Rows& rows, Name name) {
  std::vector<std::string_view> names;
  for (const auto& row : rows) names.push_back(row.*name);
  return names;
}

// The object at `key`, with no keys but `known`. path: "engines.docker" or "" for the whole configuration.
Complaint check_object(std::string_view path, const json::value& value,
                       const std::vector<std::string_view>& known) {
  if (!value.is_object()) return complain(path.empty() ? "(whole text)" : path, value, "an object");
  for (const auto& [key, element] : value.get_object()) {
    if (std::find(known.begin(), known.end(), std::string_view(key)) != known.end()) continue;
    const std::string full =
        path.empty() ? std::string(key) : fmt::format("{}.{}", path, std::string_view(key));
    return base::Error{fmt::format("init_config: unknown key '{}' (its value is {}); allowed here is {}",
                                   base::excerpt(full), base::excerpt(json::serialize(element)),
                                   one_of(known))};
  }
  return std::nullopt;
}

Complaint read_bool(std::string_view path, const json::value* value, bool& out) {
  if (value == nullptr) return std::nullopt;
  const bool* flag = value->if_bool();
  if (flag == nullptr) return complain(path, *value, "true or false");
  out = *flag;
  return std::nullopt;
}

Complaint read_count(const CountOption& option, const json::value* value, Config& config) {
  if (value == nullptr) return std::nullopt;
  const auto number = core::as_integer<uint32_t>(value);
  if (!number || *number < option.min || *number > option.max) {
    return complain(option.key, *value, fmt::format("a whole number from {} to {}", option.min, option.max));
  }
  config.*option.member = *number;
  return std::nullopt;
}

Complaint read_verbosity(const json::value& root, Config& config) {
  std::optional<base::Severity> chosen;
  for (const std::string_view key : kVerbosityKeys) {
    const json::value* value = core::member(&root, key);
    if (value == nullptr) continue;
    const auto text = core::as_text(value);
    const auto* row = std::find_if(kSeverityNames.begin(), kSeverityNames.end(),
                                   [&](const SeverityName& name) { return text == name.name; });
    if (row == kSeverityNames.end())
      return complain(key, *value, one_of(names_of(kSeverityNames, &SeverityName::name)));
    if (chosen && *chosen != row->severity) {
      return complain(key, *value, "the same as 'verbosity', of which it is the older spelling");
    }
    chosen = row->severity;
  }
  if (chosen) config.verbosity = *chosen;
  return std::nullopt;
}

Complaint read_hooks(const json::value* value, Config& config) {
  if (value == nullptr) return std::nullopt;
  const std::string allowed = "a list of " + one_of(names_of(kHookNames, &HookName::name));
  if (!value->is_array()) return complain(kHooksKey, *value, allowed);
  for (const HookName& hook : kHookNames) config.*hook.member = false;
  size_t index = 0;
  for (const json::value& element : value->get_array()) {
    const auto text = core::as_text(&element);
    const auto* row = std::find_if(kHookNames.begin(), kHookNames.end(),
                                   [&](const HookName& hook) { return text == hook.name; });
    if (row == kHookNames.end()) {
      return complain(fmt::format("{}[{}]", kHooksKey, index), element,
                      one_of(names_of(kHookNames, &HookName::name)));
    }
    config.*(row->member) = true;
    ++index;
  }
  return std::nullopt;
}

Complaint check_socket(const std::string& path, const json::value& value, std::string_view host_root) {
  const auto socket = core::as_text(&value);
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (!socket || !socket->starts_with('/') || std::any_of(socket->begin(), socket->end(), is_control)) {
    return complain(path, value, "the absolute path of a unix socket");
  }
  if (host_root.size() + socket->size() > kMaxSocketPath) {
    return complain(
        path, value,
        fmt::format("a path of at most {} bytes, the longest that a unix socket may have (HOST_ROOT "
                    "takes {} of them)",
                    kMaxSocketPath, host_root.size()));
  }
  return std::nullopt;
}

Complaint read_sockets(const std::string& path, const json::value* value, std::string_view host_root,
                       std::vector<std::string>& out) {
  if (value == nullptr) return std::nullopt;
  if (!value->is_array()) return complain(path, *value, "a list of absolute paths");
  out.clear();
  size_t index = 0;
  for (const json::value& element : value->get_array()) {
    if (auto wrong = check_socket(fmt::format("{}[{}]", path, index++), element, host_root)) return wrong;
    const std::string socket(*core::as_text(&element));
    if (std::find(out.begin(), out.end(), socket) == out.end()) out.push_back(socket);
  }
  return std::nullopt;
}

Complaint read_static(const std::string& path, const json::value& value, StaticEngine& out) {
  std::vector<std::string_view> known = names_of(kStaticTexts, &StaticText::key);
  known.insert(known.begin(), kEnabledKey);
  if (auto wrong = check_object(path, value, known)) return wrong;
  if (auto wrong = read_bool(path + ".enabled", core::member(&value, kEnabledKey), out.enabled)) return wrong;
  for (const StaticText& text : kStaticTexts) {
    const std::string key = fmt::format("{}.{}", path, text.key);
    const json::value* given = core::member(&value, text.key);
    if (given != nullptr) {
      const auto word = core::as_text(given);
      if (!word) return complain(key, *given, "a text (put it in quotes)");
      out.*text.member = *word;
    }
    if (out.enabled && (out.*text.member).empty()) {
      return base::Error{
          fmt::format("init_config: '{}' is {}; allowed is a text that is not empty, as the static "
                      "engine is enabled",
                      key, given != nullptr ? "empty" : "missing")};
    }
  }
  return std::nullopt;
}

Complaint read_engines(const json::value* value, Config& config) {
  if (value == nullptr) return std::nullopt;
  std::vector<std::string_view> known = names_of(kSocketEngines, &SocketEngineOption::key);
  for (const SwitchEngineOption& engine : kSwitchEngines) known.push_back(engine.key);
  known.push_back(kStaticKey);
  if (auto wrong = check_object(kEnginesKey, *value, known)) return wrong;

  for (const SocketEngineOption& engine : kSocketEngines) {
    const json::value* given = core::member(value, engine.key);
    if (given == nullptr) continue;
    const std::string path = fmt::format("{}.{}", kEnginesKey, engine.key);
    SocketEngine& out = config.*engine.member;
    if (auto wrong = check_object(path, *given, {kEnabledKey, kSocketsKey})) return wrong;
    if (auto wrong = read_bool(path + ".enabled", core::member(given, kEnabledKey), out.enabled))
      return wrong;
    const json::value* sockets = core::member(given, kSocketsKey);
    if (auto wrong = read_sockets(path + ".sockets", sockets, config.host_root, out.sockets)) return wrong;
    if (engine.member == &Config::podman && sockets != nullptr) config.podman_user_sockets = false;
  }
  for (const SwitchEngineOption& engine : kSwitchEngines) {
    const json::value* given = core::member(value, engine.key);
    if (given == nullptr) continue;
    const std::string path = fmt::format("{}.{}", kEnginesKey, engine.key);
    if (auto wrong = check_object(path, *given, {kEnabledKey})) return wrong;
    if (auto wrong = read_bool(path + ".enabled", core::member(given, kEnabledKey), config.*engine.member)) {
      return wrong;
    }
  }
  const json::value* given = core::member(value, kStaticKey);
  return given != nullptr
             ? read_static(fmt::format("{}.{}", kEnginesKey, kStaticKey), *given, config.static_engine)
             : std::nullopt;
}

std::vector<std::string_view> top_level_keys() {
  std::vector<std::string_view> known(kVerbosityKeys.begin(), kVerbosityKeys.end());
  for (const CountOption& option : kCountOptions) known.push_back(option.key);
  for (const BoolOption& option : kBoolOptions) known.push_back(option.key);
  known.push_back(kHooksKey);
  known.push_back(kEnginesKey);
  return known;
}

Complaint read_all(const json::value& root, Config& config) {
  if (auto wrong = check_object("", root, top_level_keys())) return wrong;
  if (auto wrong = read_verbosity(root, config)) return wrong;
  for (const CountOption& option : kCountOptions) {
    if (auto wrong = read_count(option, core::member(&root, option.key), config)) return wrong;
  }
  for (const BoolOption& option : kBoolOptions) {
    if (auto wrong = read_bool(option.key, core::member(&root, option.key), config.*option.member))
      return wrong;
  }
  if (auto wrong = read_hooks(core::member(&root, kHooksKey), config)) return wrong;
  return read_engines(core::member(&root, kEnginesKey), config);
}

}  // namespace

Config::Config() {
  docker.sockets = {"/var/run/docker.sock"};
  podman.sockets = {"/run/podman/podman.sock"};
  containerd.sockets = {"/run/containerd/containerd.sock", "/run/k3s/containerd/containerd.sock",
                        "/run/host-containerd/containerd.sock", "/run/k0s/containerd.sock",
                        "/var/snap/microk8s/common/run/containerd.sock"};
  cri.sockets = {"/run/crio/crio.sock", "/run/cri-dockerd.sock"};
}

base::Result<Config> parse(std::string_view text, std::string_view host_root) {
  Config config;
  while (host_root.ends_with('/')) host_root.remove_suffix(1);
  config.host_root = host_root;
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return config;

  const auto root = core::parse_json(text);
  if (!root) return base::Error{"init_config: the text is " + root.error()};
  if (root->is_null()) return config;
  if (const auto key = find_duplicate_key(text)) {
    return base::Error{fmt::format("init_config: the key '{}' is given twice in one object; allowed is once",
                                   base::excerpt(*key))};
  }
  if (auto wrong = read_all(*root, config)) return std::move(*wrong);
  return config;
}

}  // namespace config
