// OCI specs and the annotations in them.
#include "engines/oci/oci_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "mutations.h"
#include "protobuf_from_json.h"

namespace engines::oci {
namespace {

using core::Container;
using core::ContainerType;
using core::Mount;
using core::PortMapping;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Container taken(std::string_view spec, Settings settings = {}) {
  Container container;
  const base::Status status = take_spec(spec, settings, container);
  EXPECT_TRUE(status.ok()) << status.error();
  return container;
}

Container annotated(const boost::json::object& annotations) {
  return taken(boost::json::serialize(boost::json::object{{"annotations", annotations}}));
}

TEST(OciSpec, MountsHaveModeAccessAndPropagation) {
  const Container container = taken(R"({"mounts": [
    {"destination": "/a", "source": "/src", "type": "bind", "options": ["rbind", "rslave", "ro"]},
    {"destination": "/b", "source": "/src", "options": ["bind", "rw", "shared"]},
    {"destination": "/run", "source": "tmpfs", "type": "tmpfs", "options": ["nosuid", "mode=755"]},
    {"destination": "/plain"}, 7, null]})");
  EXPECT_THAT(container.mounts,
              ElementsAre(Mount{"/src", "/a", "", false, "rslave"}, Mount{"/src", "/b", "", true, "shared"},
                          Mount{"tmpfs", "/run", "755", true, ""}, Mount{"", "/plain", "", true, ""}));
}

TEST(OciSpec, ANamespaceThatIsNotListedIsTheHosts) {
  const Container own =
      taken(R"({"linux": {"namespaces": [{"type": "pid"}, {"type": "ipc"}, {"type": "network"}]}})");
  EXPECT_EQ(own.host_pid, core::YesNo::kNo);
  EXPECT_EQ(own.host_ipc, core::YesNo::kNo);
  EXPECT_EQ(own.host_network, core::YesNo::kNo);
  const Container shared = taken(R"({"linux": {"namespaces": [{"type": "mount"}, {"type": "ipc"}]}})");
  EXPECT_EQ(shared.host_pid, core::YesNo::kYes);
  EXPECT_EQ(shared.host_network, core::YesNo::kYes);
  EXPECT_EQ(shared.host_ipc, core::YesNo::kNo);
  const Container untold = taken(R"({"linux": {"namespaces": "none"}})");
  EXPECT_EQ(untold.host_pid, core::YesNo::kUnknown);
  EXPECT_EQ(untold.host_ipc, core::YesNo::kUnknown);
  EXPECT_EQ(untold.host_network, core::YesNo::kUnknown);
}

TEST(OciSpec, TellsHowConfinedAContainerIs) {
  const Container container = taken(R"({"root": {"path": "rootfs", "readonly": true},
    "process": {"args": ["sh", "-c", "sleep 1"], "noNewPrivileges": true, "apparmorProfile": "mine",
      "selinuxLabel": "a:b:c:s0",
      "capabilities": {"bounding": ["CAP_SYS_ADMIN"], "effective": ["CAP_KILL", "CAP_CHOWN", "CAP_OF_TOMORROW", 7]}},
    "linux": {"seccomp": {}, "namespaces": [{"type": "user"}, {"type": "uts"}, {"type": "cgroup"}],
      "devices": [{"path": "/dev/fuse"}, {"path": "/dev/null"}, {"type": "c"}, 7]}})");
  core::Posture expected;
  expected.capabilities = core::Capabilities{1} << 5U | core::Capabilities{1};
  expected.seccomp = "default";
  expected.apparmor = "mine";
  expected.selinux = "a:b:c:s0";
  expected.no_new_privs = expected.readonly_rootfs = expected.user_ns = core::YesNo::kYes;
  expected.host_uts = expected.host_cgroup = core::YesNo::kNo;
  expected.cmd = "sh -c 'sleep 1'";
  expected.devices = {"/dev/fuse"};
  EXPECT_EQ(*container.posture, expected);
}

TEST(OciSpec, WhatASpecDoesNotHaveIsNotConfinedAndWhatItDoesNotTellNotKnown) {
  const Container bare = taken(R"({"root": {"path": "/"}, "process": {"args": [], "capabilities":
    {"bounding": ["CAP_SYS_ADMIN"]}}, "linux": {"namespaces": [{"type": "mount"}]}})");
  EXPECT_EQ(bare.posture->seccomp, "unconfined");
  EXPECT_EQ(bare.posture->capabilities, core::Capabilities{1} << 21U) << "no effective ones are told";
  EXPECT_EQ(bare.posture->no_new_privs, core::YesNo::kNo);
  EXPECT_EQ(bare.posture->readonly_rootfs, core::YesNo::kNo);
  EXPECT_EQ(bare.posture->user_ns, core::YesNo::kNo);
  EXPECT_EQ(bare.posture->host_uts, core::YesNo::kYes);
  EXPECT_EQ(bare.posture->host_cgroup, core::YesNo::kYes);
  EXPECT_EQ(bare.posture->devices, std::nullopt) << "it is privileged and has them all";
  // Every capability dropped: engines leave empty sets out.
  EXPECT_EQ(taken(R"({"process": {"capabilities": {}}})").posture->capabilities, core::Capabilities{0});
  EXPECT_EQ(taken(R"({"process": {"capabilities": null}})").posture->capabilities, std::nullopt);
  EXPECT_TRUE(taken("{}").posture.empty());
  EXPECT_TRUE(taken(R"({"root": 1, "process": [], "linux": "x"})").posture.empty());
  EXPECT_TRUE(taken(R"({"process": {"user": {"uid": 1}}})").posture->seccomp.empty());
}

TEST(OciSpec, PodmanNamesTheSeccompProfile) {
  const auto named = [](const char* seccomp, const char* name) {
    return taken(std::string(R"({"linux": {"namespaces": [])") + seccomp + R"(}, "annotations":
      {"io.podman.annotations.seccomp": ")" +
                 name + R"("}})")
        .posture->seccomp;
  };
  EXPECT_EQ(named(R"(, "seccomp": {})", "/etc/mine.json"), "/etc/mine.json");
  EXPECT_EQ(named("", "unconfined"), "unconfined");
  EXPECT_EQ(named("", "/etc/mine.json"), "unconfined") << "the specification decides";
  EXPECT_EQ(named(R"(, "seccomp": {})", "unconfined"), "default");
}

TEST(OciSpec, RuntimesHaveTheirUsualNames) {
  EXPECT_EQ(runtime_name("io.containerd.runc.v2"), "runc");
  EXPECT_EQ(runtime_name("io.containerd.kata.v2"), "kata");
  EXPECT_EQ(runtime_name("/usr/bin/crun"), "crun");
  EXPECT_EQ(runtime_name("runsc"), "runsc");
  EXPECT_EQ(runtime_name(""), "");
}

TEST(OciSpec, ResourcesKeepTheirDefaultsWhereNothingIsTold) {
  const Container set = taken(R"({"linux": {"resources": {
    "cpu": {"shares": 512, "quota": 50000, "period": 20000, "cpus": "0-2,7"},
    "memory": {"limit": 5368709120, "swap": -1}}}})");
  EXPECT_EQ(set.cpu_shares, 512);
  EXPECT_EQ(set.cpu_quota, 50000);
  EXPECT_EQ(set.cpu_period, 20000);
  EXPECT_EQ(set.cpuset_cpu_count, 4);
  EXPECT_EQ(set.memory_limit, 5368709120);
  EXPECT_EQ(set.swap_limit, -1);
  const Container unset = taken(R"({"linux": {"resources": {"cpu": {"shares": 0, "period": "x"}}}})");
  EXPECT_EQ(unset.cpu_shares, 1024);
  EXPECT_EQ(unset.cpu_period, 100000);
}

TEST(OciSpec, TheCgroupIsTakenAsItWasAskedFor) {
  EXPECT_EQ(taken(R"({"linux": {"cgroupsPath": "/ecs/t/t-1"}})").cgroup_path, "/ecs/t/t-1");
  EXPECT_EQ(taken(R"({"linux": {"cgroupsPath": "a.slice:b:c"}})").cgroup_path, "a.slice:b:c");
  EXPECT_EQ(taken(R"({"linux": {"cgroupsPath": ["/a"]}})").cgroup_path, "");
  EXPECT_EQ(taken(R"({"linux": {}})").cgroup_path, "");
}

TEST(OciSpec, TheEnvironmentIsTakenOnlyWhenAskedFor) {
  constexpr std::string_view kSpec = R"({"process": {"env": ["A=1", 2, "B=2"], "user": {"uid": 0}}})";
  EXPECT_THAT(taken(kSpec).env, IsEmpty());
  Settings settings;
  settings.with_env = true;
  EXPECT_THAT(taken(kSpec, settings).env, ElementsAre("A=1", "B=2"));
  EXPECT_EQ(taken(kSpec).user, "0");
}

// Everything that makes a container privileged, one member a time taken away below.
boost::json::object privileged_spec() {
  return boost::json::parse(R"({
    "process": {"apparmorProfile": "unconfined", "capabilities": {"bounding": ["CAP_CHOWN", "CAP_SYS_ADMIN"]}},
    "mounts": [{"destination": "/sys", "type": "sysfs", "options": ["rw"]},
               {"destination": "/sys/fs/cgroup", "type": "cgroup", "options": []}],
    "linux": {"namespaces": [{"type": "pid"}]}})")
      .as_object();
}

bool is_privileged(const boost::json::object& spec) {
  const core::YesNo answer = taken(boost::json::serialize(spec)).privileged;
  EXPECT_NE(answer, core::YesNo::kUnknown);
  return answer == core::YesNo::kYes;
}

TEST(OciSpec, PrivilegedIsWhatLacksEveryConfinement) {
  EXPECT_TRUE(is_privileged(privileged_spec()));
  auto spec = privileged_spec();
  spec["linux"].as_object()["seccomp"] = boost::json::object{{"defaultAction", "SCMP_ACT_ERRNO"}};
  EXPECT_FALSE(is_privileged(spec)) << "seccomp";
  spec = privileged_spec();
  spec["linux"].as_object()["maskedPaths"] = boost::json::array{"/proc/kcore"};
  EXPECT_FALSE(is_privileged(spec)) << "masked paths";
  spec = privileged_spec();
  spec["linux"].as_object()["readonlyPaths"] = boost::json::array{"/proc/sys"};
  EXPECT_FALSE(is_privileged(spec)) << "read-only paths";
  spec = privileged_spec();
  spec["process"].as_object()["apparmorProfile"] = "cri-containerd.apparmor.d";
  EXPECT_FALSE(is_privileged(spec)) << "AppArmor";
  spec = privileged_spec();
  spec["process"].as_object()["selinuxLabel"] = "system_u:system_r:container_t:s0:c1,c2";
  EXPECT_FALSE(is_privileged(spec)) << "SELinux";
  spec["process"].as_object()["selinuxLabel"] = "system_u:system_r:spc_t:s0";
  EXPECT_TRUE(is_privileged(spec)) << "SELinux without confinement";
  for (const size_t mount : {size_t{0}, size_t{1}}) {
    spec = privileged_spec();
    spec["mounts"].as_array()[mount].as_object()["options"] = boost::json::array{"ro"};
    EXPECT_FALSE(is_privileged(spec)) << "mount " << mount;
  }
  spec = privileged_spec();
  spec["process"].as_object()["capabilities"] = boost::json::object{{"bounding", {"CAP_CHOWN"}}};
  EXPECT_FALSE(is_privileged(spec)) << "capabilities";
  EXPECT_EQ(taken("{}").privileged, core::YesNo::kUnknown);
}

TEST(OciSpec, CriAnnotationsOfContainerd) {
  const Container container = annotated({{"io.kubernetes.cri.container-type", "container"},
                                         {"io.kubernetes.cri.container-name", "web"},
                                         {"io.kubernetes.cri.image-name", "quay.io/team/web:2"},
                                         {"io.kubernetes.cri.sandbox-id", "abc"},
                                         {"io.kubernetes.cri.sandbox-name", "web-0"},
                                         {"io.kubernetes.cri.sandbox-namespace", "prod"},
                                         {"io.kubernetes.cri.sandbox-uid", "uid-1"}});
  EXPECT_EQ(container.name, "web");
  EXPECT_EQ(container.image, "quay.io/team/web:2");
  EXPECT_EQ(container.image_repository, "quay.io/team/web");
  EXPECT_EQ(container.image_tag, "2");
  EXPECT_EQ(container.pod_sandbox_id, "abc");
  EXPECT_EQ(container.pod_name, "web-0");
  EXPECT_EQ(container.pod_namespace, "prod");
  EXPECT_EQ(container.pod_uid, "uid-1");
  EXPECT_FALSE(container.is_pod_sandbox);
}

TEST(OciSpec, ASandboxIsCalledByItsPodsName) {
  const Container sandbox = annotated(
      {{"io.kubernetes.cri.container-type", "sandbox"}, {"io.kubernetes.cri.sandbox-name", "web-0"}});
  EXPECT_TRUE(sandbox.is_pod_sandbox);
  EXPECT_EQ(sandbox.name, "web-0");
}

TEST(OciSpec, AnnotationsOfNerdctl) {
  const Container container = annotated(
      {{"nerdctl/name", "db"},
       {"nerdctl/ports", R"([{"HostPort":8080,"ContainerPort":80,"Protocol":"tcp","HostIP":"127.0.0.1"},
                             {"HostPort":53,"ContainerPort":53,"Protocol":"udp","HostIP":"0.0.0.0"},
                             {"HostPort":81,"ContainerPort":80,"Protocol":"tcp","HostIP":"::"}])"}});
  EXPECT_EQ(container.name, "db");
  EXPECT_THAT(container.port_mappings, ElementsAre(PortMapping{0x7f000001, 8080, 80}));
}

TEST(OciSpec, TheEngineIsToldByTheAnnotations) {
  EXPECT_EQ(type_of({{"io.container.manager", "cri-o"}}), ContainerType::kCrio);
  EXPECT_EQ(type_of({{"io.container.manager", "libpod"}}), ContainerType::kPodman);
  EXPECT_EQ(type_of({{"io.kubernetes.cri-o.Name", "x"}}), ContainerType::kCrio);
  EXPECT_EQ(type_of({{"io.kubernetes.cri.container-type", "x"}}), ContainerType::kContainerd);
  EXPECT_EQ(type_of({{"nerdctl/namespace", "default"}}), ContainerType::kContainerd);
  EXPECT_EQ(type_of({{"io.kubernetes.pod.name", "x"}}), ContainerType::kUnknown);
  EXPECT_EQ(type_of({}), ContainerType::kUnknown);
}

TEST(OciSpec, WhatIsKnownAlreadyStays) {
  Container container;
  container.name = "from the engine";
  container.image = "known:1";
  take_annotations({{"nerdctl/name", "other"}, {"io.kubernetes.cri-o.Image", "other:2"}}, {}, container);
  EXPECT_EQ(container.name, "from the engine");
  EXPECT_EQ(container.image, "known:1");
  // What the user asked for is better than what the engine picked.
  take_annotations({{"io.kubernetes.cri.image-name", "reg.test/app:2"}}, {}, container);
  EXPECT_EQ(container.image, "reg.test/app:2");
}

TEST(OciSpec, ImageReferencesAreTakenApart) {
  Container plain;
  take_image_reference(core::ImagePlace::kContainerdImage, "busybox", plain);
  EXPECT_EQ(plain.image_tag, "latest");
  Container digest;
  take_image_reference(core::ImagePlace::kContainerdImage, "host:5000/a/b@sha256:1234", digest);
  EXPECT_EQ(digest.image_repository, "host:5000/a/b");
  EXPECT_EQ(digest.image_tag, "");
  EXPECT_EQ(digest.image_digest, "sha256:1234");
  Container id;
  take_image_reference(core::ImagePlace::kContainerdImage, "sha256:" + std::string(64, 'a'), id);
  EXPECT_EQ(id.image, "");
  EXPECT_EQ(id.image_id, std::string(64, 'a'));
}

TEST(OciSpec, MembersOfOtherTypesSayNothing) {
  const Container nothing;
  for (const char* spec :
       {R"({"mounts": {}, "process": [], "linux": 1, "annotations": "x"})",
        R"({"process": {"user": "root", "env": {"A": 1}, "capabilities": []}})",
        R"({"annotations": {"nerdctl/name": 7, "nerdctl/ports": "[", "io.kubernetes.cri-o.Labels": "7"}})"}) {
    EXPECT_EQ(taken(spec), nothing) << spec;
  }
  // Of a Linux part that is there, what it does not set is not set.
  for (const char* spec :
       {R"({"linux": {"resources": [], "namespaces": 3, "seccomp": 1, "maskedPaths": "x"}})",
        R"({"linux": {"resources": {"cpu": 3, "memory": {"limit": "much", "swap": 1e300}}}})"}) {
    const Container container = taken(spec);
    EXPECT_EQ(container.host_pid, core::YesNo::kUnknown) << spec;
    EXPECT_EQ(container.cpu_shares, 1024) << spec;
    EXPECT_EQ(container.cpu_period, 100000) << spec;
    EXPECT_EQ(container.memory_limit, 0) << spec;
  }
}

TEST(OciSpec, TextThatIsNoObjectIsAnError) {
  for (const char* spec : {"", "[]", "null", "{", "\xff\xfe", "{} {}"}) {
    Container container;
    EXPECT_FALSE(take_spec(spec, Settings{}, container).ok()) << spec;
    EXPECT_EQ(container, Container());
  }
}

TEST(OciSpec, BrokenSpecsNeverHurt) {
  for (const char* file : {"crio-1.35.6/crictl-inspectp.json", "containerd-2.1.9/crictl-inspect.json"}) {
    const boost::json::value inspect = test::recorded_json(file);
    const std::string spec = boost::json::serialize(inspect.at("info").at("runtimeSpec"));
    int readable = 0;
    test::for_each_mutation(spec, 2000, [&](const std::string& broken) {
      Container container;
      readable += take_spec(broken, Settings{}, container).ok() ? 1 : 0;
    });
    EXPECT_GT(readable, 0);
    EXPECT_LT(readable, 2000);
  }
}

}  // namespace
}  // namespace engines::oci
