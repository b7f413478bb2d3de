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

// Config.Healthcheck.Test of Docker: ["NONE"] gives kProbeNone, ["CMD", exe, args...] that command,
// ["CMD-SHELL", line, word...] the shell (Config.Shell; "/bin/sh -c" when empty) with the line and the words
// as arguments of their own. Nothing, another keyword, or a keyword without a command gives nullopt, as
// there.
std::optional<Probe> docker_healthcheck(std::span<const std::string> test,
                                        std::span<const std::string> shell);

// Config.Healthcheck.Test and Config.StartupHealthCheck.Test of Podman: words after CMD-SHELL are joined to
// one line for "/bin/sh -c", whatever the image's shell is. It also stores a bare command without a keyword,
// and a keyword in lower case; a bare word alone is a line.
std::optional<Probe> podman_healthcheck(std::span<const std::string> test);

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
