// The engines that are followed through a socket: one row each. Their default sockets are the defaults of
// config::Config. Constant data; any thread.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "config/config.h"
#include "core/container.h"
#include "engines/engine.h"

namespace engines {

struct EngineRow {
  std::string_view name;  // as in the configuration
  // Types that its records can have; the first is what a cgroup path of this engine suggests.
  std::span<const core::ContainerType> types;
  config::SocketEngine config::Config::*configured;
  std::unique_ptr<Engine> (*create)(const Context& context);
  // Keeps one list of containers per namespace; its ids may be names.
  bool has_namespaces = false;
};

// In order of precedence: when two engines are configured with one and the same socket, the earlier follows
// it (podman-docker makes Docker's path a link to Podman's socket; containerd's socket also serves CRI).
std::span<const EngineRow> registry();

}  // namespace engines
