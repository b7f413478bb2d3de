// The record of one container: what the engines tell and the fields answer.
// Plain data; spec: docs/event-json.md. Built by the engines' mappings on the worker's thread or from an
// event on Falco's thread; read-only once it is shared.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/owner.h"
#include "core/posture.h"
#include "core/yes_no.h"

namespace core {

// The numbers are those of the `container` event and of old captures.
enum class ContainerType : uint32_t {
  kDocker = 0,
  kLxc = 1,
  kLibvirtLxc = 2,
  kMesos = 3,
  kRkt = 4,
  kCustom = 5,
  kCri = 6,
  kContainerd = 7,
  kCrio = 8,
  kBpm = 9,
  kStatic = 10,
  kPodman = 11,
  kHost = 0xfffe,
  kUnknown = 0xffff,
};

// The word that `container.type` answers ("docker", "cri-o", ...); "unknown" for numbers not listed above.
const char* type_name(ContainerType type);

// Where a record comes from, poorest first: a poorer source never erases what a richer one said.
enum class Source : uint8_t {
  kCgroup,    // the cgroup path: id and, perhaps, engine
  kSighting,  // a part, from the engine itself: its list, an event, an answer without what was asked besides
  kBundle,    // the OCI bundle
  kDisk,      // what the engine keeps on disk
  kApi,       // the engine's whole answer: what is empty in it is not there
};

// True for what an engine told itself: it is followed, and tells when the container is gone.
constexpr bool told_by_engine(Source source) {
  return source == Source::kSighting || source == Source::kApi;
}

// What the kernel does for a container that nothing else was asked for.
inline constexpr int64_t kDefaultCpuPeriod = 100000;  // microseconds
inline constexpr int64_t kDefaultCpuShares = 1024;

// An id is shown by its first 12 characters (fewer when it is shorter).
inline constexpr size_t kShortIdLength = 12;
inline std::string_view short_id(std::string_view full_id) {
  return full_id.substr(0, kShortIdLength);
}

// True for the types whose id is a name that people chose (lxc, libvirt-lxc, bpm, static): shown whole.
inline bool id_is_name(ContainerType type) {
  return type == ContainerType::kLxc || type == ContainerType::kLibvirtLxc || type == ContainerType::kBpm ||
         type == ContainerType::kStatic;
}

// What `container.id` shows for a container.
inline std::string_view shown_id(ContainerType type, std::string_view full_id) {
  return id_is_name(type) ? full_id : short_id(full_id);
}

struct Mount {
  std::string source;
  std::string destination;
  std::string mode;
  bool rw = true;
  std::string propagation;
  bool operator==(const Mount&) const = default;
};

struct PortMapping {
  uint32_t host_ip = 0;  // IPv4 as a number, first octet most significant: 127.0.0.1 is 0x7f000001
  uint16_t host_port = 0;
  uint16_t container_port = 0;
  bool operator==(const PortMapping&) const = default;
};

// A healthcheck or probe command. exe "NONE" without arguments: disabled explicitly.
struct Probe {
  std::string exe;
  std::vector<std::string> args;
  bool operator==(const Probe&) const = default;
};

using Labels = std::map<std::string, std::string, std::less<>>;

struct Container {
  ContainerType type = ContainerType::kUnknown;
  Source source = Source::kApi;
  Owner owner;          // whose container it is, and whose word this record
  std::string full_id;  // the id is a prefix of it: id()
  // Of an engine that keeps several lists (containerd), the one that the container is in: another may have
  // the same id. "": not known. No field and no event shows it.
  std::string engine_namespace;
  std::string name;

  std::string image;
  std::string image_id;  // without "sha256:"
  std::string image_repository;
  std::string image_tag;
  std::string image_digest;  // "sha256:..."

  std::string user;
  std::string ip;
  YesNo privileged = YesNo::kUnknown;
  YesNo host_pid = YesNo::kUnknown;
  YesNo host_network = YesNo::kUnknown;
  YesNo host_ipc = YesNo::kUnknown;
  SharedPosture posture;

  // nullopt: nobody said so yet, which is not the same as none (0).
  std::optional<int64_t> cpu_period;  // microseconds
  std::optional<int64_t> cpu_quota;   // microseconds per period
  std::optional<int64_t> cpu_shares;
  std::optional<int64_t> cpuset_cpu_count;
  std::optional<int64_t> memory_limit;  // bytes
  std::optional<int64_t> swap_limit;    // bytes
  int64_t created_time = 0;             // seconds since the epoch, 0 unknown
  int64_t size = -1;                    // bytes of the writable layer, -1 unknown

  std::vector<std::string> env;  // empty unless the option with_env is set
  Labels labels;                 // already without those longer than label_max_len
  std::vector<PortMapping> port_mappings;
  std::vector<Mount> mounts;

  // Where its engine or its bundle put it: linux.cgroupsPath of an OCI specification, a path or systemd's
  // `slice:prefix:name`, which is asked for before there is any cgroup. "": not known.
  std::string cgroup_path;

  bool is_pod_sandbox = false;
  std::string pod_sandbox_id;                // whole id
  std::optional<Labels> pod_sandbox_labels;  // nullopt: not known
  std::string cni_json;
  // Kubernetes identity, kept apart from `labels` so that no label limit can drop it.
  std::string pod_name;
  std::string pod_namespace;
  std::string pod_uid;

  std::optional<Probe> healthcheck;
  std::optional<Probe>
      startup_healthcheck;  // Podman runs it instead until it succeeds once; no field shows it
  std::optional<Probe> liveness_probe;
  std::optional<Probe> readiness_probe;

  std::string_view id() const { return shown_id(type, full_id); }
  bool operator==(const Container&) const = default;
};

}  // namespace core
