// How confined a container is by Docker's and Podman's "inspect container", see inspect_json.h. Source of
// fact: Docker's API 1.24 to 1.47, Podman 4.3 to 5.4; docs/engines.md.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engines/inspect_json.h"
#include "engines/oci/oci_spec.h"

namespace engines {

namespace {

constexpr std::string_view kNoNewPrivileges = "no-new-privileges";
constexpr std::string_view kSeccomp = "seccomp";

// "seccomp=unconfined", "no-new-privileges:true" and their like; the separator was a colon once. A profile
// of Docker's stands there whole and has no name.
void take_option(std::string_view option, core::Posture& posture) {
  const std::string_view name = option.substr(0, option.find_first_of("=:"));
  const std::string_view value = option.substr(std::min(option.size(), name.size() + 1));
  if (name == kNoNewPrivileges) posture.no_new_privs = core::yes_no(value != "false");
  if (name != kSeccomp || value.empty()) return;
  const bool whole = value.front() == '{';
  posture.seccomp = whole || value == "builtin" ? core::kDefaultProfile : value;
}

std::optional<std::vector<std::string>> devices_of(const json::object& host) {
  const json::value* devices = host.if_contains("Devices");
  // A privileged container has all of the host's, which are not listed.
  if (devices == nullptr || json::flag(host, "Privileged")) return std::nullopt;
  std::vector<std::string> paths;
  if (!devices->is_array()) return devices->is_null() ? std::optional(paths) : std::nullopt;
  for (const json::value& entry : devices->get_array()) {
    if (!entry.is_object()) continue;
    const std::string_view path = json::text(entry.get_object(), "PathInContainer");
    if (!path.empty()) paths.emplace_back(path);
  }
  return paths;
}

std::string command_of(const json::object& inspect) {
  const std::string_view path = json::text(inspect, "Path");
  if (path.empty()) return {};
  std::vector<std::string> words = json::strings(json::list(inspect, "Args"));
  words.insert(words.begin(), std::string(path));
  return core::shell_words(words);
}

}  // namespace

void take_posture(const json::object& inspect, core::Container& container) {
  const json::object& host = json::child(inspect, "HostConfig");
  core::Posture posture;
  // Podman's; Docker tells what was added to and dropped from a default that it does not tell.
  posture.capabilities = oci::capability_set(inspect, "EffectiveCaps");
  if (!posture.capabilities) posture.capabilities = oci::capability_set(inspect, "BoundingCaps");
  for (const std::string& option : json::strings(json::list(host, "SecurityOpt")))
    take_option(option, posture);
  posture.apparmor = json::text(inspect, "AppArmorProfile");
  posture.selinux = json::text(inspect, "ProcessLabel");
  posture.readonly_rootfs = json::yes_no(host, "ReadonlyRootfs");
  posture.host_uts = json::text(host, "UTSMode") == "host" ? core::YesNo::kYes : core::YesNo::kUnknown;
  const std::string_view cgroup = json::text(host, "CgroupnsMode");
  if (cgroup == "host" || cgroup == "private") posture.host_cgroup = core::yes_no(cgroup == "host");
  if (json::text(host, "UsernsMode") == "host") posture.user_ns = core::YesNo::kNo;
  posture.cmd = command_of(inspect);
  // Podman tells the runtime that it took; "oci" in HostConfig is a word for any.
  posture.runtime = oci::runtime_name(json::text(inspect, "OCIRuntime"));
  const bool podman = container.type == core::ContainerType::kPodman;
  if (posture.runtime.empty() && !podman) posture.runtime = oci::runtime_name(json::text(host, "Runtime"));
  posture.devices = devices_of(host);
  container.posture.set(std::move(posture));
}

}  // namespace engines
