// See containerd_client.h.
#include "engines/containerd/containerd_client.h"

#include <utility>

namespace engines::containerd {

namespace asio = boost::asio;
using net::grpc::CallResult;
using net::grpc::Code;
using net::grpc::Metadata;

namespace {

constexpr size_t kRememberedImages = 1024;

// Subscribe's filters are alternatives. Containers are announced by create, before anything of them runs;
// start is when a pod has its address.
const std::vector<std::string>& event_filters() {
  static const std::vector<std::string> kFilters = {
      R"(topic=="/containers/create")", R"(topic=="/containers/update")", R"(topic=="/containers/delete")",
      R"(topic=="/tasks/start")",       R"(topic~="^/images/")",
  };
  return kFilters;
}

Metadata in_namespace(const std::string& name) {
  return {{std::string(kNamespaceHeader), name}};
}

}  // namespace

ContainerdClient::ContainerdClient(net::grpc::Client& client)
    : client_(client), digests_(kRememberedImages) {}

ContainerdClient::Answer<std::string> ContainerdClient::version() {
  CallResult<std::string> answer = co_await client_.call(std::string(kVersionMethod), {}, {});
  if (!answer.ok()) co_return base::Error{client_.sentence(kVersionMethod, answer.status())};
  base::Result<std::string> version = decode_version(*answer);
  if (!version.ok()) client_.failed_to_decode();
  co_return std::move(version);
}

asio::awaitable<base::Status> ContainerdClient::is_containerd() {
  CallResult<std::string> answer = co_await client_.call(std::string(kVersionMethod), {}, {});
  if (!answer.ok()) {
    const net::grpc::Status& status = answer.status();
    const bool nobody = status.broken || status.code == Code::kUnimplemented ||
                        status.code == Code::kUnavailable || status.code == Code::kDeadlineExceeded ||
                        status.code == Code::kCancelled;
    if (nobody) co_return base::Error{client_.sentence(kVersionMethod, status)};
    co_return base::Ok{};
  }
  base::Result<std::string> version = decode_version(*answer);
  if (version.ok()) co_return base::Ok{};
  client_.failed_to_decode();
  co_return base::Error{version.error()};
}

ContainerdClient::Answer<std::vector<std::string>> ContainerdClient::namespaces() {
  CallResult<std::string> answer = co_await client_.call(std::string(kListNamespacesMethod), {}, {});
  if (!answer.ok()) co_return base::Error{client_.sentence(kListNamespacesMethod, answer.status())};
  base::Result<std::vector<std::string>> names = decode_namespaces(*answer);
  if (!names.ok()) client_.failed_to_decode();
  co_return std::move(names);
}

ContainerdClient::Answer<std::vector<ContainerMessage>> ContainerdClient::containers(
    std::string container_namespace) {
  const net::grpc::TimePoint deadline = client_.deadline();
  CallResult<std::shared_ptr<net::grpc::Stream>> stream =
      client_.stream(kStreamContainersMethod, {}, in_namespace(container_namespace));
  if (!stream.ok()) co_return base::Error{client_.sentence(kStreamContainersMethod, stream.status())};
  std::vector<ContainerMessage> all;
  while (true) {
    CallResult<std::optional<std::string>> message = co_await (*stream)->next(deadline);
    if (message.code() == Code::kUnimplemented && all.empty()) {
      co_return co_await containers_at_once(std::move(container_namespace));
    }
    if (!message.ok()) {
      client_.failed(message.status());
      co_return base::Error{client_.sentence(kStreamContainersMethod, message.status())};
    }
    if (!message->has_value()) break;
    base::Result<ContainerMessage> container = decode_container(**message);
    if (!container.ok()) {
      client_.failed_to_decode();
      co_return base::Error{container.error()};
    }
    all.push_back(*std::move(container));
  }
  co_return std::move(all);
}

ContainerdClient::Answer<std::vector<ContainerMessage>> ContainerdClient::containers_at_once(
    std::string container_namespace) {
  CallResult<std::string> answer =
      co_await client_.call(std::string(kListContainersMethod), {}, in_namespace(container_namespace));
  if (!answer.ok()) co_return base::Error{client_.sentence(kListContainersMethod, answer.status())};
  base::Result<std::vector<ContainerMessage>> all = decode_containers(*answer);
  if (!all.ok()) client_.failed_to_decode();
  co_return std::move(all);
}

ContainerdClient::Answer<std::optional<ContainerMessage>> ContainerdClient::container(
    std::string container_namespace, std::string id) {
  std::optional<ContainerMessage> found;
  CallResult<std::string> answer = co_await client_.call(std::string(kGetContainerMethod), encode_get(id),
                                                         in_namespace(container_namespace));
  if (!answer.ok()) {
    if (answer.code() == Code::kNotFound) co_return std::move(found);
    co_return base::Error{client_.sentence(kGetContainerMethod, answer.status())};
  }
  base::Result<ContainerMessage> container = decode_container(*answer);
  if (!container.ok()) {
    client_.failed_to_decode();
    co_return base::Error{container.error()};
  }
  if (container->id == id) found = *std::move(container);
  co_return std::move(found);
}

asio::awaitable<std::string> ContainerdClient::image_digest(std::string container_namespace,
                                                            std::string name) {
  const std::string key = container_namespace + '\n' + name;
  std::string digest;
  if (name.empty()) co_return std::move(digest);
  if (const std::string* known = digests_.get(key)) co_return *known;
  CallResult<std::string> answer = co_await client_.call(std::string(kGetImageMethod), encode_get(name),
                                                         in_namespace(container_namespace));
  if (answer.ok()) {
    base::Result<std::string> decoded = decode_image_digest(*answer);
    if (!decoded.ok()) {
      client_.failed_to_decode();
      co_return std::move(digest);
    }
    digest = *std::move(decoded);
  } else if (answer.code() != Code::kNotFound && answer.code() != Code::kDeadlineExceeded) {
    co_return std::move(digest);
  }
  // One that is not answered is not asked for again, lest a list of thousands waits for each.
  digests_.put(key, digest);
  co_return std::move(digest);
}

CallResult<std::shared_ptr<net::grpc::Stream>> ContainerdClient::subscribe() {
  return client_.stream(kSubscribeMethod, encode_subscribe(event_filters()), {});
}

}  // namespace engines::containerd
