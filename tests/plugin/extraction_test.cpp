// Every field, for a container, for the host, and where nothing is known. Spec: docs/fields.md.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <tuple>

#include "api/plugin_api.h"
#include "plugin_host.h"

namespace {

using test::kIdA;
using test::kNoValue;
using test::PluginHost;

struct Expected {
  const char* field;
  const char* value;
};

class Extraction : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(host_.ok()) << host_.error();
    host_.put(test::thread(10, test::docker_cgroup(kIdA)));
    host_.put(test::thread(20, "/system.slice/cron.service"));
    host_.open();
  }
  void expect(int64_t tid, std::initializer_list<Expected> answers) {
    for (const Expected& expected : answers) {
      EXPECT_EQ(host_.ask(tid, expected.field), expected.value) << expected.field;
    }
  }
  PluginHost host_;
};

TEST_F(Extraction, AllFieldsOfAContainer) {
  ASSERT_TRUE(host_.announce(test::full_container(kIdA)));
  expect(10, {{"container.id", "aaaaaaaaaaaa"},
              {"container.full_id", kIdA.c_str()},
              {"container.name", "web"},
              {"container.image", "registry.example:5000/team/web:1.2"},
              {"container.image.id", "1234567890ab"},
              {"container.type", "docker"},
              {"container.privileged", "true"},
              {"container.mounts", "/host/a:/a:ro:false:rprivate,/host/b:/b::true:rslave"},
              {"container.image.repository", "registry.example:5000/team/web"},
              {"container.image.tag", "1.2"},
              {"container.image.digest", "sha256:00ff"},
              {"container.healthcheck", "/bin/sh -c test -e /ok"},
              {"container.liveness_probe", "/live"},
              {"container.readiness_probe", "/ready --fast"},
              {"container.ip", "172.17.0.2"},
              {"container.cni.json", R"({"eth0":{"IPConfigs":[{"IP":"10.0.0.2"}]}})"},
              {"container.host_pid", "false"},
              {"container.host_network", "true"},
              {"container.host_ipc", "true"},
              {"container.labels", "app:web, com.example/tier-1_x.y:front, empty"},
              {"k8s.pod.name", "web-0"},
              {"k8s.ns.name", "prod"},
              {"k8s.pod.id", "uid-1"},
              {"k8s.pod.uid", "uid-1"},
              {"k8s.pod.sandbox_id", "0123456789ab"},
              {"k8s.pod.full_sandbox_id", "0123456789abcdef"},
              {"k8s.pod.label[team]", "blue"},
              {"k8s.pod.label[none]", kNoValue},
              {"k8s.pod.labels", "team:blue, zone:1"},
              {"k8s.pod.ip", "172.17.0.2"},
              {"k8s.pod.cni.json", R"({"eth0":{"IPConfigs":[{"IP":"10.0.0.2"}]}})"},
              {"proc.is_container_healthcheck", "false"},
              {"proc.is_container_liveness_probe", "false"},
              {"proc.is_container_readiness_probe", "false"}});
}

// Ids of different engines may begin alike: threads lead to their own container by the whole id.
TEST_F(Extraction, HowConfinedAContainerIs) {
  core::Container container = test::full_container(kIdA);
  core::Posture posture;
  posture.capabilities = core::Capabilities{1} << 21U | core::Capabilities{1};
  posture.seccomp = "unconfined";
  posture.apparmor = "docker-default";
  posture.no_new_privs = core::YesNo::kNo;
  posture.readonly_rootfs = core::YesNo::kYes;
  posture.cmd = "sleep 1";
  posture.runtime = "runc";
  posture.devices = {"/dev/a", "/dev/b"};
  container.posture.set(posture);
  container.user = "1000";
  container.cgroup_path = "/docker/x";
  ASSERT_TRUE(host_.announce(container));
  expect(10, {{"container.capabilities", "CAP_CHOWN, CAP_SYS_ADMIN"},
              {"container.capability[CAP_SYS_ADMIN]", "true"},
              {"container.capability[sys_admin]", "true"},
              {"container.capability[CAP_BPF]", "false"},
              {"container.capability[CAP_NONE]", kNoValue},
              {"container.seccomp", "unconfined"},
              {"container.apparmor", "docker-default"},
              {"container.selinux", kNoValue},
              {"container.no_new_privs", "false"},
              {"container.readonly_rootfs", "true"},
              {"container.user_ns", kNoValue},
              {"container.host_uts", kNoValue},
              {"container.host_cgroup", kNoValue},
              {"container.user", "1000"},
              {"container.cmd", "sleep 1"},
              {"container.runtime", "runc"},
              {"container.devices", "/dev/a, /dev/b"},
              {"container.cgroup", "/docker/x"}});
  for (const char* field :
       {"container.capabilities", "container.capability[CHOWN]", "container.seccomp",
        "container.no_new_privs", "container.devices", "container.user", "container.cmd"}) {
    EXPECT_EQ(host_.ask(20, field), kNoValue) << field << ": the host has none";
  }
}

TEST_F(Extraction, TwoContainersWithTheSameShortId) {
  std::string other = kIdA;
  other.back() = other.back() == '0' ? '1' : '0';
  PluginHost host;
  ASSERT_TRUE(host.ok()) << host.error();
  host.put(test::thread(10, test::docker_cgroup(kIdA)));
  host.put(test::thread(11, "/libpod_parent/libpod-" + other));
  host.open();
  const auto expect_both = [&](const char* docker_name, const char* podman_name) {
    for (const auto& [tid, id, type, name] : {std::tuple{int64_t{10}, kIdA, "docker", docker_name},
                                              std::tuple{int64_t{11}, other, "podman", podman_name}}) {
      EXPECT_EQ(host.ask(tid, "container.id"), "aaaaaaaaaaaa");
      EXPECT_EQ(host.ask(tid, "container.full_id"), id);
      EXPECT_EQ(host.ask(tid, "container.type"), type);
      EXPECT_EQ(host.ask(tid, "container.name"), name);
      EXPECT_EQ(host.thread_text(tid, "container_id"), "aaaaaaaaaaaa");
    }
  };
  expect_both(kNoValue, kNoValue);
  core::Container of_docker = test::full_container(kIdA);
  of_docker.name = "dockers";
  core::Container of_podman = test::full_container(other);
  of_podman.type = core::ContainerType::kPodman;
  of_podman.name = "podmans";
  ASSERT_TRUE(host.announce(of_docker));
  expect_both("dockers", kNoValue);
  ASSERT_TRUE(host.announce(of_podman));
  expect_both("dockers", "podmans");
  // The end of one is not the end of the other.
  ASSERT_TRUE(host.announce_removed(of_podman));
  host.set_now(test::kStart + 100 * test::kSecond);
  EXPECT_EQ(host.ask(10, "container.name"), "dockers");
}

TEST_F(Extraction, LabelsAndMountsByArgument) {
  ASSERT_TRUE(host_.announce(test::full_container(kIdA)));
  expect(10, {{"container.label[app]", "web"},
              {"container.label.app", "web"},
              {"container.label[com.example/tier-1_x.y]", "front"},
              {"container.label[empty]", ""},
              {"container.label[io.kubernetes.x]", "hidden"},
              {"container.label[none]", kNoValue},
              {"container.mount[0]", "/host/a:/a:ro:false:rprivate"},
              {"container.mount[1]", "/host/b:/b::true:rslave"},
              {"container.mount[2]", kNoValue},
              {"container.mount[18446744073709551616]", kNoValue},
              {"container.mount[/host/b]", "/host/b:/b::true:rslave"},
              {"container.mount[/host/*]", "/host/a:/a:ro:false:rprivate"},
              {"container.mount[/elsewhere]", kNoValue},
              {"container.mount.source[0]", "/host/a"},
              {"container.mount.source[/b]", "/host/b"},
              {"container.mount.source[/host/b]", kNoValue},
              {"container.mount.dest[/host/b]", "/b"},
              {"container.mount.mode[/host/a]", "ro"},
              {"container.mount.mode[/host/b]", kNoValue},
              {"container.mount.rdwr[/host/a]", "false"},
              {"container.mount.rdwr[1]", "true"},
              {"container.mount.propagation[/host/?]", "rprivate"}});
}

TEST_F(Extraction, HostAnswersHost) {
  expect(20, {{"container.id", "host"},
              {"container.full_id", "host"},
              {"container.name", "host"},
              {"container.type", "host"},
              {"container.privileged", "false"},
              {"container.host_pid", "false"},
              {"container.host_network", "false"},
              {"container.host_ipc", "false"},
              {"proc.is_container_healthcheck", "false"},
              {"container.image", kNoValue},
              {"container.image.repository", kNoValue},
              {"container.labels", kNoValue},
              {"container.label[app]", kNoValue},
              {"container.mounts", kNoValue},
              {"container.mount[0]", kNoValue},
              {"container.ip", kNoValue},
              {"k8s.pod.name", kNoValue},
              {"k8s.pod.ip", kNoValue}});
}

TEST_F(Extraction, OnlyTheCgroupIsKnown) {
  expect(10, {{"container.id", "aaaaaaaaaaaa"},
              {"container.full_id", kIdA.c_str()},
              {"container.type", "docker"},
              {"container.name", kNoValue},
              {"container.image", kNoValue},
              {"container.privileged", kNoValue}});
  EXPECT_EQ(host_.metric("answers_unknown_yet"), 3u);
  EXPECT_EQ(host_.metric("n_missing_container_images"), 1u);
}

TEST_F(Extraction, NoThreadNoAnswer) {
  for (const char* field : {"container.id", "container.name", "container.privileged", "container.start_ts",
                            "proc.is_container_healthcheck"}) {
    EXPECT_EQ(host_.ask(4711, field), kNoValue) << field;
    EXPECT_EQ(host_.ask(-1, field), kNoValue) << field;
    EXPECT_EQ(host_.ask(0, field), kNoValue) << field;
  }
}

TEST_F(Extraction, NotInAPodNoPodFields) {
  core::Container plain = test::full_container(kIdA);
  plain.pod_name = plain.pod_namespace = plain.pod_uid = plain.pod_sandbox_id = "";
  plain.pod_sandbox_labels.reset();
  ASSERT_TRUE(host_.announce(plain));
  expect(10, {{"k8s.pod.ip", kNoValue},
              {"k8s.pod.cni.json", kNoValue},
              {"k8s.pod.labels", kNoValue},
              {"k8s.pod.sandbox_id", kNoValue},
              {"k8s.pod.full_sandbox_id", kNoValue}});
}

TEST_F(Extraction, TheSandboxIsItsOwnPod) {
  core::Container sandbox;
  sandbox.type = core::ContainerType::kCri;
  sandbox.full_id = kIdA;
  sandbox.is_pod_sandbox = true;
  sandbox.ip = "10.1.1.1";
  sandbox.labels = {{"app", "db"}};
  ASSERT_TRUE(host_.announce(sandbox));
  expect(10, {{"k8s.pod.sandbox_id", "aaaaaaaaaaaa"},
              {"k8s.pod.full_sandbox_id", kIdA.c_str()},
              {"k8s.pod.label[app]", "db"},
              {"k8s.pod.labels", "app:db"},
              {"k8s.pod.ip", "10.1.1.1"}});
}

TEST_F(Extraction, DeprecatedFieldsHaveNoValue) {
  ASSERT_TRUE(host_.announce(test::full_container(kIdA)));
  for (const char* field :
       {"k8s.rc.name", "k8s.rc.label[x]", "k8s.svc.labels", "k8s.ns.id", "k8s.ns.label[x]", "k8s.rs.id",
        "k8s.deployment.name", "k8s.deployment.label[x]"}) {
    EXPECT_EQ(host_.ask(10, field), kNoValue) << field;
  }
}

TEST_F(Extraction, StartAndAge) {
  host::ThreadData data = test::thread(30, test::docker_cgroup(kIdA));
  data.pidns_init_start_ts = test::kStart - 5 * test::kSecond;
  host_.put(data);
  expect(30, {{"container.start_ts", "1699999995000000000"}, {"container.duration", "5000000000"}});
  data.pidns_init_start_ts = test::kStart + 1;  // clocks differ a little
  host_.put(data);
  expect(30, {{"container.duration", "0"}});
  expect(10, {{"container.start_ts", kNoValue}, {"container.duration", kNoValue}});
}

// In the host's pid namespace, and in `runc init`, the namespace is as old as the host.
TEST_F(Extraction, NoContainerIsOlderThanItsCreation) {
  host::ThreadData data = test::thread(30, test::docker_cgroup(kIdA));
  data.pidns_init_start_ts = test::kStart - 5000 * test::kSecond;
  host_.put(data);
  expect(30, {{"container.start_ts", "1699995000000000000"}, {"container.duration", "5000000000000"}});
  core::Container container = test::full_container(kIdA);
  container.created_time = 1699999998;
  ASSERT_TRUE(host_.announce(container));
  expect(30, {{"container.start_ts", "1699999998000000000"}, {"container.duration", "2000000000"}});
  // Created long ago and started anew: its namespace is younger.
  data.pidns_init_start_ts = test::kStart - test::kSecond;
  host_.put(data);
  expect(30, {{"container.duration", "1000000000"}});
}

TEST_F(Extraction, ANumberThatIsNoTimeIsNoValue) {
  host::ThreadData data = test::thread(30, test::docker_cgroup(kIdA));
  for (const uint64_t no_time :
       {uint64_t{3'401'640'637'783}, test::kStart + 3600 * test::kSecond, UINT64_MAX}) {
    data.pidns_init_start_ts = no_time;
    host_.put(data);
    expect(30, {{"container.start_ts", kNoValue}, {"container.duration", kNoValue}});
  }
  core::Container container = test::full_container(kIdA);
  container.created_time = 1699999990;
  ASSERT_TRUE(host_.announce(container));
  expect(30, {{"container.start_ts", "1699999990000000000"}, {"container.duration", "10000000000"}});
  container.created_time = INT64_MAX;
  ASSERT_TRUE(host_.announce(container));
  expect(30, {{"container.start_ts", kNoValue}});
}

TEST_F(Extraction, DisabledHealthcheckIsNamed) {
  core::Container container = test::full_container(kIdA);
  container.healthcheck = core::Probe{"NONE", {}};
  container.liveness_probe.reset();
  ASSERT_TRUE(host_.announce(container));
  expect(10, {{"container.healthcheck", "NONE"}, {"container.liveness_probe", kNoValue}});
}

// The host reuses the memory of its events: the same address and number must not mean the same answer.
TEST_F(Extraction, NoAnswerOfTheLastEventLeaksIntoTheNext) {
  ASSERT_TRUE(host_.announce(test::full_container(kIdA)));
  host::EventBytes event = host::EventBuilder(0, 10, test::kStart).build();
  const auto set_thread = [&event](uint64_t tid) {
    std::memcpy(event.data() + offsetof(api::Event, tid), &tid, sizeof(tid));
  };
  EXPECT_EQ(host_.ask_before_parsing(event, "container.name"), "web");
  set_thread(20);
  EXPECT_EQ(host_.ask_before_parsing(event, "container.name"), "host");
  set_thread(10);
  EXPECT_EQ(host_.ask_before_parsing(event, "container.name"), "web");
}

}  // namespace
