// See bundle.h. Source: what containerd 1.6 writes for a pod's container (annotations: its
// pkg/cri/annotations).
#include "bench/race/bundle.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

namespace bench::race {
namespace {

constexpr const char* kMounts =
    R"([{"destination":"/proc","type":"proc","source":"proc"},)"
    R"({"destination":"/dev","type":"tmpfs","source":"tmpfs","options":["nosuid","mode=755","size=65536k"]},)"
    R"({"destination":"/tmp","type":"tmpfs","source":"tmpfs","options":["nosuid","nodev"]}])";

constexpr const char* kNamespaces = R"([{"type":"pid"},{"type":"ipc"},{"type":"uts"},{"type":"mount"}])";

std::string annotations(const BundleSpec& spec) {
  if (spec.cri_name.empty()) return "{}";
  return fmt::format(
      R"({{"io.kubernetes.cri.container-type":"container","io.kubernetes.cri.container-name":"{}",)"
      R"("io.kubernetes.cri.image-name":"{}","io.kubernetes.cri.sandbox-id":"{}",)"
      R"("io.kubernetes.cri.sandbox-name":"race","io.kubernetes.cri.sandbox-namespace":"default",)"
      R"("io.kubernetes.cri.sandbox-uid":"6f1d2c3b-0000-4000-8000-000000000001"}})",
      spec.cri_name, spec.cri_image, std::string(64, '5'));
}

std::string seccomp() {
  constexpr int kNames = 400;
  std::string names;
  for (int i = 0; i < kNames; ++i) names += fmt::format(R"({}"some_system_call_{}")", i == 0 ? "" : ",", i);
  return R"(,"seccomp":{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":[)" + names +
         R"(],"action":"SCMP_ACT_ALLOW"}]})";
}

}  // namespace

std::string config_of(const BundleSpec& spec) {
  const std::string cgroups =
      spec.cgroups_path.empty() ? "" : fmt::format(R"("cgroupsPath":"{}",)", spec.cgroups_path);
  return fmt::format(
      R"({{"ociVersion":"1.0.2","process":{{"user":{{"uid":0,"gid":0}},"args":["sh","-c","{}"],)"
      R"("env":["PATH=/bin"],"cwd":"/","noNewPrivileges":true}},"root":{{"path":"{}","readonly":true}},)"
      R"("mounts":{},"annotations":{},"linux":{{{}"namespaces":{}{}}}}})",
      spec.command, spec.rootfs, kMounts, annotations(spec), cgroups, kNamespaces,
      spec.with_seccomp ? seccomp() : "");
}

base::Status write_bundle(const std::string& directory, const BundleSpec& spec) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  std::ofstream file(directory + "/config.json", std::ios::binary);
  file << config_of(spec);
  file.close();
  if (!file) return base::Error{"cannot write " + directory + "/config.json"};
  return base::Ok{};
}

std::string hex_id(unsigned number, int64_t run) {
  return fmt::format("{:08x}{:048d}{:08x}", number, 0, static_cast<uint32_t>(run));
}

std::string pod_cgroup(const std::string& id) {
  return "/kubepods/besteffort/pod6f1d2c3b-0000-4000-8000-000000000001/" + id;
}

}  // namespace bench::race
