// Docker's answers, version by version, become the records that they describe.
#include "engines/docker/docker_mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/recorded.h"

namespace engines::docker {
namespace {

using support::recorded;
using testing::ElementsAre;

struct Version {
  const char* folder;
  const char* id;
  const char* image_id;
  const char* ip;
  const char* mounts;  // the folder that holds m1 and m2
  int64_t created;
};

constexpr Version kVersions[] = {
    {"docker-20.10.24", "bd6b59a3a8433f5df344631f7b0c2f486697d7d0237e75393bee677125117405",
     "7fa7d96deeb1592fc027dbcc62484d2800c93038577764864b9a5416c4729d36", "172.17.0.3", "/srv/engines/d1",
     1795332313},
    {"docker-28.5.2", "3cfb5ca95fbf820f4f76e90c7b9451ee7ca17e9f4179dc68917e628b092e12ba",
     "4d81be1e2f89d1f0c4bd85385ecde30f8e2bb62ed954ea41475f92e2c16dea20", "172.17.0.2", "/srv/d1", 1795333128},
};

core::Container inspected(const std::string& name, const Settings& settings = {}) {
  base::Result<Inspected> result = map_inspect(recorded(name), settings);
  EXPECT_TRUE(result.ok()) << result.error();
  return result ? result->container : core::Container();
}

// Everything that the recorded container rec1 was started with.
core::Container rec1(const Version& version) {
  core::Container expected;
  expected.type = core::ContainerType::kDocker;
  expected.full_id = version.id;
  expected.name = "rec1";
  expected.image = "example.test/team/enginetest:1.0";
  expected.image_id = version.image_id;
  expected.image_repository = "example.test/team/enginetest";
  expected.image_tag = "1.0";
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
  const std::string mounts = version.mounts;
  expected.mounts = {{mounts + "/m1", "/data", "ro", false, "rprivate"},
                     {mounts + "/m2", "/data2", "rw", true, "rprivate"}};
  expected.healthcheck = core::Probe{"/bin/sh", {"-c", "test -e /etc/passwd"}};
  core::Posture posture;
  posture.readonly_rootfs = core::YesNo::kNo;
  posture.host_cgroup = core::YesNo::kYes;
  posture.cmd = "sh -c 'while sleep 1; do :; done'";
  posture.runtime = "runc";
  posture.devices.emplace();
  expected.posture.set(posture);
  return expected;
}

class DockerVersions : public testing::TestWithParam<Version> {};
INSTANTIATE_TEST_SUITE_P(Recorded, DockerVersions, testing::ValuesIn(kVersions));

TEST_P(DockerVersions, InspectGivesEveryMember) {
  const std::string folder = GetParam().folder;
  EXPECT_EQ(inspected(folder + "/container-inspect.json"), rec1(GetParam()));
}

TEST_P(DockerVersions, OptionsAddSizeAndEnvironment) {
  const std::string folder = GetParam().folder;
  Settings settings;
  settings.with_size = true;
  settings.with_env = true;
  core::Container expected = rec1(GetParam());
  expected.size = 0;
  expected.env = {"FOO=bar", "SPACED=a b", "PATH=/bin:/sbin", "IMAGE_ENV=from-image"};
  EXPECT_EQ(inspected(folder + "/container-inspect-size.json", settings), expected);
  // The answer without ?size=true holds none.
  EXPECT_EQ(inspected(folder + "/container-inspect.json", settings).size, -1);
}

TEST_P(DockerVersions, InspectOfAPrivilegedContainer) {
  const std::string folder = GetParam().folder;
  const core::Container container = inspected(folder + "/container-inspect-privileged-hostpid.json");
  EXPECT_EQ(container.privileged, core::YesNo::kYes);
  EXPECT_EQ(container.host_pid, core::YesNo::kYes);
  EXPECT_EQ(container.host_network, core::YesNo::kNo);
  EXPECT_EQ(container.host_ipc, core::YesNo::kNo);
  EXPECT_EQ(container.ip, "");
  EXPECT_EQ(container.cpu_shares, 1024);
  EXPECT_EQ(container.cpu_period, 100000);
  EXPECT_EQ(container.cpuset_cpu_count, 0);
  EXPECT_FALSE(container.healthcheck.has_value());
  EXPECT_TRUE(container.port_mappings.empty());
}

core::Posture posture_of(std::string_view members) {
  const std::string answer = R"({"Id":"abc",)" + std::string(members) + "}";
  const base::Result<Inspected> result = map_inspect(answer, Settings{});
  EXPECT_TRUE(result.ok()) << result.error();
  return result ? *result->container.posture : core::Posture();
}

TEST(DockerPosture, IsWhatInspectTellsExactly) {
  core::Posture expected;
  expected.seccomp = "unconfined";
  expected.apparmor = "docker-default";
  expected.selinux = "a:b:c:s0";
  expected.no_new_privs = expected.readonly_rootfs = expected.host_uts = core::YesNo::kYes;
  expected.host_cgroup = expected.user_ns = core::YesNo::kNo;
  expected.cmd = "sleep 1";
  expected.runtime = "runsc";
  expected.devices = {"/dev/x"};
  EXPECT_EQ(posture_of(R"("Path":"sleep","Args":["1"],"AppArmorProfile":"docker-default",
      "ProcessLabel":"a:b:c:s0","HostConfig":{"SecurityOpt":["seccomp=unconfined","no-new-privileges","label=x"],
      "ReadonlyRootfs":true,"UTSMode":"host","CgroupnsMode":"private","UsernsMode":"host","Runtime":"runsc",
      "CapAdd":["SYS_ADMIN"],"Devices":[{"PathOnHost":"/dev/y","PathInContainer":"/dev/x"},7]})"),
            expected);
  EXPECT_EQ(
      posture_of(R"("HostConfig":{"SecurityOpt":["seccomp={\"a\":1}","no-new-privileges:false"]})").seccomp,
      "default");
  EXPECT_EQ(posture_of(R"("HostConfig":{"SecurityOpt":["no-new-privileges:false"]})").no_new_privs,
            core::YesNo::kNo);
}

TEST(DockerPosture, WhatTheDaemonDecidesIsNotKnown) {
  const core::Posture posture = posture_of(R"("HostConfig":{"SecurityOpt":null,"UTSMode":"","UsernsMode":"",
      "CapAdd":["SYS_ADMIN"],"CapDrop":["ALL"],"Privileged":true,"Devices":[]})");
  EXPECT_EQ(posture, core::Posture()) << "a privileged container's devices are not listed";
  EXPECT_EQ(posture_of(R"("HostConfig":{"SecurityOpt":"x","Devices":"x","ReadonlyRootfs":1},"Args":["a"])"),
            core::Posture());
}

// A path, or a slice with systemd, to which Docker adds the container as it asks its runtime for it.
TEST_P(DockerVersions, AParentTellsTheCgroup) {
  const std::string folder = GetParam().folder;
  const std::string answer = recorded(folder + "/container-inspect.json");
  constexpr std::string_view kNone = R"("CgroupParent":"")";
  const std::string id = inspected(folder + "/container-inspect.json").full_id;
  for (const auto& [parent, path] : {std::pair<std::string, std::string>("", ""),
                                     {"/a/b", "/a/b/" + id},
                                     {"a", "a/" + id},
                                     {"team-a.slice", "team-a.slice:docker:" + id},
                                     {"/x/team-a.slice", "/x/team-a.slice/" + id}}) {
    std::string changed = answer;
    changed.replace(changed.find(kNone), kNone.size(), R"("CgroupParent":")" + parent + '"');
    const base::Result<Inspected> result = map_inspect(changed, {});
    ASSERT_TRUE(result.ok()) << result.error();
    EXPECT_EQ(result->container.cgroup_path, path);
  }
}

TEST_P(DockerVersions, InspectOfAnExitedContainer) {
  const std::string folder = GetParam().folder;
  base::Result<Inspected> result = map_inspect(recorded(folder + "/container-inspect-exited.json"), {});
  ASSERT_TRUE(result.ok());
  EXPECT_FALSE(result->running);
  EXPECT_EQ(result->container.name, "rec2");
  EXPECT_EQ(result->container.ip, "");
}

TEST_P(DockerVersions, TheListTellsMuchOfIt) {
  const std::string folder = GetParam().folder;
  base::Result<std::vector<Sighting>> list = map_list(recorded(folder + "/containers-json.json"), {});
  ASSERT_TRUE(list.ok()) << list.error();
  ASSERT_FALSE(list->empty());
  const Sighting& first = list->front();
  EXPECT_TRUE(first.running);
  EXPECT_FALSE(first.complete);
  core::Container expected = rec1(GetParam());
  // What a list leaves out.
  const core::Container defaults;
  expected.user = defaults.user;
  expected.privileged = defaults.privileged;
  expected.host_pid = defaults.host_pid;
  expected.host_ipc = defaults.host_ipc;
  expected.cpu_period = defaults.cpu_period;
  expected.cpu_quota = defaults.cpu_quota;
  expected.cpu_shares = defaults.cpu_shares;
  expected.cpuset_cpu_count = defaults.cpuset_cpu_count;
  expected.memory_limit = defaults.memory_limit;
  expected.swap_limit = defaults.swap_limit;
  expected.healthcheck = defaults.healthcheck;
  expected.posture = defaults.posture;
  EXPECT_EQ(first.container, expected);
}

TEST_P(DockerVersions, AnErrorIsNoContainer) {
  const std::string folder = GetParam().folder;
  EXPECT_FALSE(map_inspect(recorded(folder + "/container-inspect-404.json"), {}).ok());
  EXPECT_FALSE(map_list(recorded(folder + "/container-inspect-404.json"), {}).ok());
}

TEST_P(DockerVersions, ImageWithoutDigests) {
  const std::string folder = GetParam().folder;
  base::Result<Image> image = map_image(recorded(folder + "/image-inspect.json"));
  ASSERT_TRUE(image.ok()) << image.error();
  EXPECT_THAT(image->repo_tags, ElementsAre("example.test/team/enginetest:1.0"));
  EXPECT_TRUE(image->repo_digests.empty());
}

TEST(DockerMapping, SystemdCgroups) {
  const core::Container container = inspected("docker-26.1-systemd/container-inspect.json");
  EXPECT_EQ(container.full_id, "8f3b1ab518c1e6ff3f2f7a438f3cc6d9be17dfd121028cc95ec855215de6c2e2");
  EXPECT_EQ(container.name, "d1");
  EXPECT_EQ(container.cpu_period, 100000);  // 0 in the answer
  EXPECT_EQ(container.cpu_quota, 50000);
  EXPECT_EQ(container.cpuset_cpu_count, 1);
  EXPECT_EQ(container.memory_limit, 104857600);
  EXPECT_THAT(container.port_mappings, ElementsAre(core::PortMapping{0, 8080, 80}));
}

core::Container mapped(const std::string& members, const Settings& settings = {}) {
  base::Result<Inspected> result = map_inspect(R"({"Id":"abc123",)" + members + "}", settings);
  EXPECT_TRUE(result.ok()) << result.error();
  return result ? result->container : core::Container();
}

TEST(DockerMapping, AddressOfTheFirstNetworkByName) {
  EXPECT_EQ(mapped(R"("NetworkSettings":{"IPAddress":"","Networks":{"z":{"IPAddress":"10.0.0.3"},
                       "a":{"IPAddress":""},"b":{"IPAddress":"10.0.0.2"}}})")
                .ip,
            "10.0.0.2");
  // Docker 29 has no IPAddress of its own any more.
  EXPECT_EQ(mapped(R"("NetworkSettings":{"Networks":{"bridge":{"IPAddress":"172.17.0.9"}}})").ip,
            "172.17.0.9");
  EXPECT_EQ(mapped(R"("NetworkSettings":{"Networks":null})").ip, "");
}

TEST(DockerMapping, ASharedNetworkNamesItsOwner) {
  base::Result<Inspected> result =
      map_inspect(R"({"Id":"a","HostConfig":{"NetworkMode":"container:b"}})", {});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->network_of, "b");
  Inspected owner;
  owner.container.full_id = "b";
  owner.container.ip = "10.1.1.1";
  borrow(*result, owner);
  EXPECT_EQ(result->container.ip, "10.1.1.1");
  EXPECT_FALSE(result->container.pod_sandbox_labels.has_value());
}

TEST(DockerMapping, HostNamespaces) {
  const core::Container container =
      mapped(R"("HostConfig":{"PidMode":"host","NetworkMode":"host","IpcMode":"host"})");
  EXPECT_EQ(container.host_pid, core::YesNo::kYes);
  EXPECT_EQ(container.host_network, core::YesNo::kYes);
  EXPECT_EQ(container.host_ipc, core::YesNo::kYes);
}

TEST(DockerMapping, LargeNumbers) {
  const core::Container container =
      mapped(R"("HostConfig":{"Memory":5368709120,"MemorySwap":-1,"NanoCpus":1500000000})");
  EXPECT_EQ(container.memory_limit, 5368709120);
  EXPECT_EQ(container.swap_limit, -1);
  EXPECT_EQ(container.cpu_quota, 150000);
}

TEST(DockerMapping, Healthchecks) {
  const auto health = [](const std::string& test, const std::string& shell = "null") {
    return mapped(R"("Config":{"Healthcheck":{"Test":)" + test + R"(},"Shell":)" + shell + "}").healthcheck;
  };
  EXPECT_EQ(health(R"(["NONE"])"), (core::Probe{"NONE", {}}));
  EXPECT_EQ(health(R"(["CMD","curl","-f","x"])"), (core::Probe{"curl", {"-f", "x"}}));
  EXPECT_EQ(health(R"(["CMD-SHELL","a b"])"), (core::Probe{"/bin/sh", {"-c", "a b"}}));
  EXPECT_EQ(health(R"(["CMD-SHELL","a b"])", R"(["/bin/bash","-c"])"),
            (core::Probe{"/bin/bash", {"-c", "a b"}}));
  EXPECT_EQ(health(R"(["CMD-SHELL","a b","first","second"])"),
            (core::Probe{"/bin/sh", {"-c", "a b", "first", "second"}}));
  EXPECT_EQ(health("[]"), std::nullopt);
  EXPECT_EQ(health("null"), std::nullopt);
}

TEST(DockerMapping, LongLabelsGoTheIdentityStays) {
  Settings settings;
  settings.label_max_len = 5;
  const std::string uid = "7a5c6a52-1fbd-4c8a-9f0e-3f5a4a1f1c11";
  const core::Container container = mapped(R"("Name":"/k8s_POD_p_ns_u_0","Config":{"Labels":{"short":"12345",
      "long":"123456","number":7,"io.kubernetes.pod.name":"a-pod","io.kubernetes.pod.namespace":"space-of-mine",
      "io.kubernetes.pod.uid":")" + uid + R"(","io.kubernetes.sandbox.id":"f00dcafe0000"}})",
                                           settings);
  EXPECT_TRUE(container.is_pod_sandbox);
  EXPECT_EQ(container.pod_name, "a-pod");
  EXPECT_EQ(container.pod_namespace, "space-of-mine");
  EXPECT_EQ(container.pod_uid, uid);
  EXPECT_EQ(container.pod_sandbox_id, "f00dcafe0000");
  EXPECT_TRUE(container.labels.contains("short"));
  EXPECT_FALSE(container.labels.contains("long"));
  EXPECT_FALSE(container.labels.contains("number"));
}

TEST(DockerMapping, APodsSandboxGivesLabelsAndProbes) {
  base::Result<Inspected> container = map_inspect(
      R"({"Id":"c1","HostConfig":{"NetworkMode":"container:5a1d"},"Config":{"Labels":{
          "io.kubernetes.container.name":"web","io.kubernetes.sandbox.id":"5a1d"}}})",
      {});
  base::Result<Inspected> sandbox = map_inspect(
      R"({"Id":"5a1d","Name":"/k8s_POD_x","NetworkSettings":{"IPAddress":"10.2.0.7"},"Config":{"Labels":{"app":"x",
          "annotation.kubectl.kubernetes.io/last-applied-configuration":"{\"spec\":{\"containers\":[{\"name\":\"web\",\"livenessProbe\":{\"exec\":{\"command\":[\"cat\",\"/x\"]}}}]}}"}}})",
      {});
  ASSERT_TRUE(container.ok() && sandbox.ok());
  borrow(*container, *sandbox);
  EXPECT_EQ(container->container.ip, "10.2.0.7");
  ASSERT_TRUE(container->container.pod_sandbox_labels.has_value());
  EXPECT_EQ(container->container.pod_sandbox_labels->at("app"), "x");
  EXPECT_EQ(container->container.liveness_probe, (core::Probe{"cat", {"/x"}}));
  EXPECT_FALSE(container->container.readiness_probe.has_value());
}

TEST(DockerMapping, PortsOfOtherKindsAreLeftOut) {
  EXPECT_THAT(mapped(R"("NetworkSettings":{"Ports":{"80/tcp":[{"HostIp":"127.0.0.1","HostPort":"8080"},
      {"HostIp":"::","HostPort":"8080"},{"HostIp":"0.0.0.0","HostPort":"99999"},null,{"HostPort":8081}],
      "53/udp":[{"HostIp":"0.0.0.0","HostPort":"53"}],"443/tcp":null,"x/tcp":[{"HostIp":"","HostPort":"1"}]}})")
                  .port_mappings,
              ElementsAre(core::PortMapping{0x7f000001, 8080, 80}));
}

struct Named {
  const char* image;    // Config.Image
  const char* tags;     // RepoTags
  const char* digests;  // RepoDigests
  const char* repository;
  const char* tag;
  const char* digest;
};

constexpr const char* kImageId = "sha256:4d81be1e2f89d1f0c4bd85385ecde30f8e2bb62ed954ea41475f92e2c16dea20";

constexpr Named kNames[] = {
    {"busybox", R"(["busybox:latest"])", R"(["busybox@sha256:aa"])", "busybox", "latest", "sha256:aa"},
    {"localhost:5000/a/b:2", "[]", R"(["other@sha256:bb","localhost:5000/a/b@sha256:cc"])",
     "localhost:5000/a/b", "2", "sha256:cc"},
    // The only digest there is, though of another repository; and none when two disagree.
    {"busybox:1", "[]", R"(["mirror/busybox@sha256:dd"])", "busybox", "1", "sha256:dd"},
    {"busybox:1", "[]", R"(["m1/x@sha256:dd","m2/x@sha256:ee"])", "busybox", "1", ""},
    {"busybox:1", "[]", R"(["m1/x@sha256:dd","m2/x@sha256:dd"])", "busybox", "1", "sha256:dd"},
    // Docker Hub's long and short names are one repository.
    {"docker.io/library/busybox:1", "[]", R"(["m/x@sha256:1f","busybox@sha256:aa"])",
     "docker.io/library/busybox", "1", "sha256:aa"},
    // By digest: no tag, and the digest is known without the image.
    {"busybox@sha256:4d81be1e2f89d1f0c4bd85385ecde30f8e2bb62ed954ea41475f92e2c16dea21", "[]", "[]", "busybox",
     "", "sha256:4d81be1e2f89d1f0c4bd85385ecde30f8e2bb62ed954ea41475f92e2c16dea21"},
    // By image id: long, without prefix, shortened.
    {kImageId, R"(["first:1","second:2"])", R"(["first@sha256:aa"])", "first", "1", "sha256:aa"},
    {"4d81be1e2f89", R"(["first:1"])", "[]", "first", "1", ""},
    {kImageId, "[]", R"(["first@sha256:aa"])", "first", "", "sha256:aa"},
    {kImageId, R"(["<none>:<none>"])", R"(["<none>@<none>"])", "", "", ""},
    {kImageId, "null", "null", "", "", ""},
};

class ImageNames : public testing::TestWithParam<Named> {};
INSTANTIATE_TEST_SUITE_P(Table, ImageNames, testing::ValuesIn(kNames));

TEST_P(ImageNames, RepositoryTagAndDigest) {
  core::Container container =
      mapped(std::string(R"("Image":")") + kImageId + R"(","Config":{"Image":")" + GetParam().image + "\"}");
  base::Result<Image> image = map_image(std::string(R"({"RepoTags":)") + GetParam().tags +
                                        R"(,"RepoDigests":)" + GetParam().digests + "}");
  ASSERT_TRUE(image.ok());
  apply_image(*image, container);
  EXPECT_EQ(container.image, GetParam().image);
  EXPECT_EQ(container.image_repository, GetParam().repository);
  EXPECT_EQ(container.image_tag, GetParam().tag);
  EXPECT_EQ(container.image_digest, GetParam().digest);
}

TEST(DockerMapping, ANameOfItsOwnBeforeTheNamesOfLinks) {
  base::Result<std::vector<Sighting>> list =
      map_list(R"([{"Id":"a","Names":["/other/alias","/own"]},{"Id":"b","Names":[]},{"Id":""},{"Id":7},[],
                   {"Id":"../../etc"},{"Id":"c","Names":["/x"],"State":"exited"}])",
               {});
  ASSERT_TRUE(list.ok());
  ASSERT_EQ(list->size(), 3U);
  EXPECT_EQ((*list)[0].container.name, "own");
  EXPECT_EQ((*list)[1].container.name, "");
  EXPECT_FALSE((*list)[2].running);
}

}  // namespace
}  // namespace engines::docker
