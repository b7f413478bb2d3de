// Bundles and engines' state on disk, in a tree like a host's: recordings of Docker 20.10, Podman 4.3,
// containerd 1.6 and CRI-O 1.35.
#include "engines/local/local_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>

#include "core/limits.h"
#include "engines/docker/docker_mapping.h"
#include "engines/podman/podman_mapping.h"
#include "host_tree.h"
#include "support/recorded.h"

namespace engines::local {
namespace {

using base::Patience;
using base::Unread;
using core::ContainerType;
using core::Source;
using testing::ElementsAre;
using testing::HasSubstr;

class LocalStateTest : public testing::Test {
 protected:
  Finding bundle(const std::string& id, const std::string& directory, const std::string& name_hint = "") {
    return State(host_.config()).bundle(id, directory, Patience::kMayWait, name_hint);
  }
  Finding by_id(const std::string& id, ContainerType hint = ContainerType::kUnknown,
                const std::string& ns = "", core::Owner owner = {}) {
    return State(host_.config()).by_id(hint, id, ns, owner, Patience::kMayWait);
  }
  HostTree host_;
};

TEST_F(LocalStateTest, DockersBundleIsCompletedToTheApisRecord) {
  host_.put_docker();
  const Finding found = bundle(kDockerId, kDockerBundle);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_TRUE(found->complete);
  EXPECT_EQ(found->cgroups_path, "/docker/" + kDockerId);
  EXPECT_FALSE(found->own_pid_namespace);  // --pid host
  EXPECT_THAT(found->process_args, ElementsAre("sleep", "1000"));
  base::Result<Inspected> api = docker::map_inspect(local_data("docker/inspect.json"), {});
  ASSERT_TRUE(api.ok());
  EXPECT_EQ(found->container.source, Source::kDisk);
  api->container.source = Source::kDisk;
  // Docker's API tells the parent only where somebody has chosen one.
  EXPECT_EQ(found->container.cgroup_path, "/docker/" + kDockerId);
  api->container.cgroup_path = found->container.cgroup_path;
  // Nor what its daemon decides: capabilities, whether there is a seccomp profile.
  EXPECT_EQ(api->container.posture->capabilities, std::nullopt);
  EXPECT_NE(found->container.posture->capabilities, std::nullopt);
  EXPECT_EQ(found->container.posture->runtime, "runc");
  api->container.posture.fill(found->container.posture);
  EXPECT_EQ(found->container, api->container);
}

TEST_F(LocalStateTest, DockersBundleAlone) {
  host_.put_docker();
  host_.remove(kDockerState);
  const Finding found = bundle(kDockerId, kDockerBundle);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->container.source, Source::kBundle);
  EXPECT_EQ(found->container.type, ContainerType::kDocker);
  EXPECT_EQ(found->container.name, "");
  EXPECT_EQ(found->container.memory_limit, 104857600);
  EXPECT_EQ(found->container.user, "1000");
  EXPECT_EQ(found->container.host_pid, core::YesNo::kYes);
  // The volumes, not /proc and what Docker itself puts there.
  ASSERT_EQ(found->container.mounts.size(), 2U);
  EXPECT_EQ(bundle(kDockerId, kDockerBundle, "told")->container.name, "told");
}

TEST_F(LocalStateTest, NumbersComeFromTheBundleWhereDockersAreMissing) {
  host_.put_docker();
  host_.remove(kDockerState + "/hostconfig.json");
  const Finding found = bundle(kDockerId, kDockerBundle);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->container.name, "shop-web");
  EXPECT_EQ(found->container.memory_limit, 104857600);
  EXPECT_EQ(found->container.cpu_quota, 50000);
  EXPECT_EQ(found->container.host_pid, core::YesNo::kYes);
}

TEST_F(LocalStateTest, PodmansBundleIsCompletedFromItsStorage) {
  host_.put_podman();
  const Finding found = bundle(kPodmanId, kPodmanBundle, "a name that is told");
  ASSERT_TRUE(found) << found.error().message;
  const core::Container& container = found->container;
  const base::Result<Inspected> api = podman::map_inspect(local_data("podman/inspect.json"), {});
  ASSERT_TRUE(api.ok());
  EXPECT_EQ(container.source, Source::kDisk);
  EXPECT_EQ(container.type, ContainerType::kPodman);
  EXPECT_EQ(container.name, api->container.name);
  EXPECT_EQ(container.image, api->container.image);
  EXPECT_EQ(container.image_id, api->container.image_id);
  EXPECT_EQ(container.image_repository, api->container.image_repository);
  EXPECT_EQ(container.image_tag, api->container.image_tag);
  EXPECT_EQ(container.user, api->container.user);
  EXPECT_EQ(container.privileged, api->container.privileged);
  EXPECT_EQ(container.privileged, core::YesNo::kYes);
  EXPECT_EQ(container.memory_limit, api->container.memory_limit);
  EXPECT_EQ(container.cpu_quota, api->container.cpu_quota);
  EXPECT_EQ(container.mounts, api->container.mounts);
  EXPECT_EQ(found->cgroups_path, "/libpod_parent/libpod-" + kPodmanId);
  EXPECT_TRUE(found->own_pid_namespace);
}

TEST_F(LocalStateTest, PodmanSaysItselfWhetherAContainerIsPrivileged) {
  const std::string spec =
      R"({"ociVersion": "1.0.2", "linux": {"cgroupsPath": "/x"}, "annotations": {"io.container.manager": "libpod")";
  host_.put("/srv/b/config.json", spec + "}}");
  EXPECT_EQ(bundle("some-id", "/srv/b")->container.privileged, core::YesNo::kYes);  // nothing confines it
  host_.put("/srv/b/config.json", spec + R"(, "io.podman.annotations.privileged": "FALSE"}})");
  EXPECT_EQ(bundle("some-id", "/srv/b")->container.privileged, core::YesNo::kNo);
}

TEST_F(LocalStateTest, DockersListOfVolumesCountsAlsoWhenItIsEmpty) {
  host_.put_docker();
  const std::string config = local_data("docker/config.v2.json");
  const size_t begin = config.find("\"MountPoints\":");
  ASSERT_NE(begin, std::string::npos);
  host_.put(kDockerState + "/config.v2.json", std::string(config).replace(begin, 13, "\"Other\""));
  const Finding found = bundle(kDockerId, kDockerBundle);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->container.name, "shop-web");
  EXPECT_TRUE(found->container.mounts.empty());
}

TEST_F(LocalStateTest, PodmansBundleAloneTakesTheNameThatIsTold) {
  host_.put_podman();
  host_.remove(kPodmanStorage + "/containers.json");
  const Finding found = bundle(kPodmanId, kPodmanBundle, "told");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->container.name, "told");
  EXPECT_EQ(found->container.source, Source::kBundle);
  EXPECT_TRUE(found->complete);
  // The other list of a storage, that of containers which do not outlive the machine's run.
  host_.put(kPodmanStorage + "/volatile-containers.json", local_data("podman/containers.json"));
  EXPECT_EQ(bundle(kPodmanId, kPodmanBundle, "told")->container.name, "shop-web");
}

TEST_F(LocalStateTest, ContainerdsBundles) {
  host_.put_containerd();
  const Finding plain = bundle("web", kTasks + "/default/web");
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_EQ(plain->container.type, ContainerType::kContainerd);
  EXPECT_EQ(plain->container.engine_namespace, "default");
  EXPECT_EQ(plain->container.name, "web");
  EXPECT_EQ(plain->cgroups_path, "/default/web");
  EXPECT_EQ(plain->container.mounts.size(), 7U);  // as its API tells them

  const Finding sandbox = bundle(kSandboxId, kTasks + "/k8s.io/" + kSandboxId);
  ASSERT_TRUE(sandbox) << sandbox.error().message;
  EXPECT_TRUE(sandbox->container.is_pod_sandbox);
  EXPECT_EQ(sandbox->container.name, "shop-pod");

  const Finding pod = bundle(kPodId, kTasks + "/k8s.io/" + kPodId);
  ASSERT_TRUE(pod) << pod.error().message;
  EXPECT_EQ(pod->container.name, "shop");
  EXPECT_EQ(pod->container.image, "example.test/team/enginetest:1.0");
  EXPECT_EQ(pod->container.image_repository, "example.test/team/enginetest");
  EXPECT_EQ(pod->container.pod_sandbox_id, kSandboxId);
  EXPECT_EQ(pod->container.pod_name, "shop-pod");
  EXPECT_EQ(pod->container.pod_namespace, "default");
  EXPECT_TRUE(pod->own_pid_namespace);
}

TEST_F(LocalStateTest, CrioKeepsItsBundlesInAStorageToo) {
  const boost::json::value answer = boost::json::parse(support::recorded("crio-1.35.6/crictl-inspect.json"));
  const boost::json::value& spec = answer.at("info").at("runtimeSpec");
  const std::string id(spec.at("annotations").at("io.kubernetes.cri-o.ContainerID").as_string());
  const std::string place = "/run/containers/storage/overlay-containers/";
  host_.put(place + id + "/userdata/config.json", boost::json::serialize(spec));
  const Finding found = by_id(id, ContainerType::kCrio);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->container.type, ContainerType::kCrio);
  EXPECT_EQ(found->container.source, Source::kDisk);
  EXPECT_NE(found->container.name, "");
  EXPECT_NE(found->container.image, "");
  EXPECT_NE(found->container.pod_name, "");
  // Under another container's name.
  const std::string other(64, 'e');
  host_.put(place + other + "/userdata/config.json", boost::json::serialize(spec));
  const Finding forged = bundle(other, place + other + "/userdata");
  ASSERT_FALSE(forged);
  EXPECT_THAT(forged.error().message, HasSubstr("of the container '" + id + "'"));
}

TEST_F(LocalStateTest, ABundleThatNoEngineMade) {
  host_.put("/srv/bundle/config.json", local_data("containerd/config.json"));
  const Finding found = bundle("by-hand", "/srv/bundle");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->container.type, ContainerType::kUnknown);
  EXPECT_EQ(found->container.full_id, "by-hand");
  EXPECT_EQ(found->container.name, "");
}

TEST_F(LocalStateTest, WhatIsSwitchedOffIsNotThere) {
  host_.put_docker();
  host_.put_podman();
  host_.put_containerd();
  host_.config().docker.enabled = host_.config().podman.enabled = false;
  for (const Finding& found : {bundle(kDockerId, kDockerBundle), bundle(kPodmanId, kPodmanBundle),
                               by_id(kDockerId), by_id(kPodmanId)}) {
    ASSERT_FALSE(found);
    EXPECT_EQ(found.kind(), Unread::kMissing);
    EXPECT_EQ(found.error().message, "");
  }
  // Kubernetes' containers of containerd belong to two engines.
  host_.config().containerd.enabled = false;
  EXPECT_FALSE(bundle("web", kTasks + "/default/web"));
  EXPECT_TRUE(bundle(kPodId, kTasks + "/k8s.io/" + kPodId));
  host_.config().cri.enabled = false;
  EXPECT_FALSE(bundle(kPodId, kTasks + "/k8s.io/" + kPodId));
}

TEST_F(LocalStateTest, FindsById) {
  host_.put_docker();
  host_.put_podman();
  host_.put_containerd();
  for (const std::string& id : {kDockerId, kPodmanId, kPodId}) {
    for (const ContainerType hint :
         {ContainerType::kUnknown, ContainerType::kDocker, ContainerType::kPodman}) {
      const Finding found = by_id(id, hint);
      ASSERT_TRUE(found) << id << found.error().message;
      EXPECT_EQ(found->container.full_id, id);
      EXPECT_EQ(found->container.source, Source::kDisk);
      EXPECT_THAT(found->container.name, HasSubstr("shop"));
    }
  }
  EXPECT_TRUE(by_id("web", ContainerType::kContainerd, "default"));
  EXPECT_FALSE(by_id("web", ContainerType::kContainerd, "other"));
  EXPECT_FALSE(by_id(kDockerId, ContainerType::kUnknown, "default"));
  const Finding none = by_id(std::string(64, 'a'));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.kind(), Unread::kMissing);
}

TEST_F(LocalStateTest, FindsContainersThatHaveNoBundle) {
  host_.put_docker();
  host_.put_podman();
  host_.remove(kDockerBundle);
  host_.remove("/run/docker");
  host_.remove(kPodmanBundle);
  const Finding docker = by_id(kDockerId);
  ASSERT_TRUE(docker) << docker.error().message;
  EXPECT_EQ(docker->container.name, "shop-web");
  EXPECT_EQ(docker->container.memory_limit, 104857600);
  const Finding podman = by_id(kPodmanId);
  ASSERT_TRUE(podman) << podman.error().message;
  EXPECT_EQ(podman->container.image, "example.test/team/enginetest:1.0");
}

TEST_F(LocalStateTest, FindsWhatUsersRunForThemAlone) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give files away";
  const std::string storage = "/home/u/.local/share/containers/storage/overlay-containers";
  host_.put(storage + "/containers.json", local_data("podman/containers.json"));
  host_.put(storage + "/" + kPodmanId + "/userdata/config.json", local_data("podman/config.json"));
  host_.put("/etc/passwd",
            "root:x:0:0:root:/root:/bin/bash\nbroken\nx:x:1001:1:::\nu:x:1000:1000:U,,:/home/u:/bin/sh\n"
            "v:x:1002:1002::/home/u:/bin/sh\n");
  host_.give("/home/u", 1000);
  const core::Owner user = core::Owner::user(1000);
  const auto of_user = [&](core::Owner owner) { return by_id(kPodmanId, {}, "", owner); };
  EXPECT_FALSE(of_user(user)) << "users' files are not looked at";
  host_.config().podman_user_sockets = true;
  const Finding found = of_user(user);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->container.name, "shop-web");
  EXPECT_EQ(found->container.owner, user);
  EXPECT_FALSE(of_user(core::Owner::machine())) << "a user's files name a container of root's";
  EXPECT_FALSE(of_user(core::Owner::user(1002))) << "or another user's";
  EXPECT_FALSE(of_user(core::Owner::nobody()));
  // And root's name none of a user's.
  host_.put_podman();
  EXPECT_TRUE(of_user(core::Owner::machine()));
  host_.give(kPodmanStorage, 1000);
  EXPECT_FALSE(of_user(core::Owner::machine())) << "who owns the files may have written them";
}

TEST_F(LocalStateTest, ABundlesOwnerIsWhoCanHaveWrittenIt) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give files away";
  host_.put("/srv/b/config.json", local_data("containerd/config.json"));
  EXPECT_EQ(bundle("web", "/srv/b")->container.owner, core::Owner::machine());
  host_.give("/srv/b/config.json", 1000);
  EXPECT_EQ(bundle("web", "/srv/b")->container.owner, core::Owner::user(1000));
  host_.give("/srv", 1001, false);
  EXPECT_EQ(bundle("web", "/srv/b")->container.owner, core::Owner::nobody());
}

TEST_F(LocalStateTest, WhatOthersCanHaveWrittenCompletesNothing) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give files away";
  host_.put_docker();
  host_.give(kDockerState, 1000);
  const Finding found = bundle(kDockerId, kDockerBundle);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->container.owner, core::Owner::machine());
  EXPECT_EQ(found->container.name, "");
}

TEST_F(LocalStateTest, TheConfigurationDecidesHowMuchIsKept) {
  host_.put_docker();
  EXPECT_TRUE(bundle(kDockerId, kDockerBundle)->container.env.empty());
  host_.config().with_env = true;
  EXPECT_THAT(bundle(kDockerId, kDockerBundle)->container.env, testing::Contains("A=b"));
  EXPECT_THAT(bundle(kDockerId, kDockerBundle)->container.labels,
              testing::Contains(testing::Key("maintainer")));
  host_.config().label_max_len = 3;
  EXPECT_THAT(bundle(kDockerId, kDockerBundle)->container.labels, ElementsAre(testing::Pair("app", "x")));
  host_.config().local_max_bytes = 4096;
  const Finding found = bundle(kDockerId, kDockerBundle);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.kind(), Unread::kRefused);
  EXPECT_THAT(found.error().message, HasSubstr("more than the 4096"));
}

// In memory, as /run is on hosts.
TEST(LocalStateInMemory, IsReadWithoutWaiting) {
  if (!std::filesystem::is_directory("/dev/shm")) GTEST_SKIP() << "no /dev/shm here";
  ::setenv("TMPDIR", "/dev/shm", 1);
  HostTree host;
  ::unsetenv("TMPDIR");
  host.put_docker();
  host.put_podman();
  State state(host.config());
  const Finding docker = state.bundle(kDockerId, kDockerBundle, Patience::kCachedOnly);
  ASSERT_TRUE(docker) << docker.error().message;
  EXPECT_TRUE(docker->complete);
  EXPECT_EQ(docker->container.name, "shop-web");
  // Without Docker's own words for them the runtime's numbers: no fewer, and here no others. Only Docker's
  // file tells the runtime itself.
  const Finding patient = state.bundle(kDockerId, kDockerBundle, Patience::kMayWait);
  ASSERT_TRUE(patient);
  core::Container hurried = docker->container;
  EXPECT_EQ(hurried.posture->runtime, "");
  EXPECT_NE(hurried.posture->seccomp, "");
  hurried.posture.fill(patient->container.posture);
  EXPECT_EQ(hurried, patient->container);
  // Longer than what the hurried read.
  host.put(kPodmanStorage + "/containers.json", "[" + std::string(core::limits::kCachedListBytes, ' ') +
                                                    local_data("podman/containers.json").substr(1));
  const Finding podman = state.bundle(kPodmanId, kPodmanBundle, Patience::kCachedOnly);
  ASSERT_TRUE(podman) << podman.error().message;
  EXPECT_FALSE(podman->complete);
  EXPECT_EQ(podman->container.name, "");
  EXPECT_EQ(state.bundle(kPodmanId, kPodmanBundle, Patience::kMayWait)->container.name, "shop-web");
  host.put(kPodmanBundle + "/config.json",
           local_data("podman/config.json") + std::string(core::limits::kCachedBundleBytes, ' '));
  EXPECT_EQ(state.bundle(kPodmanId, kPodmanBundle, Patience::kCachedOnly).kind(), Unread::kWouldWait);
  EXPECT_TRUE(state.bundle(kPodmanId, kPodmanBundle, Patience::kMayWait));
}

}  // namespace
}  // namespace engines::local
