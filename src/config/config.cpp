// Reading and checking the configuration.
#include "config/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/utf8.h"
#include "config/duplicate_keys.h"
#include "config/options.h"
#include "config/unknown_keys.h"
#include "config/word.h"
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

// The member `key`, nullptr when it is missing or null: a key without a value keeps its default. Falco hands
// on empty maps and lists as null; where an empty list says something, its reader asks for null itself.
const json::value* given(const json::value* object, std::string_view key) {
  const json::value* value = core::member(object, key);
  return value != nullptr && !value->is_null() ? value : nullptr;
}

Complaint check_object(std::string_view path, const json::value& value,
                       const std::vector<std::string_view>& known) {
  if (value.is_object()) return std::nullopt;
  return complain(path, value, "an object with " + one_of(known));
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
    const json::value* value = given(&root, key);
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
  if (!value->is_array() && !value->is_null()) return complain(kHooksKey, *value, allowed);
  for (const HookName& hook : kHookNames) config.*hook.member = false;
  if (value->is_null()) return std::nullopt;
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

Complaint check_socket(const std::string& path, const json::value& value) {
  const auto socket = core::as_text(&value);
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (!socket || !socket->starts_with('/') || std::any_of(socket->begin(), socket->end(), is_control)) {
    return complain(path, value, "the absolute path of a unix socket");
  }
  if (socket->size() > kMaxSocketPath) {
    return complain(
        path, value,
        fmt::format("a path of at most {} bytes, the longest that a unix socket may have", kMaxSocketPath));
  }
  return std::nullopt;
}

Complaint read_sockets(const std::string& path, const json::value* value, std::vector<std::string>& out) {
  if (value == nullptr) return std::nullopt;
  if (!value->is_array() && !value->is_null()) return complain(path, *value, "a list of absolute paths");
  out.clear();
  if (value->is_null()) return std::nullopt;
  size_t index = 0;
  for (const json::value& element : value->get_array()) {
    if (auto wrong = check_socket(fmt::format("{}[{}]", path, index++), element)) return wrong;
    const std::string socket(*core::as_text(&element));
    if (std::find(out.begin(), out.end(), socket) == out.end()) out.push_back(socket);
  }
  return std::nullopt;
}

Complaint read_static(const std::string& path, const json::value& value, Config& config) {
  StaticEngine& out = config.static_engine;
  std::vector<std::string_view> known = names_of(kStaticTexts, &StaticText::key);
  known.insert(known.begin(), kEnabledKey);
  if (auto wrong = check_object(path, value, known)) return wrong;
  if (auto wrong = read_bool(path + ".enabled", given(&value, kEnabledKey), out.enabled)) return wrong;
  for (const StaticText& text : kStaticTexts) {
    const std::string key = fmt::format("{}.{}", path, text.key);
    const json::value* word = given(&value, text.key);
    if (word != nullptr) {
      auto read = as_word(*word);
      if (!read) return complain(key, *word, "a text (put it in quotes)");
      if (!read->exact) {
        config.warnings.push_back(
            fmt::format("init_config: '{}' arrived as a number too long to be read exactly, as '{}': write "
                        "init_config as one JSON text to keep it as it is",
                        key, base::excerpt(read->text)));
      }
      out.*text.member = std::move(read->text);
    }
    if (out.enabled && (out.*text.member).empty()) {
      return base::Error{
          fmt::format("init_config: '{}' is {}; allowed is a text that is not empty, as the static "
                      "engine is enabled",
                      key, core::member(&value, text.key) != nullptr ? "empty" : "missing")};
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
    const json::value* section = given(value, engine.key);
    if (section == nullptr) continue;
    const std::string path = fmt::format("{}.{}", kEnginesKey, engine.key);
    SocketEngine& out = config.*engine.member;
    if (auto wrong = check_object(path, *section, {kEnabledKey, kSocketsKey})) return wrong;
    if (auto wrong = read_bool(path + ".enabled", given(section, kEnabledKey), out.enabled)) return wrong;
    const json::value* sockets = core::member(section, kSocketsKey);
    if (auto wrong = read_sockets(path + ".sockets", sockets, out.sockets)) return wrong;
    if (sockets != nullptr) out.sockets_given = true;
    if (engine.member == &Config::podman && sockets != nullptr) config.podman_user_sockets = false;
  }
  for (const SwitchEngineOption& engine : kSwitchEngines) {
    const json::value* section = given(value, engine.key);
    if (section == nullptr) continue;
    const std::string path = fmt::format("{}.{}", kEnginesKey, engine.key);
    if (auto wrong = check_object(path, *section, {kEnabledKey})) return wrong;
    if (auto wrong = read_bool(path + ".enabled", given(section, kEnabledKey), config.*engine.member)) {
      return wrong;
    }
  }
  const json::value* section = given(value, kStaticKey);
  return section != nullptr ? read_static(fmt::format("{}.{}", kEnginesKey, kStaticKey), *section, config)
                            : std::nullopt;
}

// The whole seconds of another plugin's key, beside the milliseconds of this one's own, which decide when
// both are given.
Complaint read_timeout_seconds(const json::value& root, Config& config) {
  const json::value* value = given(&root, kTimeoutSecondsKey);
  if (value == nullptr) return std::nullopt;
  const auto seconds = core::as_integer<uint32_t>(value);
  if (!seconds) return complain(kTimeoutSecondsKey, *value, "a whole number of seconds, or 0 for none");
  const uint64_t wanted_ms = *seconds == 0 ? kMaxEngineTimeoutMs : uint64_t{*seconds} * 1000;
  const auto taken_ms = static_cast<uint32_t>(std::min<uint64_t>(wanted_ms, kMaxEngineTimeoutMs));
  if (given(&root, kTimeoutMsKey) == nullptr) {
    config.engine_timeout_ms = taken_ms;
  } else if (config.engine_timeout_ms != taken_ms) {
    config.warnings.push_back(
        fmt::format("init_config: '{}' is passed over, for '{}' is given too and says "
                    "another time",
                    kTimeoutSecondsKey, kTimeoutMsKey));
  }
  return std::nullopt;
}

Complaint read_all(const json::value& root, Config& config) {
  if (!root.is_object()) return complain("(whole text)", root, "an object");
  if (auto wrong = read_verbosity(root, config)) return wrong;
  for (const CountOption& option : kCountOptions) {
    if (auto wrong = read_count(option, given(&root, option.key), config)) return wrong;
  }
  if (auto wrong = read_timeout_seconds(root, config)) return wrong;
  for (const BoolOption& option : kBoolOptions) {
    if (auto wrong = read_bool(option.key, given(&root, option.key), config.*option.member)) return wrong;
  }
  if (auto wrong = read_hooks(core::member(&root, kHooksKey), config)) return wrong;
  if (auto wrong = read_engines(given(&root, kEnginesKey), config)) return wrong;
  for (std::string& warning : warn_of_unknown_keys(root)) config.warnings.push_back(std::move(warning));
  return std::nullopt;
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
