// Names of the container types.
#include "core/container.h"

#include <algorithm>
#include <array>
#include <utility>

namespace core {
namespace {

constexpr std::array<std::pair<ContainerType, const char*>, 13> kTypeNames{{
    {ContainerType::kDocker, "docker"},
    {ContainerType::kLxc, "lxc"},
    {ContainerType::kLibvirtLxc, "libvirt-lxc"},
    {ContainerType::kMesos, "mesos"},
    {ContainerType::kRkt, "rkt"},
    {ContainerType::kCustom, "custom"},
    {ContainerType::kCri, "cri"},
    {ContainerType::kContainerd, "containerd"},
    {ContainerType::kCrio, "cri-o"},
    {ContainerType::kBpm, "bpm"},
    {ContainerType::kStatic, "static"},
    {ContainerType::kPodman, "podman"},
    {ContainerType::kHost, "host"},
}};

}  // namespace

const char* type_name(ContainerType type) {
  const auto* row = std::find_if(kTypeNames.begin(), kTypeNames.end(),
                                 [type](const auto& candidate) { return candidate.first == type; });
  return row != kTypeNames.end() ? row->second : "unknown";
}

}  // namespace core
