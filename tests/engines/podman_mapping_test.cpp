// Podman's answers, version by version, become the records that they describe.
#include "engines/podman/podman_mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/recorded.h"

namespace engines::podman {
namespace {

using support::recorded;
using testing::ElementsAre;

struct Version {
  const char* folder;
  const char* id;
  const char* image_id;
  const char* digest;
  const char* ip;
  std::vector<core::Mount> mounts;
  int64_t created;
  int64_t size;
  const char* in_pod_id;
  const char* in_pod_ip;
};

const Version kVersions[] = {
    {"podman-4.3.1",
     "ccff5e74cd71d67d102bfc319ceab3e7f6de8a7a48c03228bab5ded898af48aa",
     "7fa7d96deeb1592fc027dbcc62484d2800c93038577764864b9a5416c4729d36",
     "sha256:faecc4fd78f34fe3e9fce84728bf8dd293b86ad3db60a83b0803053045f73509",
     "10.88.0.16",
     {{"/srv/engines/p1/m2", "/data2", "", true, "rprivate"},
      {"/srv/engines/p1/m1", "/data", "", false, "rprivate"}},
     1795332601,
     12,
     "c253257fedb67f82c2bd7da83fbe8e03533586b22a1dbef9bdb359e39c6f761d",
     "10.88.0.18"},
    {"podman-5.8.6",
     "ba0be3b66d4a1dd35860164764a73cc5ee6231269f6f1e6ec4182e451bc6a614",
     "4d81be1e2f89d1f0c4bd85385ecde30f8e2bb62ed954ea41475f92e2c16dea20",
     "sha256:016ea6fe4e3d6e6786cb3b386e3c78c352b82c3753dc32d45bfbe163bdbcba08",
     "10.88.0.2",
     {{"/srv/p1/m1", "/data", "", false, "rprivate"}, {"/srv/p1/m2", "/data2", "", true, "rprivate"}},
     1795333244,
     11198,
     "08e621995d3d475d5b995c46e83acfae61e6773e92a4aa93aaa2c20b23194fe9",
     "10.88.0.4"},
};

core::Container inspected(const std::string& name, const Settings& settings = {}) {
  base::Result<Inspected> result = map_inspect(recorded(name), settings);
  EXPECT_TRUE(result.ok()) << result.error();
  return result ? result->container : core::Container();
}

// Podman tells a user's effective capabilities with null; newer versions give fewer.
core::Posture posture_of_rec1(const Version& version) {
  core::Posture posture;
  posture.capabilities = 0;
  for (const char* name : {"CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETFCAP",
                           "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"}) {
    *posture.capabilities |= core::Capabilities{1} << core::capability_number(name).value();
  }
  if (std::string_view(version.folder) == "podman-4.3.1") {
    for (const char* name : {"AUDIT_WRITE", "MKNOD", "NET_RAW"}) {
      *posture.capabilities |= core::Capabilities{1} << core::capability_number(name).value();
    }
  }
  posture.readonly_rootfs = core::YesNo::kNo;
  posture.cmd = "sh -c 'while sleep 1; do :; done'";
  posture.runtime = "crun";
  posture.devices.emplace();
  return posture;
}

core::Container rec1(const Version& version) {
  core::Container expected;
  expected.type = core::ContainerType::kPodman;
  expected.full_id = version.id;
  expected.name = "rec1";
  expected.image = "example.test/team/enginetest:1.0";
  expected.image_id = version.image_id;
  expected.image_repository = "example.test/team/enginetest";
  expected.image_tag = "1.0";
  expected.image_digest = version.digest;
  expected.user = "1000:1000";
  expected.ip = version.ip;
  expected.privileged = expected.host_pid = expected.host_network = expected.host_ipc = core::YesNo::kNo;
  expected.cpu_period = 100000;
  expected.cpu_quota = 50000;
  expected.cpu_shares = 512;
  expected.cpuset_cpu_count = 2;
  expected.memory_limit = 268435456;
  expected.swap_limit = 536870912;
  expected.created_time = version.created;
  expected.labels = {{"app", "web"},
                     {"maintainer", "engine tests"},
                     {"org.example.image", "enginetest"},
                     {"org.example.tier", "front"}};
  expected.port_mappings = {{0, 18080, 80}};
  expected.mounts = version.mounts;
  expected.cgroup_path = "/libpod_parent/libpod-" + expected.full_id;
  expected.healthcheck = core::Probe{"/bin/sh", {"-c", "test -e /etc/passwd"}};
  expected.posture.set(posture_of_rec1(version));
  return expected;
}

class PodmanVersions : public testing::TestWithParam<Version> {};
INSTANTIATE_TEST_SUITE_P(Recorded, PodmanVersions, testing::ValuesIn(kVersions),
                         [](const auto& chosen) { return chosen.index == 0 ? "v4" : "v5"; });

TEST_P(PodmanVersions, InspectGivesEveryMember) {
  const std::string folder = GetParam().folder;
  EXPECT_EQ(inspected(folder + "/libpod-container-inspect.json"), rec1(GetParam()));
}

TEST_P(PodmanVersions, OptionsAddSizeAndEnvironment) {
  const std::string folder = GetParam().folder;
  Settings settings;
  settings.with_size = true;
  settings.with_env = true;
  const core::Container container = inspected(folder + "/libpod-container-inspect-size.json", settings);
  EXPECT_EQ(container.size, GetParam().size);
  EXPECT_THAT(container.env, testing::Contains("SPACED=a b"));
}

TEST_P(PodmanVersions, InspectInAPod) {
  const std::string folder = GetParam().folder;
  base::Result<Inspected> result =
      map_inspect(recorded(folder + "/libpod-container-inspect-in-pod.json"), {});
  ASSERT_TRUE(result.ok()) << result.error();
  EXPECT_EQ(result->container.full_id, GetParam().in_pod_id);
  EXPECT_EQ(result->container.name, "inpod");
  // Podman itself fills in the address of the pod's infra container: nobody else is to be asked.
  EXPECT_EQ(result->container.ip, GetParam().in_pod_ip);
  EXPECT_EQ(result->network_of, "");
  EXPECT_NE(result->network_owner, "") << "its network's changes are this one's";
  EXPECT_EQ(result->container.host_ipc, core::YesNo::kNo);
  EXPECT_FALSE(result->container.is_pod_sandbox);
}

TEST_P(PodmanVersions, InspectOfAPrivilegedContainer) {
  const std::string folder = GetParam().folder;
  const core::Container container = inspected(folder + "/libpod-container-inspect-privileged-hostpid.json");
  EXPECT_EQ(container.name, "rec3");
  EXPECT_EQ(container.privileged, core::YesNo::kYes);
  EXPECT_EQ(container.host_pid, core::YesNo::kYes);
  EXPECT_EQ(container.host_network, core::YesNo::kNo);
  EXPECT_EQ(container.ip, "");
  EXPECT_EQ(container.cpu_shares, 1024);
  EXPECT_FALSE(container.healthcheck.has_value());
}

// What Podman tells is where the first process is now.
TEST_P(PodmanVersions, TheCgroupIsTheContainersOwn) {
  const std::string answer = recorded(std::string(GetParam().folder) + "/libpod-container-inspect.json");
  const std::string path = "/libpod_parent/libpod-" + std::string(GetParam().id);
  for (const auto& [told, expected] :
       {std::pair<std::string, std::string>(path + "/container/init.scope", path),
        {"/machine.slice/libpod-" + std::string(GetParam().id) + ".scope/container",
         "/machine.slice/libpod-" + std::string(GetParam().id) + ".scope"},
        {"/system.slice/ssh.service", ""},
        {"", ""}}) {
    std::string changed = answer;
    changed.replace(changed.find("\"" + path + "\""), path.size() + 2, "\"" + told + "\"");
    const base::Result<Inspected> result = map_inspect(changed, {});
    ASSERT_TRUE(result.ok()) << result.error();
    EXPECT_EQ(result->container.cgroup_path, expected);
  }
}

TEST_P(PodmanVersions, InspectOfAnExitedContainer) {
  const std::string folder = GetParam().folder;
  base::Result<Inspected> result =
      map_inspect(recorded(folder + "/libpod-container-inspect-exited.json"), {});
  ASSERT_TRUE(result.ok());
  EXPECT_FALSE(result->running);
  EXPECT_EQ(result->container.name, "rec2");
}

TEST_P(PodmanVersions, TheListTellsMuchOfIt) {
  const std::string folder = GetParam().folder;
  base::Result<std::vector<Sighting>> list =
      map_list(recorded(folder + "/libpod-containers-json-all-with-pod.json"), {});
  ASSERT_TRUE(list.ok()) << list.error();
  ASSERT_EQ(list->size(), 5U);
  EXPECT_TRUE((*list)[0].running);
  EXPECT_EQ((*list)[0].container.full_id, GetParam().id);
  EXPECT_EQ((*list)[0].container.name, "rec-renamed");
  EXPECT_EQ((*list)[0].container.image_repository, "example.test/team/enginetest");
  EXPECT_EQ((*list)[0].container.image_id, GetParam().image_id);
  EXPECT_EQ((*list)[0].container.created_time, GetParam().created);
  EXPECT_EQ((*list)[0].container.labels.at("app"), "web");
  EXPECT_THAT((*list)[0].container.port_mappings, ElementsAre(core::PortMapping{0, 18080, 80}));
  EXPECT_FALSE((*list)[1].running);
}

TEST_P(PodmanVersions, AnErrorIsNoContainer) {
  const std::string folder = GetParam().folder;
  EXPECT_FALSE(map_inspect(recorded(folder + "/libpod-container-inspect-404.json"), {}).ok());
}

TEST(PodmanMapping, HostIpcAsTheCommandLineAskedForIt) {
  const auto host_ipc = [](const std::string& command) {
    base::Result<Inspected> result = map_inspect(
        R"({"Id":"a","ImageName":"busybox","HostConfig":{"IpcMode":"shareable"},"Config":{"CreateCommand":)" +
            command + "}}",
        {});
    return result && result->container.host_ipc == core::YesNo::kYes;
  };
  EXPECT_TRUE(host_ipc(R"(["podman","run","--ipc","host","busybox"])"));
  EXPECT_TRUE(host_ipc(R"(["podman","run","--ipc=host","busybox"])"));
  EXPECT_FALSE(host_ipc(R"(["podman","run","--network","host","busybox"])"));
  EXPECT_FALSE(host_ipc(R"(["podman","run","busybox","tool","--ipc","host"])"));
  EXPECT_FALSE(host_ipc("[7,null]"));
  EXPECT_FALSE(host_ipc("null"));
}

TEST(PodmanMapping, RangesOfPortsInAList) {
  base::Result<std::vector<Sighting>> list = map_list(
      R"([{"Id":"a","Ports":[{"host_ip":"10.0.0.1","container_port":80,"host_port":8080,"range":3,"protocol":"tcp"},
          {"host_ip":"::1","container_port":1,"host_port":1,"range":1,"protocol":"tcp"},
          {"container_port":65534,"host_port":65535,"range":9000000000000000000,"protocol":"tcp"}]}])",
      {});
  ASSERT_TRUE(list.ok());
  EXPECT_THAT((*list)[0].container.port_mappings,
              ElementsAre(core::PortMapping{0x0a000001, 8080, 80}, core::PortMapping{0x0a000001, 8081, 81},
                          core::PortMapping{0x0a000001, 8082, 82}, core::PortMapping{0, 65535, 65534}));
}

}  // namespace
}  // namespace engines::podman
