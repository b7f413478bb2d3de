// The plugin's configuration (Falco's init_config). Spec: docs/configuration.md.
// Read once at init; plain data afterwards, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "core/limits.h"

namespace config {

struct SocketEngine {
  bool enabled = true;
  std::vector<std::string> sockets;  // without HOST_ROOT
  bool sockets_given = false;        // by the configuration: they are not the defaults
};

struct StaticEngine {
  bool enabled = false;
  std::string container_id;
  std::string container_name;
  std::string container_image;
};

struct Config {
  base::Severity verbosity = base::Severity::kInfo;
  uint32_t label_max_len = 100;
  bool with_size = false;
  bool with_env = false;
  bool hook_create = true;
  bool hook_start = false;
  uint32_t engine_timeout_ms = 5000;
  uint32_t startup_wait_ms = 1000;
  uint32_t grace_period_s = 30;
  uint32_t cache_max = core::limits::kContainers;
  uint32_t local_max_bytes = 1048576;
  bool local_sources = true;
  bool discover = true;

  SocketEngine docker;
  SocketEngine podman;
  SocketEngine containerd;
  SocketEngine cri;
  // Podman's per-user sockets (/run/user/<uid>/podman/podman.sock) are followed too, also of users who log in
  // later: true while engines.podman.sockets is left at its default.
  bool podman_user_sockets = true;
  bool lxc = true;
  bool libvirt_lxc = true;
  bool bpm = true;
  StaticEngine static_engine;

  std::string host_root;  // $HOST_ROOT without trailing slash; "" when unset

  // What was given and is not used as it stands, one sentence each: for the log, at most some twenty.
  std::vector<std::string> warnings;

  Config();  // the defaults, sockets included; host_root empty
};

// json: the init_config; "", "null" and "{}" give the defaults. host_root: value of $HOST_ROOT or "".
// Fails with one sentence naming the key (as a path, "engines.docker.sockets[1]"), the value and what is
// allowed when a known key has a wrong type or an impossible value. An unknown key is a warning.
base::Result<Config> parse(std::string_view json, std::string_view host_root);

// The JSON schema (draft 7) that Falco checks the init_config against. It describes the keys and forbids
// nothing: Falco's own sentences about a schema help nobody, so that whatever is wrong is left to parse().
const char* schema();

}  // namespace config
