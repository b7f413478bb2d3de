// See podman_engine.h.
#include "engines/podman/podman_engine.h"

#include "engines/http_engine.h"
#include "engines/podman/podman_mapping.h"

namespace engines::podman {

namespace {

constexpr Dialect kDialect{
    .name = "Podman",
    .ping = "/libpod/_ping",
    .version_header = "libpod-api-version",
    .foreign_header = "",
    .foreign_name = "",
    .prefix = "/libpod",
    .event_query = "stream=true&",
    .type = core::ContainerType::kPodman,
    .map_inspect = map_inspect,
    .map_list = map_list,
    .event_keys = event_keys,
};

}  // namespace

std::unique_ptr<Engine> create(const Context& context) {
  return std::make_unique<HttpEngine>(context, kDialect);
}

}  // namespace engines::podman
