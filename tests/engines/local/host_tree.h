// A host's root with the files that engines keep, from tests/data/local, for tests.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "config/config.h"
#include "support/links.h"
#include "support/temp_dir.h"
#include "support/test_data.h"

namespace engines::local {

inline const std::string kDockerId = "3a64218bac64419bc2f774993077c1c2240a1636e0a7bcf1942df74ba08395f4";
inline const std::string kPodmanId = "a026e8bfc4d42e8b19e3210744dec1d7ceac831e5b386c67398f2240a6e4caae";
inline const std::string kSandboxId = "1151aea6640c599bb7a25732cf056d6ce8c1ede4e042a0170d9116a741bf0d67";
inline const std::string kPodId = "e2ae4599d4e2309e7286a5fefc3987cf06c4c67ce445d7363e60857eb404e252";

inline const std::string kDockerBundle =
    "/var/run/docker/containerd/daemon/io.containerd.runtime.v2.task/moby/" + kDockerId;
inline const std::string kDockerState = "/var/lib/docker/containers/" + kDockerId;
inline const std::string kPodmanStorage = "/var/lib/containers/storage/overlay-containers";
inline const std::string kPodmanBundle = kPodmanStorage + "/" + kPodmanId + "/userdata";
inline const std::string kTasks = "/run/containerd/io.containerd.runtime.v2.task";

// name: "docker/config.json". Throws when there is none: a test without its data must fail.
inline std::string local_data(const std::string& name) {
  std::ifstream file(support::test_data("local/" + name), std::ios::binary);
  if (!file) throw std::runtime_error("no data " + name);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class HostTree {
 public:
  HostTree() {
    config_.host_root = directory_.path();
    config_.podman_user_sockets = false;
    // As on Debian.
    std::filesystem::create_directories(directory_ / "var");
    std::filesystem::create_directories(directory_ / "run");
    support::make_followed_link("/run", directory_ / "var/run");
  }

  void put(const std::string& path, const std::string& text) {
    const std::filesystem::path file(real(path));
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }
  // Gives a file, or a directory with or without what is in it, to that user.
  void give(const std::string& path, uint32_t uid, bool all = true) {
    const std::filesystem::path top(real(path));
    const auto chown = [uid](const std::filesystem::path& one) {
      if (::lchown(one.c_str(), uid, uid) != 0) throw std::runtime_error("cannot give " + one.string());
    };
    chown(top);
    if (!all || !std::filesystem::is_directory(top)) return;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(top)) chown(entry.path());
  }
  void remove(const std::string& path) { std::filesystem::remove_all(real(path)); }

  void put_docker() {
    put(kDockerBundle + "/config.json", local_data("docker/config.json"));
    put(kDockerState + "/config.v2.json", local_data("docker/config.v2.json"));
    put(kDockerState + "/hostconfig.json", local_data("docker/hostconfig.json"));
  }
  void put_podman() {
    put(kPodmanBundle + "/config.json", local_data("podman/config.json"));
    put(kPodmanStorage + "/containers.json", local_data("podman/containers.json"));
  }
  void put_containerd() {
    put(kTasks + "/default/web/config.json", local_data("containerd/config.json"));
    put(kTasks + "/k8s.io/" + kSandboxId + "/config.json", local_data("cri-sandbox/config.json"));
    put(kTasks + "/k8s.io/" + kPodId + "/config.json", local_data("cri-container/config.json"));
  }

  config::Config& config() { return config_; }

 private:
  // The links of this tree, as the host would follow them.
  std::string real(const std::string& path) const {
    const std::string link = "/var/run/";
    return directory_.path() + (path.starts_with(link) ? "/run/" + path.substr(link.size()) : path);
  }

  support::TempDir directory_;
  config::Config config_;
};

}  // namespace engines::local
