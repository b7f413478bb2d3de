// containerd's requests on a connection that the engine owns: every answer decoded, every failure a sentence.
// Owned by the engine; worker's thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/lru.h"
#include "base/result.h"
#include "engines/containerd/containerd_proto.h"
#include "net/grpc/client.h"

namespace engines::containerd {

class ContainerdClient {
 public:
  template <typename T>
  using Answer = boost::asio::awaitable<base::Result<T>>;

  // client: outlives this.
  explicit ContainerdClient(net::grpc::Client& client);

  Answer<std::string> version();
  // The version's service is there: it answered, if only that it will not tell.
  boost::asio::awaitable<base::Status> is_containerd();
  Answer<std::vector<std::string>> namespaces();
  // All containers of a namespace: streamed one by one, since thousands of specs do not fit into one answer.
  Answer<std::vector<ContainerMessage>> containers(std::string container_namespace);
  // nullopt: containerd knows no container of exactly that id in that namespace.
  Answer<std::optional<ContainerMessage>> container(std::string container_namespace, std::string id);
  // The digest of an image's target; empty when the image is gone or cannot be asked for. Remembered.
  boost::asio::awaitable<std::string> image_digest(std::string container_namespace, std::string name);
  // Images were changed: another name may stand for another digest now.
  void forget_images() { digests_.clear(); }

  // The events that matter, see docs/engines.md.
  net::grpc::CallResult<std::shared_ptr<net::grpc::Stream>> subscribe();

 private:
  Answer<std::vector<ContainerMessage>> containers_at_once(std::string container_namespace);

  net::grpc::Client& client_;
  base::Lru<std::string> digests_;  // by namespace, newline, name: one image serves thousands of containers
};

}  // namespace engines::containerd
