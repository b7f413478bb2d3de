// See cgroup_engines.h.
#include "config/cgroup_engines.h"

namespace config {

core::cgroup::Enabled cgroup_engines(const Config& config) {
  return {.podman = config.podman.enabled,
          .docker = config.docker.enabled,
          .cri = config.cri.enabled,
          .containerd = config.containerd.enabled,
          .lxc = config.lxc,
          .libvirt_lxc = config.libvirt_lxc,
          .bpm = config.bpm};
}

}  // namespace config
