// See containerd_proto.h.
#include "engines/containerd/containerd_proto.h"

#include <algorithm>
#include <utility>

#include <protozero/pbf_writer.hpp>

#include "engines/protobuf.h"

namespace engines::containerd {

namespace {

using protobuf::Fields;

template <typename Tag>
constexpr protozero::pbf_tag_type number(Tag tag) {
  return static_cast<protozero::pbf_tag_type>(tag);
}

int64_t timestamp(std::string_view message) {
  int64_t seconds = 0;
  for (Fields fields(message); fields.next();) {
    if (fields.is(tag::Timestamp::kSeconds)) seconds = fields.number();
  }
  return std::max<int64_t>(seconds, 0);  // the year 1 stands for "never"
}

std::string any_value(std::string_view message) {
  std::string value;
  for (Fields fields(message); fields.next();) {
    if (fields.is(tag::Any::kValue)) value = fields.text();
  }
  return value;
}

std::string first_text(std::string_view message, uint32_t wanted) {
  std::string text;
  for (Fields fields(message); fields.next();) {
    if (fields.is(wanted)) text = fields.text();
  }
  return text;
}

ContainerMessage container(std::string_view message) {
  ContainerMessage result;
  for (Fields fields(message); fields.next();) {
    if (fields.is(tag::Container::kId)) result.id = fields.text();
    if (fields.is(tag::Container::kLabels)) result.labels.insert(protobuf::string_entry(fields.bytes()));
    if (fields.is(tag::Container::kImage)) result.image = fields.text();
    if (fields.is(tag::Container::kSpec)) result.spec = any_value(fields.bytes());
    if (fields.is(tag::Container::kCreatedAt)) result.created_at = timestamp(fields.bytes());
  }
  return result;
}

std::vector<std::string> namespaces(std::string_view message) {
  std::vector<std::string> names;
  for (Fields fields(message); fields.next();) {
    if (!fields.is(tag::NamedList::kItems)) continue;
    std::string name = first_text(fields.bytes(), number(tag::Namespace::kName));
    if (!name.empty()) names.push_back(std::move(name));
  }
  return names;
}

std::vector<ContainerMessage> containers(std::string_view message) {
  std::vector<ContainerMessage> all;
  for (Fields fields(message); fields.next();) {
    if (fields.is(tag::NamedList::kItems)) all.push_back(container(fields.bytes()));
  }
  return all;
}

ContainerMessage only_container(std::string_view message) {
  std::vector<ContainerMessage> all = containers(message);
  return all.empty() ? ContainerMessage() : std::move(all.back());
}

std::string image_digest(std::string_view message) {
  std::string digest;
  for (Fields answer(message); answer.next();) {
    if (!answer.is(tag::NamedList::kItems)) continue;
    for (Fields image(answer.bytes()); image.next();) {
      if (image.is(tag::Image::kTarget)) {
        digest = first_text(image.bytes(), number(tag::Descriptor::kDigest));
      }
    }
  }
  return digest;
}

// The topics whose payload names its container with the same field, number 1.
bool is_about_container(std::string_view topic) {
  return topic.starts_with("/containers/") || topic.starts_with("/tasks/");
}

EventMessage event(std::string_view message) {
  EventMessage result;
  std::string payload;
  for (Fields fields(message); fields.next();) {
    if (fields.is(tag::Envelope::kNamespace)) result.container_namespace = fields.text();
    if (fields.is(tag::Envelope::kTopic)) result.topic = fields.text();
    if (fields.is(tag::Envelope::kEvent)) payload = any_value(fields.bytes());
  }
  if (!is_about_container(result.topic)) return result;
  const bool is_container = result.topic.starts_with("/containers/");
  for (Fields fields(payload); fields.next();) {
    if (fields.is(tag::TaskEvent::kContainerId)) result.container_id = fields.text();
    if (is_container && fields.is(tag::ContainerEvent::kImage)) result.image = fields.text();
  }
  return result;
}

}  // namespace

std::string encode_get(std::string_view name) {
  std::string bytes;
  protozero::pbf_writer(bytes).add_string(number(tag::GetRequest::kName), name.data(), name.size());
  return bytes;
}

std::string encode_subscribe(const std::vector<std::string>& filters) {
  std::string bytes;
  protozero::pbf_writer writer(bytes);
  for (const std::string& filter : filters) writer.add_string(number(tag::Subscribe::kFilters), filter);
  return bytes;
}

base::Result<std::string> decode_version(std::string_view bytes) {
  return protobuf::decoded("Version answer", bytes, [](std::string_view message) {
    return first_text(message, number(tag::Version::kVersion));
  });
}

base::Result<std::vector<std::string>> decode_namespaces(std::string_view bytes) {
  return protobuf::decoded("Namespaces/List answer", bytes, namespaces);
}

base::Result<std::vector<ContainerMessage>> decode_containers(std::string_view bytes) {
  return protobuf::decoded("Containers/List answer", bytes, containers);
}

base::Result<ContainerMessage> decode_container(std::string_view bytes) {
  return protobuf::decoded("Containers/Get answer", bytes, only_container);
}

base::Result<std::string> decode_image_digest(std::string_view bytes) {
  return protobuf::decoded("Images/Get answer", bytes, image_digest);
}

base::Result<EventMessage> decode_event(std::string_view bytes) {
  return protobuf::decoded("event", bytes, event);
}

}  // namespace engines::containerd
