// What can be known about a container without asking an engine: the OCI bundle that its runtime was given,
// and what engines keep on disk. Spec: docs/engines.md, "Bundles and state on disk". One instance per thread
// (Falco's and the worker's); it reads files, below HOST_ROOT, and keeps no records.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/local_files.h"
#include "config/config.h"
#include "core/container.h"
#include "core/limits.h"

namespace engines::local {

struct Found {
  // full_id, source (kBundle, or kDisk when the engine's own state completed it) and owner are set; the owner
  // is who can have written all that was read (base/hands.h). type: kUnknown
  // when neither the place of the bundle nor its annotations tell the engine (runc by hand).
  core::Container container;
  std::string cgroups_path;               // linux.cgroupsPath as written; "" when there is none
  bool own_pid_namespace = true;          // linux.namespaces has a "pid" without a path
  std::vector<std::string> process_args;  // process.args
  // False when the engine's own state could not be read this time (kCachedOnly; or it is being written): the
  // same again by the worker (Worker::read_bundle) may tell more, the name and the image before all.
  bool complete = true;
  size_t left_out = 0;  // values of the record beyond its limits (core/fit.h)
};

// kMissing also for what the configuration switches off.
using Finding = base::Reading<Found>;

class State {
 public:
  // Reads no more of a file than local_max_bytes, and without patience no more than
  // limits::kCachedBundleBytes, of a storage's list limits::kCachedListBytes: what is longer is kWouldWait.
  // Uses host_root, local_max_bytes, label_max_len, with_env, and which engines are enabled.
  explicit State(const config::Config& config);
  ~State();
  State(State&&) noexcept;
  State& operator=(State&&) noexcept;

  // What the bundle in `directory` (absolute, as the host sees it) tells of the container `full_id`,
  // completed by what its engine wrote elsewhere: Docker's config.v2.json, the containers.json of Podman's
  // storage. When only that second part cannot be had, or others can have written it, the first is answered.
  // Refused when anything in it names another container. name_hint: the container's name where the caller
  // knows it (conmon's arguments), taken when no file tells.
  Finding bundle(std::string_view full_id, std::string_view directory, base::Patience patience,
                 std::string_view name_hint = {});

  // What engines have on disk about `full_id`. hint: the engine that the cgroup suggests, whose places are
  // looked at first; kUnknown: none. containerd_namespace: "" for every one. owner: whose container it is;
  // only files that nobody else can have written tell of it, and a user's are in his home.
  Finding by_id(core::ContainerType hint, std::string_view full_id, std::string_view containerd_namespace,
                core::Owner owner, base::Patience patience);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace engines::local
