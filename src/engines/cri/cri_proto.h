// CRI's messages: requests to bytes, answers to plain structs. Pure functions; any thread.
// Field numbers: k8s.io/cri-api pkg/apis/runtime/v1/api.proto, as Debian packages it (golang-k8s-cri-api-dev
// 0.36). Older runtimes leave later fields out.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/container.h"

namespace engines::cri {

inline constexpr std::string_view kVersionMethod = "/runtime.v1.RuntimeService/Version";
inline constexpr std::string_view kListContainersMethod = "/runtime.v1.RuntimeService/ListContainers";
inline constexpr std::string_view kListPodSandboxMethod = "/runtime.v1.RuntimeService/ListPodSandbox";
inline constexpr std::string_view kContainerStatusMethod = "/runtime.v1.RuntimeService/ContainerStatus";
inline constexpr std::string_view kPodSandboxStatusMethod = "/runtime.v1.RuntimeService/PodSandboxStatus";
inline constexpr std::string_view kEventsMethod = "/runtime.v1.RuntimeService/GetContainerEvents";

namespace tag {
enum class VersionRequest : uint32_t { kVersion = 1 };
enum class Version : uint32_t { kRuntimeName = 2, kRuntimeVersion = 3 };
enum class StatusRequest : uint32_t { kId = 1, kVerbose = 2 };    // of containers and of pods
enum class StatusResponse : uint32_t { kStatus = 1, kInfo = 2 };  // likewise
enum class ListRequest : uint32_t { kFilter = 1 };                // likewise
enum class Filter : uint32_t { kState = 2, kStateValue = 1 };  // likewise; the latter of the state's message
enum class ListResponse : uint32_t { kItems = 1 };             // likewise
enum class Metadata : uint32_t { kName = 1, kUid = 2, kNamespace = 3 };
enum class ImageSpec : uint32_t { kImage = 1, kUserSpecifiedImage = 18 };
enum class ContainerStatus : uint32_t {
  kId = 1,
  kMetadata = 2,
  kState = 3,
  kCreatedAt = 4,
  kImage = 8,
  kImageRef = 9,
  kLabels = 12,
  kAnnotations = 13,
  kMounts = 14,
  kResources = 16,
  kImageId = 17,
  kUser = 18,
};
enum class Mount : uint32_t { kContainerPath = 1, kHostPath = 2, kReadonly = 3, kPropagation = 5 };
enum class Resources : uint32_t { kLinux = 1 };
enum class LinuxResources : uint32_t {
  kCpuPeriod = 1,
  kCpuQuota = 2,
  kCpuShares = 3,
  kMemoryLimit = 4,
  kCpusetCpus = 6,
  kMemorySwapLimit = 10,
};
enum class User : uint32_t { kLinux = 1 };
enum class LinuxUser : uint32_t { kUid = 1 };
enum class Sandbox : uint32_t {
  kId = 1,
  kMetadata = 2,
  kState = 3,
  kCreatedAt = 4,
  kNetwork = 5,
  kLinux = 6,
  kLabels = 7,
  kAnnotations = 8,
};
enum class Network : uint32_t { kIp = 1, kAdditionalIps = 2 };
enum class PodIp : uint32_t { kIp = 1 };
enum class LinuxSandbox : uint32_t { kNamespaces = 1 };
enum class Namespaces : uint32_t { kOptions = 2 };
enum class NamespaceOption : uint32_t { kNetwork = 1, kPid = 2, kIpc = 3 };
enum class ListedContainer : uint32_t {
  kId = 1,
  kSandboxId = 2,
  kMetadata = 3,
  kImage = 4,
  kImageRef = 5,
  kState = 6,
  kCreatedAt = 7,
  kLabels = 8,
  kImageId = 10,
};
enum class ListedSandbox : uint32_t { kId = 1, kMetadata = 2, kState = 3, kCreatedAt = 4, kLabels = 5 };
enum class Event : uint32_t { kContainerId = 1, kType = 2, kSandbox = 4 };
}  // namespace tag

// Numbers of enums in the messages.
inline constexpr int64_t kContainerRunning = 1;  // ContainerState
inline constexpr int64_t kSandboxReady = 0;      // PodSandboxState
inline constexpr int64_t kNamespaceNode = 2;     // NamespaceMode: the host's
enum class EventType : int64_t { kCreated = 0, kStarted = 1, kStopped = 2, kDeleted = 3 };

struct Version {
  std::string runtime_name;  // "containerd", "cri-o", ...
  std::string runtime_version;
};

struct Metadata {
  std::string name;
  std::string uid;            // of pods
  std::string pod_namespace;  // of pods
};

struct MountMessage {
  std::string container_path;
  std::string host_path;
  bool readonly = false;
  int64_t propagation = 0;
};

struct Resources {
  int64_t cpu_period = 0, cpu_quota = 0, cpu_shares = 0;
  int64_t memory_limit = 0, swap_limit = 0;
  std::string cpuset_cpus;
};

// A container, from ContainerStatus or, with fewer members, from a list.
struct ContainerMessage {
  std::string id;
  std::string sandbox_id;  // from lists only
  Metadata metadata;
  int64_t state = 0;
  int64_t created_at = 0;  // ns since the epoch
  std::string image;       // a name or an id
  std::string user_specified_image;
  std::string image_ref;  // "host/image@sha256:..." or an id
  std::string image_id;
  core::Labels labels;
  std::vector<MountMessage> mounts;
  std::optional<Resources> resources;
  std::optional<int64_t> uid;
};

// NamespaceMode of each; 0, the pod's own, where it is not told.
struct NamespaceModes {
  int64_t network = 0, pid = 0, ipc = 0;
};

// A pod's sandbox, from PodSandboxStatus, an event or, with fewer members, a list.
struct SandboxMessage {
  std::string id;
  Metadata metadata;
  int64_t state = 0;
  int64_t created_at = 0;  // ns since the epoch
  std::vector<std::string> ips;
  std::optional<NamespaceModes> namespaces;
  core::Labels labels;
  core::Labels annotations;
};

using Info = std::map<std::string, std::string, std::less<>>;

struct ContainerAnswer {
  ContainerMessage status;
  Info info;  // verbose: runtime-specific JSON by key
};
struct SandboxAnswer {
  SandboxMessage status;
  Info info;
};

struct EventMessage {
  std::string container_id;
  EventType type = EventType::kCreated;
  std::string sandbox_id;
};

std::string encode_version();
std::string encode_running();                    // of ListContainers: those that run
std::string encode_ready();                      // of ListPodSandbox: those that are ready
std::string encode_status(std::string_view id);  // verbose, of a container or of a pod

// Fail when the bytes are no such message; the error names the message. Members that are missing are empty,
// unknown ones are skipped.
base::Result<Version> decode_version(std::string_view bytes);
base::Result<std::vector<ContainerMessage>> decode_containers(std::string_view bytes);
base::Result<std::vector<SandboxMessage>> decode_sandboxes(std::string_view bytes);
base::Result<ContainerAnswer> decode_container_status(std::string_view bytes);
base::Result<SandboxAnswer> decode_sandbox_status(std::string_view bytes);
base::Result<EventMessage> decode_event(std::string_view bytes);

}  // namespace engines::cri
