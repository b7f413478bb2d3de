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

// Made for one question and thrown away; both references outlive it. owner: whose container the question is
// about: the machine's engines keep their state in the system's directories, a user's in his home.
class StatePlaces {
 public:
  StatePlaces(const config::Config& config, base::LocalFiles& files, core::Owner owner,
              base::Patience patience)
      : config_(config), files_(files), owner_(owner), patience_(patience) {}

  // Where a bundle of that container may be, the places of the engine hinted at first. ns: containerd's
  // namespace, "" for each that there is. At most some hundred; few of them exist.
  std::vector<std::string> bundles(core::ContainerType hint, std::string_view full_id, std::string_view ns);
  // Docker's ".../containers".
  std::vector<std::string> docker_containers();
  // "<storage>/overlay-containers" and its like.
  std::vector<std::string> container_storages();

 private:
  std::vector<std::string> task_bundles(std::string_view full_id, std::string_view ns);
  std::vector<std::string> homes();

  const config::Config& config_;
  base::LocalFiles& files_;
  core::Owner owner_;
  base::Patience patience_;
};

}  // namespace engines::local
