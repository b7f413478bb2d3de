// See registry.h.
#include "engines/registry.h"

#include <array>

#include "engines/containerd/containerd_engine.h"
#include "engines/cri_socket.h"
#include "engines/docker/docker_engine.h"
#include "engines/podman/podman_engine.h"

namespace engines {

namespace {

constexpr std::array kPodmanTypes{core::ContainerType::kPodman};
constexpr std::array kDockerTypes{core::ContainerType::kDocker};
constexpr std::array kContainerdTypes{core::ContainerType::kContainerd};
constexpr std::array kCriTypes{core::ContainerType::kCri, core::ContainerType::kCrio,
                               core::ContainerType::kContainerd};

constexpr std::array kRows{
    EngineRow{"podman", kPodmanTypes, &config::Config::podman, podman::create},
    EngineRow{"docker", kDockerTypes, &config::Config::docker, docker::create},
    EngineRow{"containerd", kContainerdTypes, &config::Config::containerd, containerd::create, true},
    EngineRow{"cri", kCriTypes, &config::Config::cri, create_cri_socket, true},
};

}  // namespace

std::span<const EngineRow> registry() {
  return kRows;
}

}  // namespace engines
