// The table of configuration keys: parse(), schema() and the warnings about unknown keys are driven by it, so
// that they cannot disagree.
// Constant data; private to this room.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "config/config.h"

namespace config {

// Longest path of a unix socket in bytes: sockaddr_un's 108 less the terminator.
inline constexpr uint32_t kMaxSocketPath = 107;

struct BoolOption {
  std::string_view key;
  bool Config::*member;
  std::string_view description;
};

struct CountOption {
  std::string_view key;
  uint32_t Config::*member;
  uint32_t min;
  uint32_t max;
  std::string_view description;
};

struct SeverityName {
  std::string_view name;
  base::Severity severity;
};

struct HookName {
  std::string_view name;
  bool Config::*member;
};

struct SocketEngineOption {
  std::string_view key;
  SocketEngine Config::*member;
};

struct SwitchEngineOption {
  std::string_view key;
  bool Config::*member;
};

struct StaticText {
  std::string_view key;
  std::string StaticEngine::*member;
};

inline constexpr std::array kBoolOptions{
    BoolOption{"with_size", &Config::with_size, "Ask engines for the size of the writable layer (slow)"},
    BoolOption{"with_env", &Config::with_env, "Keep environment variables, which may hold secrets"},
    BoolOption{"discover", &Config::discover,
               "Follow engines whose sockets are found, beside the default ones"},
    BoolOption{"local_sources", &Config::local_sources, "Read OCI bundles and what engines keep on disk"},
};

inline constexpr std::string_view kTimeoutMsKey = "engine_timeout_ms";
inline constexpr uint32_t kMaxEngineTimeoutMs = 600000;
// The same in seconds, as the Go-based plugin calls it; 0, which is no limit there, is the longest here.
inline constexpr std::string_view kTimeoutSecondsKey = "engine_timeout";

inline constexpr std::array kCountOptions{
    CountOption{"label_max_len", &Config::label_max_len, 0, 1048576,
                "Labels with a longer value are left out (bytes)"},
    CountOption{kTimeoutMsKey, &Config::engine_timeout_ms, 1, kMaxEngineTimeoutMs,
                "Total deadline of one request to an engine (milliseconds)"},
    CountOption{"startup_wait_ms", &Config::startup_wait_ms, 0, 60000,
                "How long the start may wait for the containers that already run (milliseconds)"},
    CountOption{"grace_period_s", &Config::grace_period_s, 0, 86400,
                "How long a removed container still resolves (seconds)"},
    CountOption{"cache_max", &Config::cache_max, 1, 10000000, "Containers kept"},
    CountOption{"local_max_bytes", &Config::local_max_bytes, 4096, 16777216,
                "Longest file of local_sources that is read (bytes)"},
};

// `verbosity` and its older spelling.
inline constexpr std::array<std::string_view, 2> kVerbosityKeys{"verbosity", "log_level"};
inline constexpr std::array kSeverityNames{
    SeverityName{"trace", base::Severity::kTrace},       SeverityName{"debug", base::Severity::kDebug},
    SeverityName{"info", base::Severity::kInfo},         SeverityName{"warning", base::Severity::kWarning},
    SeverityName{"warn", base::Severity::kWarning},      SeverityName{"error", base::Severity::kError},
    SeverityName{"critical", base::Severity::kCritical},
};

inline constexpr std::string_view kHooksKey = "hooks";
inline constexpr std::array kHookNames{
    HookName{"create", &Config::hook_create},
    HookName{"start", &Config::hook_start},
};

inline constexpr std::string_view kEnginesKey = "engines";
inline constexpr std::string_view kEnabledKey = "enabled";
inline constexpr std::string_view kSocketsKey = "sockets";
inline constexpr std::string_view kStaticKey = "static";
inline constexpr std::array kSocketEngines{
    SocketEngineOption{"docker", &Config::docker},
    SocketEngineOption{"podman", &Config::podman},
    SocketEngineOption{"containerd", &Config::containerd},
    SocketEngineOption{"cri", &Config::cri},
};
inline constexpr std::array kSwitchEngines{
    SwitchEngineOption{"lxc", &Config::lxc},
    SwitchEngineOption{"libvirt_lxc", &Config::libvirt_lxc},
    SwitchEngineOption{"bpm", &Config::bpm},
};
inline constexpr std::array kStaticTexts{
    StaticText{"container_id", &StaticEngine::container_id},
    StaticText{"container_name", &StaticEngine::container_name},
    StaticText{"container_image", &StaticEngine::container_image},
};

}  // namespace config
