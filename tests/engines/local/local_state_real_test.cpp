// What real engines keep on disk of a container, compared with what their API tells of it. Skipped, with the
// reason, where an engine cannot be installed or started.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "core/merge.h"
#include "engines/local/local_state.h"
#include "support/eventually.h"
#include "support/journal.h"
#include "support/real_engine.h"
#include "worker/worker.h"

namespace engines::local {
namespace {

namespace fs = std::filesystem;
using base::Patience;
using support::eventually;
using support::RealEngine;

class LocalState : public testing::TestWithParam<const char*> {
 protected:
  static void TearDownTestSuite() { engine_.reset(); }
  void SetUp() override {
    if (engine_ == nullptr || engine_->name() != GetParam()) {
      base::Result<std::unique_ptr<RealEngine>> started = RealEngine::start(GetParam());
      if (!started.ok()) GTEST_SKIP() << "no " << GetParam() << " here: " << started.error();
      engine_ = *std::move(started);
    }
    for (config::SocketEngine* engine :
         {&config_.docker, &config_.podman, &config_.containerd, &config_.cri}) {
      engine->sockets.clear();
    }
    config_.podman_user_sockets = false;
    config_.with_env = true;
    config_.local_sources = false;
  }

  // The record that the API gives.
  std::shared_ptr<const core::Container> from_api(const std::string& id) {
    config::SocketEngine& configured = GetParam() == std::string("docker")   ? config_.docker
                                       : GetParam() == std::string("podman") ? config_.podman
                                                                             : config_.containerd;
    configured.sockets = {engine_->socket()};
    support::Journal journal;
    const auto worker = worker::Worker::start(config_, journal, base::Logger());
    EXPECT_TRUE(worker->wait_until_listed(std::chrono::seconds(20)));
    EXPECT_TRUE(eventually([&] { return journal.newest(id) != nullptr; }));
    return journal.newest(id);
  }

  // The directory of the container's bundle below the engine's private one.
  std::string find_bundle(const std::string& id) const {
    for (auto entry = fs::recursive_directory_iterator(engine_->directory(),
                                                       fs::directory_options::skip_permission_denied);
         entry != fs::recursive_directory_iterator(); ++entry) {
      const std::string path = entry->path().string();
      if (entry->path().filename() == "rootfs" || entry->path().filename() == "merged") {
        entry.disable_recursion_pending();
      }
      const bool task = path.ends_with("/" + id + "/config.json") && path.find(".task/") != std::string::npos;
      if (task || path.ends_with("-containers/" + id + "/userdata/config.json")) {
        return entry->path().parent_path();
      }
    }
    return {};
  }

  // The kernel's word on the first process: the lines of /proc/<pid>/status by their names.
  static std::map<std::string, std::string> status_of(const std::string& container) {
    std::map<std::string, std::string> lines;
    const base::Result<std::string> pid = engine_->script({"pid", container});
    if (!pid) return lines;
    std::ifstream file("/proc/" + *pid + "/status");
    for (std::string name, value; std::getline(file, name, ':') && std::getline(file, value);) {
      lines[name] = value.substr(std::min(value.find_first_not_of('\t'), value.size()));
    }
    return lines;
  }

  static void expect_kernels(const core::Posture& posture, const std::string& container) {
    std::map<std::string, std::string> status = status_of(container);
    ASSERT_FALSE(status.empty());
    const auto effective = std::stoull(status["CapEff"], nullptr, 16);
    // The runtime leaves out what this kernel or whoever started it does not have.
    EXPECT_EQ(posture.capabilities.value() & std::stoull(status["CapBnd"], nullptr, 16), effective);
    EXPECT_EQ(posture.no_new_privs == core::YesNo::kYes, status["NoNewPrivs"] == "1");
    EXPECT_EQ(posture.seccomp != core::kUnconfined, status["Seccomp"] == "2") << posture.seccomp;
  }

  void compare(const std::vector<std::string>& args, const std::string& name) {
    const base::Result<std::string> ran = engine_->run(name, args);
    ASSERT_TRUE(ran.ok()) << ran.error();
    const std::string id = ran->substr(ran->rfind('\n') + 1);
    const std::string directory = find_bundle(id);
    ASSERT_NE(directory, "") << "no bundle of " << id;
    State state(config_);
    const Finding found = state.bundle(id, directory, Patience::kMayWait);
    ASSERT_TRUE(found) << found.error().message;
    const core::Container& disk = found->container;
    const auto api = from_api(id);
    ASSERT_NE(api, nullptr);
    EXPECT_TRUE(found->complete);
    EXPECT_NE(found->cgroups_path.find(id), std::string::npos);
    EXPECT_EQ(disk.full_id, id);
    EXPECT_EQ(disk.type, api->type);
    EXPECT_EQ(disk.name, api->name);
    EXPECT_EQ(disk.engine_namespace, api->engine_namespace);
    EXPECT_EQ(disk.privileged, api->privileged);
    EXPECT_EQ(disk.host_pid, api->host_pid);
    EXPECT_EQ(core::yes_no(!found->own_pid_namespace), api->host_pid);
    EXPECT_EQ(disk.host_network, api->host_network);
    EXPECT_EQ(disk.memory_limit, api->memory_limit);
    EXPECT_EQ(disk.cpu_shares, api->cpu_shares);
    expect_kernels(*disk.posture, name);
    EXPECT_EQ(*core::merge(disk, *api).posture, *core::merge(*api, disk).posture);
    EXPECT_EQ(core::merge(disk, *api).posture->capabilities, disk.posture->capabilities);
    EXPECT_THAT(disk.mounts, testing::UnorderedElementsAreArray(api->mounts));
    // containerd's specification does not name the image.
    if (api->type != core::ContainerType::kContainerd) {
      EXPECT_EQ(disk.image, api->image);
      EXPECT_EQ(disk.image_id, api->image_id);
      EXPECT_EQ(disk.image_repository, api->image_repository);
      EXPECT_EQ(disk.image_tag, api->image_tag);
    }
    if (api->type == core::ContainerType::kDocker) {
      EXPECT_EQ(disk.labels, api->labels);
      EXPECT_EQ(disk.env, api->env);
      EXPECT_EQ(disk.ip, api->ip);
      EXPECT_EQ(disk.created_time, api->created_time);
    }
  }

  static std::unique_ptr<RealEngine> engine_;
  config::Config config_;
};

std::unique_ptr<RealEngine> LocalState::engine_;

INSTANTIATE_TEST_SUITE_P(Real, LocalState, testing::Values("docker", "podman", "containerd"),
                         [](const auto& test) { return std::string(test.param); });

TEST_P(LocalState, TellsWhatTheApiTells) {
  compare({"--", "sleep", "1000"}, "plain");
}

TEST_P(LocalState, TellsTheOptionsOfARun) {
  const std::string directory = engine_->directory();
  if (GetParam() == std::string("containerd")) {
    compare({"--privileged", "--mount", "type=bind,src=" + directory + ",dst=/host,options=rbind:ro", "--",
             "sleep", "1000"},
            "options");
  } else {
    compare({"--privileged", "--pid", "host", "-v", directory + ":/host:ro", "-v", "vol:/data", "-m", "64m",
             "--label", "app=x", "-e", "A=b", "--", "sleep", "1000"},
            "options");
  }
}

}  // namespace
}  // namespace engines::local
