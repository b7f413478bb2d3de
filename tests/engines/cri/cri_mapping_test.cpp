// CRI's messages and records, against recorded answers of containerd 1.6, containerd 2.1 and CRI-O 1.35.
#include "engines/cri/cri_mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "mutations.h"
#include "protobuf_from_json.h"

namespace engines::cri {
namespace {

using core::Container;
using core::ContainerType;
using core::Mount;
using core::PortMapping;
using test::field;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

Container mapped(const std::string& bytes, ContainerType type, const Settings& settings = {}) {
  const base::Result<ContainerAnswer> answer = decode_container_status(bytes);
  EXPECT_TRUE(answer.ok()) << answer.error();
  return map_container(*answer, type, settings);
}

Pod mapped_pod(const std::string& bytes, ContainerType type, const Settings& settings = {}) {
  const base::Result<SandboxAnswer> answer = decode_sandbox_status(bytes);
  EXPECT_TRUE(answer.ok()) << answer.error();
  return map_pod(*answer, type, settings);
}

struct Recording {
  const char* folder;
  ContainerType type;
  const char* mount_root;
  const char* ip;
};

class Recorded : public ::testing::TestWithParam<Recording> {
 protected:
  std::string path(const char* file) const { return std::string(GetParam().folder) + "/" + file; }
  Container container(const char* file, const Settings& settings = {}) const {
    return mapped(test::container_status_response(test::recorded_json(path(file))), GetParam().type,
                  settings);
  }
  Pod pod(const char* file) const {
    return mapped_pod(test::sandbox_status_response(test::recorded_json(path(file))), GetParam().type);
  }
  bool is_crio() const { return GetParam().type == ContainerType::kCrio; }
};

TEST_P(Recorded, AContainerHasEveryMember) {
  Settings settings;
  settings.with_env = true;
  const Container found = container("crictl-inspect.json", settings);
  EXPECT_EQ(found.type, GetParam().type);
  EXPECT_EQ(found.full_id.size(), 64u);
  EXPECT_EQ(found.name, "cri1");
  EXPECT_EQ(found.image, "example.test/team/enginetest:1.0");
  EXPECT_EQ(found.image_repository, "example.test/team/enginetest");
  EXPECT_EQ(found.image_tag, "1.0");
  EXPECT_EQ(found.image_id.size(), 64u);
  EXPECT_THAT(found.image_id, Not(HasSubstr(":")));
  EXPECT_EQ(found.image_digest.empty(), !is_crio());
  EXPECT_EQ(found.user, "1000");
  EXPECT_EQ(found.cpu_shares, 512);
  EXPECT_EQ(found.cpu_quota, 50000);
  EXPECT_EQ(found.cpu_period, 100000);
  EXPECT_EQ(found.cpuset_cpu_count, 2);
  EXPECT_EQ(found.memory_limit, 104857600);
  EXPECT_EQ(found.swap_limit, 104857600);
  EXPECT_GT(found.created_time, 1795330000);
  EXPECT_EQ(found.privileged, core::YesNo::kNo);
  EXPECT_FALSE(found.is_pod_sandbox);
  EXPECT_THAT(found.env, Contains("FOO=bar"));
  EXPECT_THAT(found.labels, Contains(Pair("org.example.tier", "front")));
  const std::string root = GetParam().mount_root;
  EXPECT_THAT(found.mounts, ElementsAre(Mount{root + "/m1", "/m1", "", false, "private"},
                                        Mount{root + "/m2", "/m2", "", true, "private"}));
  EXPECT_EQ(found.pod_name, "pod1");
  EXPECT_EQ(found.pod_namespace, "kube-test");
  EXPECT_EQ(found.pod_uid.size(), 36u);
  EXPECT_EQ(found.pod_sandbox_id.size(), 64u);
}

TEST_P(Recorded, APrivilegedContainerIsOne) {
  const Container found = container("crictl-inspect-privileged-nocgroupparent.json");
  EXPECT_EQ(found.name, "cri2");
  EXPECT_EQ(found.privileged, core::YesNo::kYes);
  EXPECT_EQ(found.user, "0");
  EXPECT_EQ(found.cpu_shares, 1024);
  EXPECT_EQ(found.cpu_period, 100000);
  EXPECT_THAT(found.mounts, IsEmpty());
  EXPECT_THAT(found.env, IsEmpty());
}

TEST_P(Recorded, AnExitedContainerIsStillMapped) {
  EXPECT_EQ(container("crictl-inspect-exited.json").name, "cri1");
}

TEST_P(Recorded, ASandboxIsAContainerOfItsOwn) {
  const Container sandbox = pod("crictl-inspectp.json").record;
  EXPECT_TRUE(sandbox.is_pod_sandbox);
  EXPECT_EQ(sandbox.type, GetParam().type);
  EXPECT_EQ(sandbox.name, "pod1");
  EXPECT_EQ(sandbox.pod_name, "pod1");
  EXPECT_EQ(sandbox.pod_namespace, "kube-test");
  EXPECT_EQ(sandbox.pod_uid.size(), 36u);
  EXPECT_EQ(sandbox.pod_sandbox_id, sandbox.full_id);
  EXPECT_EQ(sandbox.ip, GetParam().ip);
  EXPECT_EQ(sandbox.image, "registry.k8s.io/pause:3.9");
  EXPECT_EQ(sandbox.image_repository, "registry.k8s.io/pause");
  EXPECT_EQ(sandbox.host_network, core::YesNo::kNo);
  EXPECT_EQ(sandbox.host_pid, core::YesNo::kNo);
  EXPECT_EQ(sandbox.host_ipc, core::YesNo::kNo);
  EXPECT_EQ(sandbox.privileged, core::YesNo::kNo);
  EXPECT_EQ(sandbox.cpu_shares, 2);
  EXPECT_THAT(sandbox.port_mappings, ElementsAre(PortMapping{0, 18080, 80}));
  ASSERT_TRUE(sandbox.pod_sandbox_labels);
  EXPECT_THAT(*sandbox.pod_sandbox_labels, Contains(Pair("app", "web")));
  EXPECT_THAT(sandbox.cni_json, HasSubstr(std::string(GetParam().ip)));
  EXPECT_THAT(sandbox.cni_json, HasSubstr("eth0"));
  EXPECT_THAT(sandbox.cni_json, Not(HasSubstr("veth")));
  EXPECT_THAT(sandbox.cni_json, Not(HasSubstr("127.0.0.1")));
  EXPECT_NO_THROW(boost::json::parse(sandbox.cni_json));
}

TEST_P(Recorded, ASandboxOnTheHostsNetworkHasNoAddress) {
  const Container sandbox = pod("crictl-inspectp-hostnet.json").record;
  EXPECT_EQ(sandbox.host_network, core::YesNo::kYes);
  EXPECT_EQ(sandbox.host_pid, core::YesNo::kNo);
  EXPECT_EQ(sandbox.host_ipc, core::YesNo::kNo);
  EXPECT_EQ(sandbox.privileged, core::YesNo::kYes);
  EXPECT_EQ(sandbox.ip, "");
}

TEST_P(Recorded, AContainerGetsWhatItsPodHas) {
  Container found = container("crictl-inspect.json");
  const Pod its_pod = pod("crictl-inspectp.json");
  apply_pod(its_pod, found);
  EXPECT_EQ(found.name, "cri1");
  EXPECT_EQ(found.pod_sandbox_id, its_pod.record.full_id);
  EXPECT_EQ(found.ip, GetParam().ip);
  EXPECT_EQ(found.cni_json, its_pod.record.cni_json);
  EXPECT_EQ(found.pod_sandbox_labels, its_pod.record.pod_sandbox_labels);
  EXPECT_EQ(found.pod_uid, its_pod.record.pod_uid);
  EXPECT_EQ(found.host_network, core::YesNo::kNo);
  EXPECT_FALSE(found.is_pod_sandbox);

  Container on_host = container("crictl-inspect-privileged-nocgroupparent.json");
  apply_pod(pod("crictl-inspectp-hostnet.json"), on_host);
  EXPECT_EQ(on_host.host_network, core::YesNo::kYes);
  EXPECT_EQ(on_host.host_pid, core::YesNo::kNo);
}

TEST_P(Recorded, ListsTellWhoIsThere) {
  const auto containers =
      decode_containers(test::list_containers_response(test::recorded_json(path("crictl-ps.json"))));
  ASSERT_TRUE(containers.ok()) << containers.error();
  ASSERT_FALSE(containers->empty());
  for (const ContainerMessage& message : *containers) {
    const Container listed = map_listed(message, GetParam().type, {});
    EXPECT_EQ(listed.full_id.size(), 64u);
    EXPECT_EQ(listed.pod_sandbox_id.size(), 64u);
    EXPECT_FALSE(listed.name.empty());
    EXPECT_EQ(listed.image_tag, "1.0");
    EXPECT_FALSE(listed.image_id.empty());
    EXPECT_FALSE(listed.pod_name.empty());
    EXPECT_GT(listed.created_time, 1795330000);
  }
  const auto sandboxes =
      decode_sandboxes(test::list_sandboxes_response(test::recorded_json(path("crictl-pods.json"))));
  ASSERT_TRUE(sandboxes.ok()) << sandboxes.error();
  ASSERT_FALSE(sandboxes->empty());
  for (const SandboxMessage& message : *sandboxes) {
    const Container listed = map_listed(message, GetParam().type, {});
    EXPECT_TRUE(listed.is_pod_sandbox);
    EXPECT_EQ(listed.pod_sandbox_id, listed.full_id);
    EXPECT_FALSE(listed.pod_name.empty());
  }
}

TEST_P(Recorded, BrokenBytesNeverHurt) {
  const std::string status =
      test::container_status_response(test::recorded_json(path("crictl-inspect.json")));
  const std::string sandbox =
      test::sandbox_status_response(test::recorded_json(path("crictl-inspectp.json")));
  int decodable = 0;
  test::for_each_mutation(status, 1000, [&](const std::string& broken) {
    const auto answer = decode_container_status(broken);
    if (answer.ok()) {
      ++decodable;
      EXPECT_EQ(map_container(*answer, GetParam().type, {}).type, GetParam().type);
    }
  });
  test::for_each_mutation(sandbox, 1000, [&](const std::string& broken) {
    const auto answer = decode_sandbox_status(broken);
    if (answer.ok()) {
      EXPECT_TRUE(map_pod(*answer, GetParam().type, {}).record.is_pod_sandbox);
    }
  });
  EXPECT_GT(decodable, 0);
  EXPECT_LT(decodable, 1000);
}

// The info is text inside the message: broken on its own, the message around it stays whole.
TEST_P(Recorded, BrokenInfoNeverHurts) {
  for (const char* file : {"crictl-inspect.json", "crictl-inspectp.json"}) {
    const std::string info = boost::json::serialize(test::recorded_json(path(file)).at("info"));
    test::for_each_mutation(info, 500, [&](const std::string& broken) {
      const std::string bytes = field(1, field(1, "id1")) + field(2, field(1, "info") + field(2, broken));
      EXPECT_EQ(mapped(bytes, GetParam().type).full_id, "id1");
      EXPECT_EQ(mapped_pod(bytes, GetParam().type).record.full_id, "id1");
    });
  }
}

INSTANTIATE_TEST_SUITE_P(
    , Recorded,
    ::testing::Values(Recording{"containerd-1.6.20", ContainerType::kContainerd, "/srv/engines/ct1",
                                "10.99.0.4"},
                      Recording{"containerd-2.1.9", ContainerType::kContainerd, "/srv/c1", "10.99.0.2"},
                      Recording{"crio-1.35.6", ContainerType::kCrio, "/srv/cr1", "10.99.0.4"}),
    [](const auto& recording) {
      std::string name = recording.param.folder;
      for (char& c : name) c = c == '-' || c == '.' ? '_' : c;
      return name;
    });

std::string with_info(const std::string& status, const std::string& info) {
  return field(1, status) + field(2, field(1, "info") + field(2, info));
}

constexpr std::string_view kHex = "4d81be1e2f89d1f0c4bd85385ecde30f8e2bb62ed954ea41475f92e2c16dea20";

TEST(CriImage, AReferenceWithDigestGivesRepositoryAndDigest) {
  const Container container = mapped(field(1, field(8, field(1, "docker.io/library/busybox:1.36")) +
                                                  field(9, "docker.io/library/busybox@sha256:12")),
                                     ContainerType::kContainerd);
  EXPECT_EQ(container.image, "docker.io/library/busybox:1.36");
  EXPECT_EQ(container.image_repository, "docker.io/library/busybox");
  EXPECT_EQ(container.image_tag, "1.36");
  EXPECT_EQ(container.image_digest, "sha256:12");
}

TEST(CriImage, WhenThereAreOnlyIdsAnnotationsTellTheName) {
  const std::string id = "sha256:" + std::string(kHex);
  const std::string status = field(8, field(1, id)) + field(9, id);
  for (const char* annotation :
       {"io.kubernetes.cri.image-name", "io.kubernetes.cri-o.Image", "io.kubernetes.cri-o.ImageName"}) {
    const std::string info =
        std::string(R"({"runtimeSpec": {"annotations": {")") + annotation + R"(": "quay.io/x/y:3"}}})";
    const Container container = mapped(with_info(status, info), ContainerType::kCri);
    EXPECT_EQ(container.image, "quay.io/x/y:3") << annotation;
    EXPECT_EQ(container.image_repository, "quay.io/x/y");
    EXPECT_EQ(container.image_tag, "3");
    EXPECT_EQ(container.image_id, kHex);
  }
}

TEST(CriImage, TheDigestOfTheReferenceWinsOverAnnotations) {
  const Container container =
      mapped(with_info(field(9, "host:5000/x@sha256:aa"),
                       R"({"runtimeSpec": {"annotations": {"io.container.manager": "cri-o",
                   "io.kubernetes.cri-o.ImageName": "host:5000/x:1",
                   "io.kubernetes.cri-o.ImageRepoDigests": "other/x@sha256:bb,host:5000/x@sha256:aa"}}})"),
             ContainerType::kCrio);
  EXPECT_EQ(container.image, "host:5000/x:1");
  EXPECT_EQ(container.image_repository, "host:5000/x");
  EXPECT_EQ(container.image_digest, "sha256:aa");
}

// One image that was pulled under two names.
TEST(CriImage, WhatTheUserAskedForWins) {
  const std::string picked = field(1, "docker.io/aaa/mirror:9");
  const std::string reference = field(9, "docker.io/aaa/mirror@sha256:ab");
  const std::string status = field(8, picked) + reference;
  const std::string told = R"("reg.test/team/app:2.0")";
  for (const Container& container :
       {mapped(field(1, field(8, picked + field(18, "reg.test/team/app:2.0")) + reference),
               ContainerType::kContainerd),
        mapped(with_info(status, R"({"config": {"image": {"user_specified_image": )" + told + "}}}"),
               ContainerType::kContainerd),
        mapped(with_info(status, R"({"runtimeSpec": {"annotations": {"io.kubernetes.cri.image-name": )" +
                                     told + "}}}"),
               ContainerType::kContainerd),
        mapped(with_info(status, R"({"runtimeSpec": {"annotations": {"io.kubernetes.cri-o.ImageName": )" +
                                     told + "}}}"),
               ContainerType::kCrio)}) {
    EXPECT_EQ(container.image, "reg.test/team/app:2.0");
    EXPECT_EQ(container.image_repository, "reg.test/team/app");
    EXPECT_EQ(container.image_tag, "2.0");
    EXPECT_EQ(container.image_digest, "sha256:ab");
  }
}

TEST(CriImage, RepositoryAndTagAreOfOneReference) {
  const Container container = mapped(
      field(1, field(8, field(1, "quay.test/team/app:1.23")) + field(9, "docker.io/aaa/mirror@sha256:ab")),
      ContainerType::kCrio);
  EXPECT_EQ(container.image_repository, "quay.test/team/app");
  EXPECT_EQ(container.image_tag, "1.23");
  EXPECT_EQ(container.image_digest, "sha256:ab");
}

TEST(CriImage, TheIdComesFromTheFieldElseFromTheConfig) {
  const std::string id(kHex);
  EXPECT_EQ(mapped(field(1, field(17, "sha256:" + id)), ContainerType::kCri).image_id, id);
  EXPECT_EQ(mapped(with_info("", R"({"config": {"image": {"image": "sha256:)" + id + R"("}}})"),
                   ContainerType::kCri)
                .image_id,
            id);
  EXPECT_EQ(
      mapped(with_info("", R"({"config": {"image": {"image": "a-name:1"}}})"), ContainerType::kCri).image_id,
      "");
}

TEST(CriPrivileged, TheFirstPlaceThatSaysSomethingCounts) {
  const auto privileged = [](const std::string& info) {
    return mapped(with_info(field(1, "id1"), info), ContainerType::kCri).privileged;
  };
  EXPECT_EQ(
      privileged(
          R"({"runtimeSpec": {"linux": {"securityContext": {"privileged": true}}}, "privileged": false})"),
      core::YesNo::kYes);
  EXPECT_EQ(
      privileged(
          R"({"runtimeSpec": {"linux": {"securityContext": {"privileged": false}}}, "privileged": true})"),
      core::YesNo::kNo);
  EXPECT_EQ(
      privileged(R"({"config": {"linux": {"security_context": {"privileged": true}}}, "privileged": false})"),
      core::YesNo::kYes);
  EXPECT_EQ(privileged(R"({"privileged": true})"), core::YesNo::kYes);
  EXPECT_EQ(
      privileged(R"({"config": {"linux": {"security_context": {"privileged": "yes"}}}, "privileged": true})"),
      core::YesNo::kYes);
  EXPECT_EQ(privileged(R"({"privileged": "true"})"), core::YesNo::kUnknown);
  EXPECT_EQ(privileged("{}"), core::YesNo::kUnknown);
  // What a request does not ask for is left out of it.
  EXPECT_EQ(privileged(R"({"config": {"metadata": {"name": "a"}}})"), core::YesNo::kNo);
  EXPECT_EQ(
      privileged(R"({"runtimeSpec": {"annotations": {"io.kubernetes.cri-o.PrivilegedRuntime": "true"}}})"),
      core::YesNo::kYes);
}

TEST(CriMounts, PropagationsAreNamed) {
  const auto mount = [](int64_t propagation) {
    return field(14, field(1, "/c") + field(2, "/h") + field(5, propagation));
  };
  const Container container =
      mapped(field(1, mount(0) + mount(1) + mount(2) + mount(3) + mount(-1)), ContainerType::kCri);
  std::vector<std::string> names;
  for (const Mount& entry : container.mounts) names.push_back(entry.propagation);
  EXPECT_THAT(names, ElementsAre("private", "rslave", "rshared", "", ""));
}

TEST(CriPod, NamespacesOfTheNodeAreTheHosts) {
  const auto pod = [](int64_t network, int64_t pid, int64_t ipc) {
    const std::string options = field(1, network) + field(2, pid) + field(3, ipc);
    return mapped_pod(field(1, field(6, field(1, field(2, options)))), ContainerType::kCri).record;
  };
  const Container all = pod(2, 2, 2);
  EXPECT_EQ(all.host_network, core::YesNo::kYes);
  EXPECT_EQ(all.host_pid, core::YesNo::kYes);
  EXPECT_EQ(all.host_ipc, core::YesNo::kYes);
  const Container none = pod(0, 1, 3);
  EXPECT_EQ(none.host_network, core::YesNo::kNo);
  EXPECT_EQ(none.host_pid, core::YesNo::kNo);
  EXPECT_EQ(none.host_ipc, core::YesNo::kNo);
}

TEST(CriPod, WithoutALinuxPartItsNamespacesAreNotKnown) {
  const Container pod = mapped_pod(field(1, field(1, "id1")), ContainerType::kCri).record;
  EXPECT_EQ(pod.host_network, core::YesNo::kUnknown);
  EXPECT_EQ(pod.host_pid, core::YesNo::kUnknown);
  EXPECT_EQ(pod.host_ipc, core::YesNo::kUnknown);
}

TEST(CriPod, ThePrimaryAddressIsIpv4) {
  const auto ip = [](const std::string& network) {
    return mapped_pod(field(1, field(5, network)), ContainerType::kCri).record.ip;
  };
  EXPECT_EQ(ip(field(1, "10.0.0.1") + field(2, field(1, "fd00::1"))), "10.0.0.1");
  EXPECT_EQ(ip(field(1, "fd00::1") + field(2, field(1, "10.0.0.1"))), "10.0.0.1");
  EXPECT_EQ(ip(field(1, "fd00::1")), "fd00::1");
  EXPECT_EQ(ip(""), "");
}

TEST(CriPod, ProbesComeFromTheAppliedManifest) {
  const std::string manifest =
      R"({"spec": {"containers": [{"name": "web", "livenessProbe": {"exec": {"command": ["/bin/true", "-x"]}}}]}})";
  const std::string annotation =
      field(8, field(1, "kubectl.kubernetes.io/last-applied-configuration") + field(2, manifest));
  const Pod pod = mapped_pod(field(1, field(1, "pod1") + annotation), ContainerType::kCri);
  Container web = mapped(field(1, field(2, field(1, "web"))), ContainerType::kCri);
  apply_pod(pod, web);
  ASSERT_TRUE(web.liveness_probe);
  EXPECT_EQ(*web.liveness_probe, (core::Probe{"/bin/true", {"-x"}}));
  EXPECT_FALSE(web.readiness_probe);
  Container other = mapped(field(1, field(2, field(1, "other"))), ContainerType::kCri);
  apply_pod(pod, other);
  EXPECT_FALSE(other.liveness_probe);
}

TEST(CriTypes, RuntimesAreKnownByName) {
  EXPECT_EQ(type_of_runtime("containerd"), ContainerType::kContainerd);
  EXPECT_EQ(type_of_runtime("cri-o"), ContainerType::kCrio);
  EXPECT_EQ(type_of_runtime("docker"), ContainerType::kCri);
  EXPECT_EQ(type_of_runtime(""), ContainerType::kCri);
}

TEST(CriProto, RequestsAreEncoded) {
  EXPECT_EQ(encode_version(), std::string("\x0a\x02v1"));
  EXPECT_EQ(encode_status("ab"), std::string("\x0a\x02"
                                             "ab"
                                             "\x10\x01"));
}

TEST(CriProto, VersionAndEventsAreDecoded) {
  const auto version =
      decode_version(field(1, "0.1.0") + field(2, "cri-o") + field(3, "1.35.6") + field(4, "v1"));
  ASSERT_TRUE(version.ok());
  EXPECT_EQ(version->runtime_name, "cri-o");
  EXPECT_EQ(version->runtime_version, "1.35.6");
  const auto event =
      decode_event(field(1, "c1") + field(2, int64_t{3}) + field(3, int64_t{99}) + field(4, field(1, "p1")));
  ASSERT_TRUE(event.ok());
  EXPECT_EQ(event->container_id, "c1");
  EXPECT_EQ(event->type, EventType::kDeleted);
  EXPECT_EQ(event->sandbox_id, "p1");
}

TEST(CriProto, BytesThatAreNoMessageAreErrors) {
  for (const std::string& broken :
       {std::string("\x0a\xff\xff\xff\xff\x7f"), std::string("\xff"), std::string("\x03"),
        std::string("\x12\x05"
                    "ab")}) {
    EXPECT_FALSE(decode_version(broken).ok());
    EXPECT_FALSE(decode_containers(broken).ok());
    EXPECT_FALSE(decode_sandboxes(broken).ok());
    EXPECT_FALSE(decode_container_status(broken).ok());
    EXPECT_FALSE(decode_sandbox_status(broken).ok());
    EXPECT_FALSE(decode_event(broken).ok());
  }
}

}  // namespace
}  // namespace engines::cri
