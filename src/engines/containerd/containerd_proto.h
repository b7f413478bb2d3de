// containerd's messages: requests to bytes, answers to plain structs. Pure functions; any thread.
// Field numbers: containerd 1.6's api/services/{version,namespaces,containers,images,events}/v1/*.proto,
// api/types/descriptor.proto and api/events/{container,task,namespace}.proto, as Debian packages them
// (golang-github-containerd-containerd-dev 1.6.20). containerd 2 still has the same.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/container.h"

namespace engines::containerd {

inline constexpr std::string_view kVersionMethod = "/containerd.services.version.v1.Version/Version";
inline constexpr std::string_view kListNamespacesMethod =
    "/containerd.services.namespaces.v1.Namespaces/List";
inline constexpr std::string_view kListContainersMethod =
    "/containerd.services.containers.v1.Containers/List";
inline constexpr std::string_view kStreamContainersMethod =
    "/containerd.services.containers.v1.Containers/ListStream";
inline constexpr std::string_view kGetContainerMethod = "/containerd.services.containers.v1.Containers/Get";
inline constexpr std::string_view kGetImageMethod = "/containerd.services.images.v1.Images/Get";
inline constexpr std::string_view kSubscribeMethod = "/containerd.services.events.v1.Events/Subscribe";
// Request header that says in which namespace a container or image is looked for.
inline constexpr std::string_view kNamespaceHeader = "containerd-namespace";

namespace tag {
enum class Version : uint32_t { kVersion = 1 };
enum class NamedList : uint32_t {
  kItems = 1
};  // ListNamespacesResponse, ListContainersResponse, Get...Response
enum class Namespace : uint32_t { kName = 1 };
enum class Container : uint32_t { kId = 1, kLabels = 2, kImage = 3, kSpec = 5, kCreatedAt = 8 };
enum class Any : uint32_t { kTypeUrl = 1, kValue = 2 };
enum class Timestamp : uint32_t { kSeconds = 1 };
enum class GetRequest : uint32_t { kName = 1 };  // GetContainerRequest.id, GetImageRequest.name
enum class Image : uint32_t { kName = 1, kTarget = 3 };
enum class Descriptor : uint32_t { kDigest = 2 };
enum class Subscribe : uint32_t { kFilters = 1 };
enum class Envelope : uint32_t { kNamespace = 2, kTopic = 3, kEvent = 4 };
enum class ContainerEvent : uint32_t { kId = 1, kImage = 2 };  // create, update, delete
enum class TaskEvent : uint32_t { kContainerId = 1 };          // all of them
}  // namespace tag

struct ContainerMessage {
  std::string id;
  core::Labels labels;
  std::string image;
  std::string spec;        // OCI runtime-spec JSON, as the Any holds it
  int64_t created_at = 0;  // seconds since the epoch
};

struct EventMessage {
  std::string container_namespace;
  std::string topic;         // "/containers/create"
  std::string container_id;  // of the container that the event is about; empty for others
  std::string image;         // as far as the event tells it
};

std::string encode_get(std::string_view name);
std::string encode_subscribe(const std::vector<std::string>& filters);

// Fail when the bytes are no such message; the error names the message. Members that are missing are empty,
// unknown ones are skipped.
base::Result<std::string> decode_version(std::string_view bytes);
base::Result<std::vector<std::string>> decode_namespaces(std::string_view bytes);
base::Result<std::vector<ContainerMessage>> decode_containers(std::string_view bytes);
// GetContainerResponse and ListContainerMessage, which are alike.
base::Result<ContainerMessage> decode_container(std::string_view bytes);
base::Result<std::string> decode_image_digest(
    std::string_view bytes);                                      // GetImageResponse: its target's digest
base::Result<EventMessage> decode_event(std::string_view bytes);  // Envelope

}  // namespace engines::containerd
