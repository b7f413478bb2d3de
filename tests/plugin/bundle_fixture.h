// What the tests of announced containers share: bundles in a directory of their own, and the events that a
// runtime and its container's first process make.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "api/events.h"
#include "plugin_host.h"

namespace test {

namespace fs = std::filesystem;

inline constexpr const char* kHostCgroup = "/user.slice/session-1.scope";
inline constexpr int64_t kShell = 500;
inline constexpr int64_t kRuntime = 600;
inline constexpr int64_t kInit = 601;

// What containerd's CRI writes, as far as it matters here.
inline std::string cri_spec(const std::string& name, const std::string& image,
                            const std::string& extra = "") {
  return R"({"ociVersion":"1.0.2","process":{"args":["/bin/sh","-c","true"],"user":{"uid":0,"gid":0}},)"
         R"("root":{"path":"rootfs"},"annotations":{"io.kubernetes.cri.container-type":"container",)"
         R"("io.kubernetes.cri.container-name":")" +
         name + R"(","io.kubernetes.cri.image-name":")" + image +
         R"(","io.kubernetes.cri.sandbox-name":"web-0","io.kubernetes.cri.sandbox-namespace":"prod",)"
         R"("io.kubernetes.cri.sandbox-uid":"uid-1"},"linux":{"namespaces":[{"type":"pid"},{"type":"mount"}])" +
         extra + "}}";
}

// runc's own default: no engine, no names.
inline std::string plain_spec(bool own_pid_namespace = true) {
  return std::string(
             R"({"ociVersion":"1.0.2","process":{"args":["/bin/sh","-c","true"]},"root":{"path":"rootfs"},)"
             R"("linux":{"namespaces":[{"type":"mount"})") +
         (own_pid_namespace ? R"(,{"type":"pid"})" : "") + "]}}";
}

class BundleTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root, whose bundles these are";
    ASSERT_TRUE(host_.ok()) << host_.error();
    std::string pattern = (fs::temp_directory_path() / "bundle_test_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
    auto shell = test::thread(kShell, kHostCgroup);
    shell.uid = 0;
    shell.cwd = dir_.string();
    host_.put(shell);
    host_.open(true);
  }
  void TearDown() override {
    host_.session().close();
    fs::remove_all(dir_);
  }

  fs::path write_bundle(const fs::path& relative, const std::string& spec) {
    const fs::path bundle = dir_ / relative;
    fs::create_directories(bundle);
    std::ofstream(bundle / "config.json") << spec;
    return bundle;
  }
  fs::path cri_bundle(const std::string& id, const std::string& name = "web",
                      const std::string& image = "registry.example/team/web:1.2") {
    return write_bundle("io.containerd.runtime.v2.task/k8s.io/" + id, cri_spec(name, image));
  }

  // `runc create` is executed by a child of the shell.
  host::ThreadData runtime(const std::vector<std::string>& args, int64_t pid = kRuntime) {
    auto data = test::thread(pid, kHostCgroup, kShell);
    data.uid = 0;
    data.exe = data.comm = "runc";
    data.cwd = dir_.string();
    data.args = args;
    return data;
  }
  bool execute(const host::ThreadData& data) {
    host_.put(data);
    return host_.feed(host::make_exec_exit(api::kEventExecve19Exit, data, host_.now()));
  }
  bool create(const std::string& id, const fs::path& bundle, int64_t pid = kRuntime) {
    return execute(runtime({"--root", "/run/runc", "create", "--bundle", bundle.string(), id}, pid));
  }
  // The first event of a process; the field's answer to it.
  std::string first(const host::ThreadData& data, std::string_view field) {
    return host_.ask(host::make_clone_exit(api::kEventCloneExit, data, host_.now()), field);
  }
  static host::ThreadData init_of(const std::string& cgroup, int64_t parent = kRuntime, int64_t pid = kInit) {
    auto data = test::thread(pid, cgroup, parent);
    data.vpid = data.vtid = 1;
    data.exe = data.comm = "runc";
    data.args = {"init"};
    return data;
  }
  static host::ThreadData program_of(host::ThreadData data) {
    data.exe = "/bin/sh";
    data.comm = "sh";
    data.args = {"-c", "true"};
    return data;
  }

  PluginHost host_;
  fs::path dir_;
};

}  // namespace test
