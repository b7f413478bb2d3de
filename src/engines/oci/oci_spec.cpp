// See oci_spec.h.
#include "engines/oci/oci_spec.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/cpuset.h"

namespace engines::oci {

namespace {

constexpr std::array<std::string_view, 8> kPropagations{"private", "rprivate", "shared",     "rshared",
                                                        "slave",   "rslave",   "unbindable", "runbindable"};
constexpr std::string_view kModeOption = "mode=";
// The SELinux type of containers without confinement.
constexpr std::string_view kUnconfinedType = "spc_t";
constexpr std::string_view kAdminCapability = "CAP_SYS_ADMIN";

bool has(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

core::Mount map_mount(const json::object& mount) {
  core::Mount taken;
  taken.source = json::text(mount, "source");
  taken.destination = json::text(mount, "destination");
  for (const std::string& option : json::strings(json::list(mount, "options"))) {
    if (option == "ro" || option == "rro") {
      taken.rw = false;
    } else if (option.starts_with(kModeOption)) {
      taken.mode = option.substr(kModeOption.size());
    } else if (std::find(kPropagations.begin(), kPropagations.end(), option) != kPropagations.end()) {
      taken.propagation = option;
    }
  }
  return taken;
}

void take_mounts(const json::object& spec, core::Container& container) {
  const json::array& mounts = json::list(spec, "mounts");
  if (mounts.empty()) return;
  container.mounts.clear();
  for (const json::value& mount : mounts) {
    if (mount.is_object()) container.mounts.push_back(map_mount(mount.get_object()));
  }
}

// Directories in which engines keep files for their containers: Docker's, Podman's and CRI-O's, containerd's
// CRI's.
constexpr std::string_view kStorage = "-containers/";
constexpr std::string_view kUserdata = "/userdata/";
constexpr std::string_view kCriState = "/io.containerd.grpc.v1.cri/";

bool is_kept_by_engine(std::string_view source, std::string_view full_id) {
  const size_t storage = source.find(kStorage);
  if (storage != std::string_view::npos && source.find(kUserdata, storage) != std::string_view::npos)
    return true;
  if (source.find(kCriState) != std::string_view::npos) return true;
  return source.find(std::string("/containers/").append(full_id).append("/")) != std::string_view::npos;
}

void take_process(const json::object& process, const Settings& settings, core::Container& container) {
  if (settings.with_env) container.env = json::strings(json::list(process, "env"));
  const json::object& user = json::child(process, "user");
  constexpr int64_t kNoUid = -1;
  const int64_t uid = json::number(user, "uid", kNoUid);
  if (uid >= 0) container.user = std::to_string(uid);
}

// A namespace that is not listed is the host's.
void take_namespaces(const json::object& linux_part, core::Container& container) {
  const json::value* listed = linux_part.if_contains("namespaces");
  if (listed == nullptr || !listed->is_array()) return;
  container.host_pid = container.host_network = container.host_ipc = core::YesNo::kYes;
  for (const json::value& entry : listed->get_array()) {
    if (!entry.is_object()) continue;
    const std::string_view type = json::text(entry.get_object(), "type");
    if (type == "pid") container.host_pid = core::YesNo::kNo;
    if (type == "network") container.host_network = core::YesNo::kNo;
    if (type == "ipc") container.host_ipc = core::YesNo::kNo;
  }
}

// A limit that the Linux part of a spec does not name is not set.
void take_resources(const json::object& linux_part, core::Container& container) {
  if (linux_part.empty()) return;
  const json::object& resources = json::child(linux_part, "resources");
  const json::object& cpu = json::child(resources, "cpu");
  const json::object& memory = json::child(resources, "memory");
  const int64_t shares = json::number(cpu, "shares");
  const int64_t period = json::number(cpu, "period");
  container.cpu_shares = shares > 0 ? shares : core::kDefaultCpuShares;
  container.cpu_period = period > 0 ? period : core::kDefaultCpuPeriod;
  container.cpu_quota = json::number(cpu, "quota");
  container.cpuset_cpu_count = core::count_cpus(json::text(cpu, "cpus"));
  container.memory_limit = json::number(memory, "limit");
  container.swap_limit = json::number(memory, "swap");
}

bool is_confined(const json::object& process, const json::object& linux_part) {
  const json::value* seccomp = linux_part.if_contains("seccomp");
  if (seccomp != nullptr && seccomp->is_object()) return true;
  if (!json::list(linux_part, "maskedPaths").empty()) return true;
  if (!json::list(linux_part, "readonlyPaths").empty()) return true;
  const std::string_view apparmor = json::text(process, "apparmorProfile");
  if (!apparmor.empty() && apparmor != "unconfined") return true;
  const std::string_view selinux = json::text(process, "selinuxLabel");
  return !selinux.empty() && selinux.find(kUnconfinedType) == std::string_view::npos;
}

// A spec has no such member: privileged is what lacks every confinement that engines give to all others.
core::YesNo is_privileged(const json::object& spec) {
  const json::object& process = json::child(spec, "process");
  const json::object& linux_part = json::child(spec, "linux");
  if (linux_part.empty()) return core::YesNo::kUnknown;
  if (is_confined(process, linux_part)) return core::YesNo::kNo;
  for (const json::value& entry : json::list(spec, "mounts")) {
    if (!entry.is_object()) continue;
    const std::string_view type = json::text(entry.get_object(), "type");
    const bool guarded = type == "sysfs" || type == "cgroup" || type == "cgroup2";
    if (guarded && !map_mount(entry.get_object()).rw) return core::YesNo::kNo;
  }
  const json::value* bounding = json::child(process, "capabilities").if_contains("bounding");
  return core::yes_no(bounding == nullptr || !bounding->is_array() ||
                      has(json::strings(bounding->get_array()), kAdminCapability));
}

}  // namespace

void keep_volumes(const json::object& spec, core::Container& container) {
  std::vector<core::Mount> volumes;
  size_t next = 0;
  for (const json::value& entry : json::list(spec, "mounts")) {
    if (!entry.is_object() || next >= container.mounts.size()) continue;
    core::Mount& mount = container.mounts[next++];
    const bool own = is_kept_by_engine(mount.source, container.full_id);
    if (json::text(entry.get_object(), "type") == "bind" && !own) volumes.push_back(std::move(mount));
  }
  container.mounts = std::move(volumes);
}

void take_spec(const json::object& spec, const Settings& settings, core::Container& container) {
  take_mounts(spec, container);
  take_process(json::child(spec, "process"), settings, container);
  const json::object& linux_part = json::child(spec, "linux");
  take_namespaces(linux_part, container);
  container.cgroup_path = json::text(linux_part, "cgroupsPath");
  take_resources(linux_part, container);
  container.privileged = is_privileged(spec);
  take_posture(spec, container);
  take_annotations(json::child(spec, "annotations"), settings, container);
}

base::Status take_spec(std::string_view text, const Settings& settings, core::Container& container) {
  const base::Result<json::object> spec = json::parse_object(text, "OCI spec");
  if (!spec) return base::Error{spec.error()};
  take_spec(*spec, settings, container);
  return base::Ok{};
}

}  // namespace engines::oci
