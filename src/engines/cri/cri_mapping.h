// From CRI's messages to records. Spec: docs/engines.md, "CRI". Pure functions; any thread.
// Tested against recorded answers of containerd 1.6, containerd 2.1 and CRI-O 1.35. The verbose info is JSON
// of the runtime's own making: every member may be missing or of another type.
#pragma once

#include <string>
#include <string_view>

#include "core/container.h"
#include "engines/cri/cri_proto.h"
#include "engines/engine.h"

namespace engines::cri {

// A pod's sandbox: its own record, and what its containers need besides.
struct Pod {
  core::Container record;    // is_pod_sandbox
  std::string last_applied;  // the manifest that `kubectl apply` left in the annotations: it tells the probes
};

// The type that a runtime's records have.
core::ContainerType type_of_runtime(std::string_view runtime_name);

// ContainerStatus, verbose. What the pod tells is still missing: apply_pod().
core::Container map_container(const ContainerAnswer& answer, core::ContainerType type,
                              const Settings& settings);

// PodSandboxStatus, verbose.
Pod map_pod(const SandboxAnswer& answer, core::ContainerType type, const Settings& settings);

// One entry of a list: what it tells, to be completed by a look-up.
core::Container map_listed(const ContainerMessage& message, core::ContainerType type,
                           const Settings& settings);
core::Container map_listed(const SandboxMessage& message, core::ContainerType type, const Settings& settings);

// What a container gets from its pod: identity, labels, address, CNI result, host namespaces, ports, probes.
void apply_pod(const Pod& pod, core::Container& container);

}  // namespace engines::cri
