// Where ctrmeta runs, and what of the host it sees. Main thread.
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "core/cgroup/resolver.h"
#include "host/proc_reader.h"
#include "tools/doctor/sections.h"

namespace tools::doctor {
namespace {

namespace fs = std::filesystem;

// The first namespace of each kind has a number of its own: include/linux/proc_ns.h.
constexpr std::string_view kFirstPid = "pid:[4026531836]";
constexpr std::string_view kFirstUser = "user:[4026531837]";
constexpr std::string_view kFirstCgroup = "cgroup:[4026531835]";
constexpr const char* kServiceAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

std::string link_of(const std::string& path) {
  std::error_code error;
  return fs::read_symlink(path, error).string();
}

bool is_other(const char* kind, std::string_view first) {
  const std::string link = link_of(std::string("/proc/self/ns/") + kind);
  return !link.empty() && link != first;
}

bool exists(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

// A pod that shares the host's pid namespace is told by its cgroup or by its root.
bool cgroup_is_containers() {
  std::ifstream stream("/proc/self/cgroup");
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  for (const host::CgroupPath& cgroup : host::parse_cgroup_file(text)) {
    const auto match = core::cgroup::Resolver::match(cgroup.path, {});
    if (match && !match->needs_confirmation) return true;
  }
  return false;
}

bool root_is_another() {
  struct stat ours {};
  struct stat inits {};
  if (::stat("/", &ours) != 0 || ::stat("/proc/1/root", &inits) != 0) return false;
  return ours.st_dev != inits.st_dev || ours.st_ino != inits.st_ino;
}

struct Capability {
  unsigned number;
  std::string_view name;
  std::string_view use;
};
constexpr std::array kCapabilities{
    Capability{2, "CAP_DAC_READ_SEARCH", "reads files whatever their mode"},
    Capability{1, "CAP_DAC_OVERRIDE", "connects to sockets whatever their mode"},
    Capability{19, "CAP_SYS_PTRACE", "enters /proc/1/root and reads other processes"},
    Capability{21, "CAP_SYS_ADMIN", ""},
    Capability{12, "CAP_NET_ADMIN", "live events of `ctrmeta run` before Linux 6.6"},
};

uint64_t effective_capabilities() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with("CapEff:")) continue;
    const std::string_view hex = std::string_view(line).substr(line.find_first_not_of(" \t", 7));
    uint64_t value = 0;
    std::from_chars(hex.data(), hex.data() + hex.size(), value, 16);
    return value;
  }
  return 0;
}

Finding capabilities() {
  const uint64_t effective = effective_capabilities();
  std::string have;
  std::string missing;
  for (const Capability& one : kCapabilities) {
    std::string& list = (effective >> one.number & 1U) != 0 ? have : missing;
    list += (list.empty() ? "" : ", ") + std::string(one.name);
  }
  Finding finding{"where.rights", Level::kGood, "", "", "", {}};
  finding.facts = {{"uid", ::geteuid()}, {"capabilities", have}, {"missing", missing}};
  const std::string who = ::geteuid() == 0 ? "root" : fmt::format("user {}", ::geteuid());
  if (missing.empty()) {
    finding.text = fmt::format("{}, with every capability that matters ({})", who, have);
  } else {
    finding.text = fmt::format("{}, without {}", who, missing);
    finding.level = ::geteuid() == 0 ? Level::kInfo : Level::kWarning;
    if (::geteuid() != 0) {
      finding.advice =
          "run it as root, as Falco does: what is missing below may only be forbidden to this user";
    }
  }
  return finding;
}

const char* yes(bool value) {
  return value ? "its own" : "the machine's";
}

Finding namespaces(const Surroundings& here) {
  Finding finding{"where.namespaces", Level::kGood, "", "", "", {}};
  finding.text = fmt::format("namespaces: pid {}, user {}, cgroup {}", yes(here.own_pid_namespace),
                             yes(here.own_user_namespace), yes(here.own_cgroup_namespace));
  finding.facts = {{"own_pid", here.own_pid_namespace},
                   {"own_user", here.own_user_namespace},
                   {"own_cgroup", here.own_cgroup_namespace}};
  if (here.own_pid_namespace) {
    finding.level = Level::kInfo;
    finding.text += "; processes are known by the host's numbers through HOST_ROOT's /proc alone";
  }
  return finding;
}

Finding cgroups(const std::string& host_root) {
  const std::string root = host_root + "/sys/fs/cgroup";
  Finding finding{"where.cgroups", Level::kGood, "", "", "", {}};
  struct statfs status {};
  const bool readable = ::statfs(root.c_str(), &status) == 0;
  const bool second = readable && static_cast<uint64_t>(status.f_type) == CGROUP2_SUPER_MAGIC;
  const char* version = second                      ? "v2"
                        : exists(root + "/unified") ? "hybrid"
                        : exists(root + "/memory")  ? "v1"
                                                    : "";
  const bool systemd = exists(root + "/system.slice") || exists(root + "/systemd/system.slice");
  finding.facts = {{"version", version}, {"driver", systemd ? "systemd" : "cgroupfs"}};
  if (*version == '\0') {
    finding.level = Level::kInfo;
    finding.text =
        fmt::format("cgroups are not mounted at {}; /proc/PID/cgroup names them all the same", root);
  } else {
    finding.text = fmt::format("cgroup {}, {}", version,
                               systemd ? "with systemd's slices" : "without systemd (cgroupfs)");
  }
  return finding;
}

}  // namespace

Surroundings look_around() {
  Surroundings here;
  here.own_pid_namespace = is_other("pid", kFirstPid);
  here.own_user_namespace = is_other("user", kFirstUser);
  here.own_cgroup_namespace = is_other("cgroup", kFirstCgroup);
  here.in_pod = std::getenv("KUBERNETES_SERVICE_HOST") != nullptr || exists(kServiceAccount);
  // Machines that were made of an image have these files, too.
  const bool marked = exists("/.dockerenv") || exists("/run/.containerenv");
  here.in_container = here.in_pod || here.own_pid_namespace || cgroup_is_containers() || root_is_another() ||
                      (marked && here.own_cgroup_namespace);
  return here;
}

Section where_section(const Surroundings& here, const std::string& host_root) {
  Section section{"where", "Where this is"};
  Finding place{"where.place", Level::kGood, "", "", "", {}};
  place.text = here.in_pod         ? "in a pod"
               : here.in_container ? "in a container or a chroot"
                                   : "on the machine itself";
  place.facts = {{"place", here.in_pod ? "pod" : here.in_container ? "container" : "host"}};
  section.add(std::move(place));
  Finding root{"where.host_root", Level::kGood, "", "", "", {{"host_root", host_root}}};
  root.text = host_root.empty() ? "HOST_ROOT is not set: paths are taken as they are"
                                : fmt::format("HOST_ROOT is {}", host_root);
  section.add(std::move(root));
  section.add(capabilities());
  section.add(namespaces(here));
  section.add(cgroups(host_root));
  return section;
}

}  // namespace tools::doctor
