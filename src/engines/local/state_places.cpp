// See state_places.h.
#include "engines/local/state_places.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "engines/inspect_json.h"

namespace engines::local {

namespace {

constexpr size_t kMaxNames = 256;          // entries of a directory, namespaces or storage drivers
constexpr size_t kMaxHomes = 16;           // of one user
constexpr size_t kMaxPasswd = 1UL << 20U;  // bytes
// Docker's own containerd has no socket that is configured here.
constexpr std::array<std::string_view, 2> kDockerTasks{"/run/docker/containerd/daemon",
                                                       "/run/docker/containerd"};
constexpr std::string_view kTask = "io.containerd.runtime.v2.task";
constexpr std::array<std::string_view, 2> kStorages{"/var/lib/containers/storage", "/run/containers/storage"};
constexpr std::string_view kUserStorage = ".local/share/containers/storage";
constexpr std::string_view kUserDocker = ".local/share/docker/containers";
constexpr std::string_view kStorageEnd = "-containers";

}  // namespace

std::vector<std::string> StatePlaces::bundles(core::ContainerType hint, std::string_view full_id,
                                              std::string_view ns) {
  std::vector<std::string> tasks = task_bundles(full_id, ns);
  std::vector<std::string> stored;
  if (ns.empty()) {
    for (const std::string& storage : container_storages()) {
      stored.push_back(fmt::format("{}/{}/userdata", storage, full_id));
    }
  }
  const bool storage_first = hint == core::ContainerType::kPodman || hint == core::ContainerType::kCrio;
  if (storage_first) std::swap(tasks, stored);
  tasks.insert(tasks.end(), stored.begin(), stored.end());
  return tasks;
}

// containerd's state is beside its socket.
std::vector<std::string> StatePlaces::task_bundles(std::string_view full_id, std::string_view ns) {
  if (!owner_.is_machine()) return {};
  std::vector<std::string> states;
  for (const std::string& socket : config_.containerd.sockets) {
    states.push_back(socket.substr(0, socket.rfind('/')));
  }
  states.insert(states.end(), kDockerTasks.begin(), kDockerTasks.end());
  std::vector<std::string> result;
  for (const std::string& state : states) {
    const std::string tasks = fmt::format("{}/{}", state, kTask);
    std::vector<std::string> namespaces{std::string(ns)};
    if (ns.empty()) {
      base::Reading<std::vector<std::string>> listed = files_.list_directory(tasks, kMaxNames, patience_);
      if (!listed) continue;
      namespaces = *std::move(listed);
    }
    for (const std::string& name : namespaces)
      result.push_back(fmt::format("{}/{}/{}", tasks, name, full_id));
  }
  return result;
}

std::vector<std::string> StatePlaces::docker_containers() {
  if (owner_.is_machine()) return {"/var/lib/docker/containers"};
  std::vector<std::string> result;
  for (const std::string& home : homes()) result.push_back(fmt::format("{}/{}", home, kUserDocker));
  return result;
}

std::vector<std::string> StatePlaces::container_storages() {
  std::vector<std::string> storages;
  if (owner_.is_machine()) storages.assign(kStorages.begin(), kStorages.end());
  for (const std::string& home : homes()) storages.push_back(fmt::format("{}/{}", home, kUserStorage));
  std::vector<std::string> result;
  for (const std::string& storage : storages) {
    const base::Reading<std::vector<std::string>> names =
        files_.list_directory(storage, kMaxNames, patience_);
    if (!names) continue;
    for (const std::string& name : *names) {
      if (name.ends_with(kStorageEnd)) result.push_back(fmt::format("{}/{}", storage, name));
    }
  }
  return result;
}

// The user's in /etc/passwd; only for the patient.
std::vector<std::string> StatePlaces::homes() {
  std::vector<std::string> result;
  if (!owner_.is_user() || patience_ == base::Patience::kCachedOnly || !config_.podman_user_sockets) {
    return result;
  }
  const base::Reading<std::string> passwd = files_.read("/etc", "passwd", kMaxPasswd, patience_);
  if (!passwd) return result;
  std::string_view rest = *passwd;
  while (!rest.empty() && result.size() < kMaxHomes) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    // name:password:uid:gid:comment:home:shell
    std::array<std::string_view, 6> fields;
    for (std::string_view& field : fields) {
      field = line.substr(0, line.find(':'));
      line.remove_prefix(std::min(field.size() + 1, line.size()));
    }
    uint32_t uid = 0;
    const std::string_view number = fields[2];
    const std::string_view home = fields[5];
    std::from_chars(number.data(), number.data() + number.size(), uid);
    if (uid != owner_.uid() || home.size() < 2 || !home.starts_with('/')) continue;
    if (std::find(result.begin(), result.end(), home) == result.end()) result.emplace_back(home);
  }
  return result;
}

}  // namespace engines::local
