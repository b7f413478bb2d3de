// The host's files in two places: what is mounted below HOST_ROOT, and the root of the host's first process.
// The links of a real /proc are those of worker's pod_test.
#include "base/host_root.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <array>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/local_files.h"
#include "support/temp_dir.h"

namespace base {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

class HostRootTest : public testing::TestWithParam<Patience> {
 protected:
  HostRootTest() {
    fs::create_directories(root_ + "/proc/1");
    fs::create_symlink(hosts_.path(), root_ + "/proc/1/root");
    fs::create_symlink("/proc/self/mountinfo", root_ + "/proc/1/mountinfo");
  }
  static void put(const std::string& path, const std::string& text) {
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream(path) << text;
  }
  std::string read(const std::string& directory) {
    LocalFiles files(root_);
    const Reading<std::string> text = files.read(directory, "config.json", 100, GetParam());
    return text ? *text : "nothing: " + text.error().message;
  }

  support::TempDir mounted_;
  support::TempDir hosts_;
  std::string root_ = mounted_.path();
};

INSTANTIATE_TEST_SUITE_P(Patience, HostRootTest, testing::Values(Patience::kCachedOnly, Patience::kMayWait),
                         [](const auto& each) {
                           return std::string(each.param == Patience::kCachedOnly ? "Hurried" : "Patient");
                         });

TEST_P(HostRootTest, WhatIsMountedComesFirst) {
  put(root_ + "/etc/config.json", "mounted");
  put(hosts_ / "etc/config.json", "hosts");
  put(hosts_ / "run/bundle/config.json", "hosts");
  EXPECT_EQ(read("/etc"), "mounted");
  EXPECT_EQ(read("/run/bundle"), "hosts");
  // In a hurry nobody knows: it may be there and not at hand.
  if (GetParam() == Patience::kMayWait) {
    EXPECT_EQ(read("/run/none"), "nothing: ");
  }
}

TEST_P(HostRootTest, ADirectoryShowsWhatEitherHas) {
  put(root_ + "/run/engine/socket", "x");
  put(hosts_ / "run/engine/socket", "x");
  put(hosts_ / "run/engine/tasks", "x");
  LocalFiles files(root_);
  const auto names = files.list_directory("/run/engine", 10, Patience::kMayWait);
  ASSERT_TRUE(names);
  EXPECT_THAT(*names, UnorderedElementsAre("socket", "tasks"));
  EXPECT_EQ(files.list_directory("/run/engine", 1, Patience::kMayWait)->size(), 1U);
  EXPECT_TRUE(files.list_directory("/run", 10, Patience::kMayWait));
  EXPECT_FALSE(files.list_directory("/var", 10, Patience::kMayWait));
}

TEST_P(HostRootTest, AFileThatIsRefusedIsNotLookedForElsewhere) {
  fs::create_directories(root_ + "/srv");
  fs::create_symlink("/etc/passwd", root_ + "/srv/config.json");
  put(hosts_ / "srv/config.json", "hosts");
  EXPECT_THAT(read("/srv"), HasSubstr("symbolic link"));
}

TEST_P(HostRootTest, TheFirstProcessMayAppearLater) {
  fs::remove(root_ + "/proc/1/root");
  put(hosts_ / "run/bundle/config.json", "hosts");
  LocalFiles files(root_);
  EXPECT_FALSE(files.read("/run/bundle", "config.json", 100, GetParam()));
  fs::create_symlink(hosts_.path(), root_ + "/proc/1/root");
  EXPECT_TRUE(files.read("/run/bundle", "config.json", 100, Patience::kMayWait));
}

TEST_P(HostRootTest, WithoutAHostRootThereIsOneRoot) {
  HostRoot host("");
  EXPECT_NE(host.mounted(), nullptr);
  EXPECT_EQ(host.first_process(), nullptr);
  EXPECT_EQ(host.obstacle(), "");
  HostRoot pod(root_);
  EXPECT_NE(pod.first_process(), nullptr);
  EXPECT_EQ(pod.obstacle(), "");
  HostRoot nowhere("/nonexistent");
  EXPECT_EQ(nowhere.mounted(), nullptr);
  EXPECT_EQ(nowhere.obstacle(), "");
}

// A seccomp profile that is older than the call.
void forbid_statx() {
  std::array<sock_filter, 4> program{
      sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_statx, 0, 1),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  sock_fprog filter{program.size(), program.data()};
  ASSERT_EQ(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
  ASSERT_EQ(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), 0);
}

TEST_P(HostRootTest, WithoutStatxFilesAreReadAllTheSame) {
  put(root_ + "/etc/config.json", "mounted");
  std::thread([&] {
    forbid_statx();
    EXPECT_EQ(read("/etc"), "mounted");
  }).join();
}

}  // namespace
}  // namespace base
