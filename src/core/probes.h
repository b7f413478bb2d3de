// Healthchecks and Kubernetes probes: from the engines' forms to a command, and from a command to its text.
// Pure functions; any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/container.h"

namespace core {

// A healthcheck that is disabled explicitly is Probe{kProbeNone, {}}.
inline constexpr std::string_view kProbeNone = "NONE";

// exe and arguments joined by single spaces; "NONE" for one that is disabled.
std::string probe_text(const Probe& probe);

// Docker's and Podman's Config.Healthcheck.Test. ["NONE"] gives kProbeNone, ["CMD", exe, args...] that
// command,
// ["CMD-SHELL", line] the line run by `shell` (Config.Shell; "/bin/sh -c" when empty). Podman also stores
// a bare command without a leading keyword, a keyword in lower case, and ["CMD-SHELL", word, word...]: a line
// of several words is joined by spaces. Nothing, or a keyword without a command, gives nullopt.
std::optional<Probe> healthcheck_from_test(std::span<const std::string> test,
                                           std::span<const std::string> shell);

struct PodProbes {
  std::optional<Probe> liveness;
  std::optional<Probe> readiness;
};

// The annotation in which `kubectl apply` leaves a pod's manifest.
inline constexpr std::string_view kLastAppliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration";

// The exec probes of one container in that manifest (a Pod). json: the annotation's value; may be anything.
// Probes that are no commands (httpGet, tcpSocket, grpc) give nothing.
PodProbes probes_from_last_applied(std::string_view json, std::string_view container_name);

}  // namespace core
