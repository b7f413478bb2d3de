// See cri_proto.h.
#include "engines/cri/cri_proto.h"

#include <utility>

#include <protozero/pbf_writer.hpp>

#include "engines/protobuf.h"

namespace engines::cri {

namespace {

using protobuf::Fields;

template <typename Tag>
constexpr protozero::pbf_tag_type number(Tag tag) {
  return static_cast<protozero::pbf_tag_type>(tag);
}

// The last field of that number inside a message, or an empty one.
template <typename Tag>
std::string_view inner(std::string_view message, Tag tag) {
  std::string_view found;
  for (Fields fields(message); fields.next();) {
    if (fields.is(tag)) found = fields.bytes();
  }
  return found;
}

Metadata metadata(std::string_view message) {
  Metadata result;
  for (Fields fields(message); fields.next();) {
    if (fields.is(tag::Metadata::kName)) result.name = fields.text();
    if (fields.is(tag::Metadata::kUid)) result.uid = fields.text();
    if (fields.is(tag::Metadata::kNamespace)) result.pod_namespace = fields.text();
  }
  return result;
}

void take_image(std::string_view message, ContainerMessage& container) {
  for (Fields fields(message); fields.next();) {
    if (fields.is(tag::ImageSpec::kImage)) container.image = fields.text();
    if (fields.is(tag::ImageSpec::kUserSpecifiedImage)) container.user_specified_image = fields.text();
  }
}

MountMessage mount(std::string_view message) {
  MountMessage result;
  for (Fields fields(message); fields.next();) {
    if (fields.is(tag::Mount::kContainerPath)) result.container_path = fields.text();
    if (fields.is(tag::Mount::kHostPath)) result.host_path = fields.text();
    if (fields.is(tag::Mount::kReadonly)) result.readonly = fields.flag();
    if (fields.is(tag::Mount::kPropagation)) result.propagation = fields.number();
  }
  return result;
}

Resources resources(std::string_view message) {
  Resources result;
  for (Fields fields(message); fields.next();) {
    if (fields.is(tag::LinuxResources::kCpuPeriod)) result.cpu_period = fields.number();
    if (fields.is(tag::LinuxResources::kCpuQuota)) result.cpu_quota = fields.number();
    if (fields.is(tag::LinuxResources::kCpuShares)) result.cpu_shares = fields.number();
    if (fields.is(tag::LinuxResources::kMemoryLimit)) result.memory_limit = fields.number();
    if (fields.is(tag::LinuxResources::kCpusetCpus)) result.cpuset_cpus = fields.text();
    if (fields.is(tag::LinuxResources::kMemorySwapLimit)) result.swap_limit = fields.number();
  }
  return result;
}

// A user is told once its Linux part is there, also when the uid is 0, which protobuf leaves out.
std::optional<int64_t> uid(std::string_view message) {
  std::optional<int64_t> result;
  for (Fields fields(message); fields.next();) {
    if (!fields.is(tag::User::kLinux)) continue;
    result = 0;
    for (Fields user(fields.bytes()); user.next();) {
      if (user.is(tag::LinuxUser::kUid)) result = user.number();
    }
  }
  return result;
}

ContainerMessage container_status(std::string_view message) {
  ContainerMessage result;
  for (Fields fields(message); fields.next();) {
    using Tag = tag::ContainerStatus;
    if (fields.is(Tag::kId)) result.id = fields.text();
    if (fields.is(Tag::kMetadata)) result.metadata = metadata(fields.bytes());
    if (fields.is(Tag::kState)) result.state = fields.number();
    if (fields.is(Tag::kCreatedAt)) result.created_at = fields.number();
    if (fields.is(Tag::kImage)) take_image(fields.bytes(), result);
    if (fields.is(Tag::kImageRef)) result.image_ref = fields.text();
    if (fields.is(Tag::kImageId)) result.image_id = fields.text();
    if (fields.is(Tag::kLabels)) result.labels.insert(protobuf::string_entry(fields.bytes()));
    if (fields.is(Tag::kMounts)) result.mounts.push_back(mount(fields.bytes()));
    if (fields.is(Tag::kResources))
      result.resources = resources(inner(fields.bytes(), tag::Resources::kLinux));
    if (fields.is(Tag::kUser)) result.uid = uid(fields.bytes());
  }
  return result;
}

ContainerMessage listed_container(std::string_view message) {
  ContainerMessage result;
  for (Fields fields(message); fields.next();) {
    using Tag = tag::ListedContainer;
    if (fields.is(Tag::kId)) result.id = fields.text();
    if (fields.is(Tag::kSandboxId)) result.sandbox_id = fields.text();
    if (fields.is(Tag::kMetadata)) result.metadata = metadata(fields.bytes());
    if (fields.is(Tag::kImage)) take_image(fields.bytes(), result);
    if (fields.is(Tag::kImageRef)) result.image_ref = fields.text();
    if (fields.is(Tag::kImageId)) result.image_id = fields.text();
    if (fields.is(Tag::kState)) result.state = fields.number();
    if (fields.is(Tag::kCreatedAt)) result.created_at = fields.number();
    if (fields.is(Tag::kLabels)) result.labels.insert(protobuf::string_entry(fields.bytes()));
  }
  return result;
}

void take_network(std::string_view message, SandboxMessage& sandbox) {
  for (Fields fields(message); fields.next();) {
    if (fields.is(tag::Network::kIp) && !fields.bytes().empty()) {
      sandbox.ips.insert(sandbox.ips.begin(), fields.text());
    }
    if (!fields.is(tag::Network::kAdditionalIps)) continue;
    const std::string_view ip = inner(fields.bytes(), tag::PodIp::kIp);
    if (!ip.empty()) sandbox.ips.emplace_back(ip);
  }
}

void take_namespaces(std::string_view message, SandboxMessage& sandbox) {
  NamespaceModes& modes = sandbox.namespaces.emplace();
  const std::string_view namespaces = inner(message, tag::LinuxSandbox::kNamespaces);
  for (Fields fields(inner(namespaces, tag::Namespaces::kOptions)); fields.next();) {
    if (fields.is(tag::NamespaceOption::kNetwork)) modes.network = fields.number();
    if (fields.is(tag::NamespaceOption::kPid)) modes.pid = fields.number();
    if (fields.is(tag::NamespaceOption::kIpc)) modes.ipc = fields.number();
  }
}

SandboxMessage sandbox_status(std::string_view message) {
  SandboxMessage result;
  for (Fields fields(message); fields.next();) {
    using Tag = tag::Sandbox;
    if (fields.is(Tag::kId)) result.id = fields.text();
    if (fields.is(Tag::kMetadata)) result.metadata = metadata(fields.bytes());
    if (fields.is(Tag::kState)) result.state = fields.number();
    if (fields.is(Tag::kCreatedAt)) result.created_at = fields.number();
    if (fields.is(Tag::kNetwork)) take_network(fields.bytes(), result);
    if (fields.is(Tag::kLinux)) take_namespaces(fields.bytes(), result);
    if (fields.is(Tag::kLabels)) result.labels.insert(protobuf::string_entry(fields.bytes()));
    if (fields.is(Tag::kAnnotations)) result.annotations.insert(protobuf::string_entry(fields.bytes()));
  }
  return result;
}

SandboxMessage listed_sandbox(std::string_view message) {
  SandboxMessage result;
  for (Fields fields(message); fields.next();) {
    using Tag = tag::ListedSandbox;
    if (fields.is(Tag::kId)) result.id = fields.text();
    if (fields.is(Tag::kMetadata)) result.metadata = metadata(fields.bytes());
    if (fields.is(Tag::kState)) result.state = fields.number();
    if (fields.is(Tag::kCreatedAt)) result.created_at = fields.number();
    if (fields.is(Tag::kLabels)) result.labels.insert(protobuf::string_entry(fields.bytes()));
  }
  return result;
}

// Answer is ContainerAnswer or SandboxAnswer; `status` decodes its first field.
template <typename Answer, typename Decode>
Answer answer(std::string_view message, Decode status) {
  Answer result;
  for (Fields fields(message); fields.next();) {
    if (fields.is(tag::StatusResponse::kStatus)) result.status = status(fields.bytes());
    if (fields.is(tag::StatusResponse::kInfo)) result.info.insert(protobuf::string_entry(fields.bytes()));
  }
  return result;
}

template <typename Item, typename Decode>
std::vector<Item> items(std::string_view message, Decode item) {
  std::vector<Item> result;
  for (Fields fields(message); fields.next();) {
    if (fields.is(tag::ListResponse::kItems)) result.push_back(item(fields.bytes()));
  }
  return result;
}

Version version(std::string_view message) {
  Version result;
  for (Fields fields(message); fields.next();) {
    if (fields.is(tag::Version::kRuntimeName)) result.runtime_name = fields.text();
    if (fields.is(tag::Version::kRuntimeVersion)) result.runtime_version = fields.text();
  }
  return result;
}

EventMessage event(std::string_view message) {
  EventMessage result;
  for (Fields fields(message); fields.next();) {
    if (fields.is(tag::Event::kContainerId)) result.container_id = fields.text();
    if (fields.is(tag::Event::kType)) result.type = static_cast<EventType>(fields.number());
    if (fields.is(tag::Event::kSandbox))
      result.sandbox_id = std::string(inner(fields.bytes(), tag::Sandbox::kId));
  }
  return result;
}

// A list's request for those in one state: the filter's state is a message of its own, so that 0 can be told
// from none.
std::string in_state(uint32_t filter_tag, int64_t state) {
  std::string value;
  protozero::pbf_writer(value).add_enum(number(tag::Filter::kStateValue), static_cast<int32_t>(state));
  std::string filter;
  protozero::pbf_writer(filter).add_message(number(tag::Filter::kState), value);
  std::string request;
  protozero::pbf_writer(request).add_message(filter_tag, filter);
  return request;
}

}  // namespace

std::string encode_version() {
  std::string bytes;
  protozero::pbf_writer(bytes).add_string(number(tag::VersionRequest::kVersion), "v1");
  return bytes;
}

std::string encode_running() {
  return in_state(number(tag::ListRequest::kFilter), kContainerRunning);
}

std::string encode_ready() {
  return in_state(number(tag::ListRequest::kFilter), kSandboxReady);
}

std::string encode_status(std::string_view id) {
  std::string bytes;
  protozero::pbf_writer writer(bytes);
  writer.add_string(number(tag::StatusRequest::kId), id.data(), id.size());
  writer.add_bool(number(tag::StatusRequest::kVerbose), true);
  return bytes;
}

base::Result<Version> decode_version(std::string_view bytes) {
  return protobuf::decoded("CRI Version answer", bytes, version);
}

base::Result<std::vector<ContainerMessage>> decode_containers(std::string_view bytes) {
  return protobuf::decoded("CRI ListContainers answer", bytes, [](std::string_view message) {
    return items<ContainerMessage>(message, listed_container);
  });
}

base::Result<std::vector<SandboxMessage>> decode_sandboxes(std::string_view bytes) {
  return protobuf::decoded("CRI ListPodSandbox answer", bytes, [](std::string_view message) {
    return items<SandboxMessage>(message, listed_sandbox);
  });
}

base::Result<ContainerAnswer> decode_container_status(std::string_view bytes) {
  return protobuf::decoded("CRI ContainerStatus answer", bytes, [](std::string_view message) {
    return answer<ContainerAnswer>(message, container_status);
  });
}

base::Result<SandboxAnswer> decode_sandbox_status(std::string_view bytes) {
  return protobuf::decoded("CRI PodSandboxStatus answer", bytes, [](std::string_view message) {
    return answer<SandboxAnswer>(message, sandbox_status);
  });
}

base::Result<EventMessage> decode_event(std::string_view bytes) {
  return protobuf::decoded("CRI event", bytes, event);
}

}  // namespace engines::cri
