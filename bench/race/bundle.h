// OCI bundles as engines write them: a config.json of realistic size, with or without what containerd's CRI
// plugin tells in annotations. Pure, except for write_bundle().
#pragma once

#include <string>

#include "base/result.h"

namespace bench::race {

struct BundleSpec {
  std::string rootfs;        // absolute
  std::string command;       // for `sh -c`
  std::string cgroups_path;  // "": left to the runtime
  std::string cri_name;      // container's name in the annotations; "": no annotations
  std::string cri_image;
  bool with_seccomp = false;  // some 8 KiB more, of names that no kernel knows: not for real runtimes
};
std::string config_of(const BundleSpec& spec);

// Makes the directory and its config.json.
base::Status write_bundle(const std::string& directory, const BundleSpec& spec);

// An id of 64 hexadecimal digits, different for each number and run.
std::string hex_id(unsigned number, int64_t run);
// A pod's cgroup as the kubelet makes it, with the container in it.
std::string pod_cgroup(const std::string& id);

}  // namespace bench::race
