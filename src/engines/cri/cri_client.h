// CRI's requests on a connection that an engine owns: the cri engine's own, or containerd's, whose socket
// serves CRI, too. Spec: docs/engines.md, "CRI". Owned by an engine; worker's thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/lru.h"
#include "base/result.h"
#include "engines/cri/cri_mapping.h"
#include "engines/cri/cri_proto.h"
#include "engines/engine.h"
#include "net/grpc/client.h"

namespace engines::cri {

class CriClient {
 public:
  template <typename T>
  using Answer = boost::asio::awaitable<base::Result<T>>;

  // client: outlives this.
  CriClient(net::grpc::Client& client, const Settings& settings);

  // A new connection: what was remembered of the peer may be out of date.
  void forget();
  // The pod changed or is gone.
  void forget_pod(std::string_view id) { pods_.put(id, nullptr); }

  Answer<Version> version();
  // extent: everything, or those that run.
  Answer<std::vector<ContainerMessage>> containers(Extent extent);
  Answer<std::vector<SandboxMessage>> sandboxes(Extent extent);

  // ContainerStatus, as told: pod data is still missing. nullopt: the runtime knows no such container.
  Answer<std::optional<core::Container>> container(std::string id);
  // PodSandboxStatus; remembered once the pod has its address. nullptr: the runtime knows no such pod.
  Answer<std::shared_ptr<const Pod>> pod(std::string id);

  core::ContainerType type() const { return type_; }
  // False once the peer said that it does not serve CRI, until forget().
  bool is_served() const { return served_; }

 private:
  Answer<std::optional<std::string>> ask_for_one(std::string_view method, std::string id);

  net::grpc::Client& client_;
  Settings settings_;
  core::ContainerType type_ = core::ContainerType::kCri;
  bool served_ = true;
  base::Lru<std::shared_ptr<const Pod>> pods_;  // by sandbox id
};

}  // namespace engines::cri
