// The directories below which engines keep the state of their containers. Reads directories and /etc/passwd,
// through LocalFiles; the thread of its State.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/local_files.h"
#include "config/config.h"
#include "core/container.h"

namespace engines::local {

// The namespace of containerd that Kubernetes' containers are in.
inline constexpr std::string_view kKubernetesNamespace = "k8s.io";

// Made for one question and thrown away; both arguments outlive it.
class StatePlaces {
 public:
  StatePlaces(const config::Config& config, base::LocalFiles& files, base::Patience patience)
      : config_(config), files_(files), patience_(patience) {}

  // Where a bundle of that container may be, the places of the engine hinted at first. ns: containerd's
  // namespace, "" for each that there is. At most some hundred; few of them exist.
  std::vector<std::string> bundles(core::ContainerType hint, std::string_view full_id, std::string_view ns);
  // Docker's ".../containers".
  std::vector<std::string> docker_containers();
  // "<storage>/overlay-containers" and its like, of root and of users.
  std::vector<std::string> container_storages();

 private:
  std::vector<std::string> task_bundles(std::string_view full_id, std::string_view ns);
  std::vector<std::string> homes();

  const config::Config& config_;
  base::LocalFiles& files_;
  base::Patience patience_;
};

}  // namespace engines::local
