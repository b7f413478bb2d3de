// How confined an OCI specification's container is, see oci_spec.h. Source of fact: OCI runtime-spec 1.0 to
// 1.3, "config" and "config-linux"; runc 1.1 and crun 1.8 for what is left out.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engines/oci/oci_spec.h"

namespace engines::oci {

namespace {

// Podman leaves there what was asked for: "unconfined", or the path of a profile.
constexpr std::string_view kPodmanSeccomp = "io.podman.annotations.seccomp";

void take_process(const json::object& process, core::Posture& posture) {
  if (process.empty()) return;
  const json::value* told = process.if_contains("capabilities");
  const json::object& capabilities = json::child(process, "capabilities");
  posture.capabilities = capability_set(capabilities, "effective");
  if (!posture.capabilities) posture.capabilities = capability_set(capabilities, "bounding");
  // Sets that are empty are left out.
  if (!posture.capabilities && told != nullptr && told->is_object()) posture.capabilities = 0;
  posture.apparmor = json::text(process, "apparmorProfile");
  posture.selinux = json::text(process, "selinuxLabel");
  const json::value* args = process.if_contains("args");
  if (args == nullptr || !args->is_array()) return;
  // Of a process that is there, what it does not set is not set.
  posture.no_new_privs = core::yes_no(json::flag(process, "noNewPrivileges"));
  posture.cmd = core::shell_words(json::strings(args->get_array()));
}

// A namespace that is not listed is the host's.
void take_namespaces(const json::object& linux_part, core::Posture& posture) {
  const json::value* listed = linux_part.if_contains("namespaces");
  if (listed == nullptr || !listed->is_array()) return;
  posture.user_ns = core::YesNo::kNo;
  posture.host_uts = posture.host_cgroup = core::YesNo::kYes;
  for (const json::value& entry : listed->get_array()) {
    if (!entry.is_object()) continue;
    const std::string_view type = json::text(entry.get_object(), "type");
    if (type == "user") posture.user_ns = core::YesNo::kYes;
    if (type == "uts") posture.host_uts = core::YesNo::kNo;
    if (type == "cgroup") posture.host_cgroup = core::YesNo::kNo;
  }
}

// The default devices of the runtime-spec are not listed; some engines list them all the same.
bool is_default_device(std::string_view path) {
  constexpr std::string_view kDefaults[] = {"/dev/null",    "/dev/zero", "/dev/full",    "/dev/random",
                                            "/dev/urandom", "/dev/tty",  "/dev/console", "/dev/ptmx"};
  return std::find(std::begin(kDefaults), std::end(kDefaults), path) != std::end(kDefaults);
}

// privileged: it has all of the host's devices, which are no choice of anybody's and many.
void take_linux(const json::object& linux_part, bool privileged, core::Posture& posture) {
  if (linux_part.empty()) return;
  const json::value* seccomp = linux_part.if_contains("seccomp");
  posture.seccomp = seccomp != nullptr && seccomp->is_object() ? core::kDefaultProfile : core::kUnconfined;
  take_namespaces(linux_part, posture);
  if (privileged) return;
  std::vector<std::string>& devices = posture.devices.emplace();
  for (const json::value& entry : json::list(linux_part, "devices")) {
    if (!entry.is_object()) continue;
    const std::string_view path = json::text(entry.get_object(), "path");
    if (!path.empty() && !is_default_device(path)) devices.emplace_back(path);
  }
}

}  // namespace

std::optional<core::Capabilities> capability_set(const json::object& capabilities, std::string_view set) {
  const json::value* names = capabilities.if_contains(set);
  if (names == nullptr || !names->is_array()) return std::nullopt;
  core::Capabilities taken = 0;
  for (const json::value& name : names->get_array()) {
    const auto number = core::capability_number(json::text(name));
    if (number) taken |= core::Capabilities{1} << *number;
  }
  return taken;
}

std::string_view runtime_name(std::string_view told) {
  constexpr std::string_view kContainerd = "io.containerd.";
  if (!told.starts_with(kContainerd)) return told.substr(told.rfind('/') + 1);
  told.remove_prefix(kContainerd.size());
  return told.substr(0, told.find('.'));
}

void take_posture(const json::object& spec, core::Container& container) {
  core::Posture posture;
  take_process(json::child(spec, "process"), posture);
  take_linux(json::child(spec, "linux"), container.privileged == core::YesNo::kYes, posture);
  const json::object& root = json::child(spec, "root");
  if (!root.empty()) posture.readonly_rootfs = core::yes_no(json::flag(root, "readonly"));
  const std::string_view named = json::text(json::child(spec, "annotations"), kPodmanSeccomp);
  if (posture.seccomp == core::kDefaultProfile && !named.empty() && named != core::kUnconfined) {
    posture.seccomp = named;
  }
  core::SharedPosture told;
  told.set(std::move(posture));
  told.fill(container.posture);
  container.posture = std::move(told);
}

}  // namespace engines::oci
