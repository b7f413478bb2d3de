// CRI-O, which Debian does not have, played back: a peer that gives CRI-O 1.35.6's recorded answers and sends
// its recorded events, followed by a real worker from the connection to the removal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <map>
#include <mutex>

#include "core/container_json.h"
#include "grpc_engine_fixture.h"
#include "protobuf_from_json.h"
#include "support/eventually.h"
#include "support/journal.h"
#include "worker/worker.h"

namespace engines::cri {
namespace {

namespace json = boost::json;
using core::Container;
using core::ContainerType;
using support::eventually;
using test::FakeGrpc;
using test::field;

const std::string kRecording = "crio-1.35.6/";
// The pod's own interfaces; what is on the host's side is left out, and the addresses' indices follow.
constexpr const char* kCni =
    R"({"cniVersion":"1.1.0","interfaces":[{"mac":"e2:53:4c:34:b0:2d","name":"engcni0"},)"
    R"({"mac":"76:3f:c5:23:81:9f","name":"eth0","sandbox":)"
    R"("/srv/cr1/crio/ns/netns/b1159120-ce79-47dd-84c5-810af0027e6f"}],)"
    R"("ips":[{"address":"10.99.0.4/16","gateway":"10.99.0.1","interface":1}],"routes":[{"dst":"0.0.0.0/0"}]})";

class CrioReplay : public ::testing::Test {
 protected:
  CrioReplay() {
    fake_.on("Version", field(1, "0.1.0") + field(2, "cri-o") + field(3, "1.35.6") + field(4, "v1"));
    fake_.stream("GetContainerEvents");
    fake_.on("ListContainers", std::string());
    fake_.on("ListPodSandbox", std::string());
    for (const char* method : {"ContainerStatus", "PodSandboxStatus"}) {
      fake_.on(method, [this](const FakeGrpc::Request& request) { return status_of(request); });
    }
    keep("crictl-inspect.json", test::container_status_response);
    keep("crictl-inspect-privileged-nocgroupparent.json", test::container_status_response);
    keep("crictl-inspectp.json", test::sandbox_status_response);
    keep("crictl-inspectp-hostnet.json", test::sandbox_status_response);
    for (config::SocketEngine* engine :
         {&config_.docker, &config_.podman, &config_.containerd, &config_.cri}) {
      engine->enabled = false;
    }
    config_.podman_user_sockets = false;
    config_.cri.enabled = true;
    config_.cri.sockets = {fake_.peer().path()};
    config_.with_env = true;
  }

  void follow() {
    worker_ = worker::Worker::start(config_, journal_, book_.logger());
    ASSERT_TRUE(worker_->wait_until_listed(std::chrono::seconds(10)));
    ASSERT_TRUE(eventually([this] { return fake_.asked("GetContainerEvents") > 0; }));
  }
  // The recorded events in their order, up to and including the `count`th.
  void replay(size_t first, size_t count) {
    static const std::map<std::string_view, int64_t> kTypes = {{"CONTAINER_CREATED_EVENT", 0},
                                                               {"CONTAINER_STARTED_EVENT", 1},
                                                               {"CONTAINER_STOPPED_EVENT", 2},
                                                               {"CONTAINER_DELETED_EVENT", 3}};
    const json::value events = test::recorded_json(kRecording + "crictl-events.json");
    ASSERT_EQ(events.as_array().size(), 11u);
    for (size_t i = first; i < first + count; ++i) {
      const json::value& event = events.at(i);
      // crictl's JSON of a PodSandboxStatus is the one that `crictl inspectp` has in "status".
      const json::value pod = {{"status", event.at("podSandboxStatus")}};
      const std::string status = test::sandbox_status_response(pod);
      fake_.send(field(1, std::string(event.at("containerId").as_string())) +
                 field(2, kTypes.at(event.at("containerEventType").as_string())) +
                 field(3, int64_t{1795333783000000000}) + field(4, message_in(status)));
    }
  }
  std::shared_ptr<const Container> wait_for(const std::string& id) {
    EXPECT_TRUE(eventually([&] {
      const auto record = journal_.newest(id);
      return record != nullptr && !record->pod_uid.empty() && record->pod_sandbox_labels &&
             !record->image.empty();
    })) << id;
    return journal_.newest(id);
  }
  void forget(const std::string& id) {
    const std::lock_guard lock(mutex_);
    answers_.erase(id);
  }

  FakeGrpc fake_;
  config::Config config_;
  support::Journal journal_;
  support::LogBook book_;
  std::unique_ptr<worker::Worker> worker_;  // last: it ends first

 private:
  void keep(const char* file, std::string (*encode)(const json::value&)) {
    const json::value recorded = test::recorded_json(kRecording + file);
    answers_[std::string(recorded.at("status").at("id").as_string())] = encode(recorded);
  }
  net::grpc::test::PeerReply status_of(const FakeGrpc::Request& request) {
    const std::lock_guard lock(mutex_);
    const std::string id = message_in(request.message);
    const bool of_pods = request.path.ends_with("PodSandboxStatus");
    const auto found = answers_.find(id);
    const bool is_pod = id == kPod || id == kHostPod;
    if (found == answers_.end() || is_pod != of_pods)
      return net::grpc::test::reply_status("5", "could not find \"" + id + "\"");
    return net::grpc::test::reply_with({found->second});
  }
  // The bytes of the first field of a message, which has the number 1.
  static std::string message_in(const std::string& message) {
    size_t at = 1;
    size_t length = 0;
    for (unsigned shift = 0; at < message.size(); shift += 7) {
      const auto byte = static_cast<unsigned char>(message[at++]);
      length |= static_cast<size_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) break;
    }
    return message.substr(at, length);
  }

  std::mutex mutex_;
  std::map<std::string, std::string> answers_;

 public:
  static inline const std::string kPod = "fb61f0977f587913d22d94813831cae53b2e926ab7fdd8d908265aa9709f5c5e";
  static inline const std::string kWeb = "cdebca8d4c6409c459bfe111c8501e7bec58eb2be274eba36cdeb318825bbc43";
  static inline const std::string kHostPod =
      "f5886214a6fdea70d02fdc34d1b4eeaaf535f5c19a3234b49f42b2182b242b1c";
  static inline const std::string kMighty =
      "30ae0fbfb11aaeb5373d1b9e28a91721febd52b3c3f7ce9c6dddab0271554061";
};

// What CRI-O said of the pod `pod1`.
// Of a container that nothing was asked for.
void nothing_special(Container& container) {
  container.privileged = container.host_pid = container.host_network = container.host_ipc = core::YesNo::kNo;
  container.cpu_period = core::kDefaultCpuPeriod;
  container.cpu_shares = core::kDefaultCpuShares;
  container.cpu_quota = container.cpuset_cpu_count = container.memory_limit = container.swap_limit = 0;
}

// CRI-O's default capabilities; it ran on a kernel without seccomp.
core::Posture usual_posture() {
  core::Posture posture;
  posture.capabilities = 0;
  for (const char* name : {"CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETGID",
                           "SETPCAP", "SETUID"}) {
    *posture.capabilities |= core::Capabilities{1} << core::capability_number(name).value();
  }
  posture.seccomp = core::kUnconfined;
  posture.no_new_privs = posture.readonly_rootfs = posture.user_ns = posture.host_uts = core::YesNo::kNo;
  posture.host_cgroup = core::YesNo::kYes;
  posture.cmd = "sleep 1000";
  posture.devices.emplace();
  return posture;
}

Container expected_pod() {
  Container pod;
  pod.type = ContainerType::kCrio;
  pod.source = core::Source::kApi;
  nothing_special(pod);
  pod.full_id = CrioReplay::kPod;
  pod.name = "pod1";
  pod.image = "registry.k8s.io/pause:3.9";
  pod.image_repository = "registry.k8s.io/pause";
  pod.image_tag = "3.9";
  pod.user = "0";
  pod.env = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"};
  pod.ip = "10.99.0.4";
  pod.cpu_shares = 2;
  pod.created_time = 1795333782;
  pod.labels = {{"app", "web"},
                {"io.kubernetes.container.name", "POD"},
                {"io.kubernetes.pod.name", "pod1"},
                {"io.kubernetes.pod.namespace", "kube-test"},
                {"io.kubernetes.pod.uid", "c7713d8f-b33f-4bfb-a1a0-d4c113082392"},
                {"org.example.tier", "front"}};
  pod.port_mappings = {{0, 18080, 80}};
  core::Posture posture = usual_posture();
  posture.readonly_rootfs = core::YesNo::kYes;
  posture.cmd = "/bin/sleep 2147483647";
  pod.posture.set(posture);
  pod.cgroup_path = "/kubepods/burstable/podc7713d8f-b33f-4bfb-a1a0-d4c113082392/crio-" + pod.full_id;
  pod.is_pod_sandbox = true;
  pod.cni_json = kCni;
  pod.pod_sandbox_id = pod.full_id;
  pod.pod_sandbox_labels = pod.labels;
  pod.pod_name = "pod1";
  pod.pod_namespace = "kube-test";
  pod.pod_uid = "c7713d8f-b33f-4bfb-a1a0-d4c113082392";
  return pod;
}

Container expected_web() {
  Container web;
  web.type = ContainerType::kCrio;
  web.source = core::Source::kApi;
  nothing_special(web);
  web.full_id = CrioReplay::kWeb;
  web.name = "cri1";
  web.image = "example.test/team/enginetest:1.0";
  web.image_id = "4d81be1e2f89d1f0c4bd85385ecde30f8e2bb62ed954ea41475f92e2c16dea20";
  web.image_repository = "example.test/team/enginetest";
  web.image_tag = "1.0";
  web.image_digest = "sha256:016ea6fe4e3d6e6786cb3b386e3c78c352b82c3753dc32d45bfbe163bdbcba08";
  web.user = "1000";
  web.cgroup_path = "/kubepods/burstable/podc7713d8f-b33f-4bfb-a1a0-d4c113082392/crio-" + web.full_id;
  web.posture.set(usual_posture());
  web.cpu_quota = 50000;
  web.cpu_shares = 512;
  web.cpuset_cpu_count = 2;
  web.memory_limit = 104857600;
  web.swap_limit = 104857600;
  web.created_time = 1795333783;
  web.labels = {{"app", "web"},
                {"io.kubernetes.container.name", "cri1"},
                {"io.kubernetes.pod.name", "pod1"},
                {"io.kubernetes.pod.namespace", "kube-test"},
                {"io.kubernetes.pod.uid", "c7713d8f-b33f-4bfb-a1a0-d4c113082392"},
                {"org.example.tier", "front"}};
  web.mounts = {{"/srv/cr1/m1", "/m1", "", false, "private"}, {"/srv/cr1/m2", "/m2", "", true, "private"}};
  web.env = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
             "TERM=xterm",
             "HOSTNAME=pod1",
             "FOO=bar",
             "PATH=/bin:/sbin",
             "IMAGE_ENV=from-image"};
  const Container pod = expected_pod();
  web.ip = pod.ip;
  web.cni_json = pod.cni_json;
  web.port_mappings = pod.port_mappings;
  web.pod_sandbox_id = pod.full_id;
  web.pod_sandbox_labels = pod.labels;
  web.pod_name = pod.pod_name;
  web.pod_namespace = pod.pod_namespace;
  web.pod_uid = pod.pod_uid;
  return web;
}

Container expected_mighty() {
  Container mighty;
  mighty.type = ContainerType::kCrio;
  mighty.source = core::Source::kApi;
  nothing_special(mighty);
  mighty.full_id = CrioReplay::kMighty;
  mighty.name = "cri2";
  const Container web = expected_web();
  mighty.image = web.image;
  mighty.image_id = web.image_id;
  mighty.image_repository = web.image_repository;
  mighty.image_tag = web.image_tag;
  mighty.image_digest = web.image_digest;
  mighty.user = "0";
  mighty.env = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm",
                "HOSTNAME=vm", "PATH=/bin:/sbin", "IMAGE_ENV=from-image"};
  mighty.privileged = core::YesNo::kYes;
  core::Posture posture = usual_posture();
  posture.capabilities = (core::Capabilities{1} << core::capability_names().size()) - 1;
  posture.devices.reset();
  mighty.cgroup_path = "/crio/crio-" + mighty.full_id;
  mighty.posture.set(posture);
  mighty.host_network = core::YesNo::kYes;
  mighty.created_time = 1795333783;
  mighty.labels = {{"io.kubernetes.container.name", "cri2"},
                   {"io.kubernetes.pod.name", "cri2-pod"},
                   {"io.kubernetes.pod.namespace", "default"},
                   {"io.kubernetes.pod.uid", "5a0c3510-12f5-4463-810c-171a63f59985"}};
  mighty.pod_sandbox_id = CrioReplay::kHostPod;
  mighty.pod_sandbox_labels = mighty.labels;
  (*mighty.pod_sandbox_labels)["io.kubernetes.container.name"] = "POD";
  mighty.pod_name = "cri2-pod";
  mighty.pod_namespace = "default";
  mighty.pod_uid = "5a0c3510-12f5-4463-810c-171a63f59985";
  return mighty;
}

// Every member.
void expect_same(const std::shared_ptr<const Container>& record, const Container& expected) {
  ASSERT_NE(record, nullptr) << expected.name;
  EXPECT_TRUE(*record == expected) << "is       " << core::to_json(*record) << "\nexpected "
                                   << core::to_json(expected) << "\nenvironment variables "
                                   << ::testing::PrintToString(record->env);
}

TEST_F(CrioReplay, EventsTellTheWholeStoryOfAPod) {
  follow();
  EXPECT_TRUE(journal_.entries().empty());
  replay(0, 3);  // the sandbox started, its container created and started
  const auto pod = wait_for(kPod);
  const auto web = wait_for(kWeb);
  expect_same(pod, expected_pod());
  expect_same(web, expected_web());
  replay(3, 3);  // a privileged one on the host's network
  const auto mighty = wait_for(kMighty);
  expect_same(mighty, expected_mighty());
  EXPECT_EQ(wait_for(kHostPod)->host_network, core::YesNo::kYes);

  EXPECT_EQ(journal_.removals(kWeb), 0);
  forget(kWeb);
  replay(6, 2);  // stopped, deleted
  ASSERT_TRUE(eventually([&] { return journal_.removals(kWeb) == 1; }));
  replay(8, 3);  // the rest is stopped, which is not gone
  fake_.send(field(1, kMighty) + field(2, int64_t{3}));
  ASSERT_TRUE(eventually([&] { return journal_.removals(kMighty) == 1; }));
  EXPECT_EQ(journal_.removals(kPod), 0);
  EXPECT_EQ(journal_.removals(kHostPod), 0);
  EXPECT_EQ(worker_->sockets().front().errors, 0u);
  EXPECT_EQ(worker_->sockets().front().events, 12u);
}

TEST_F(CrioReplay, ListsTellOfWhatRunsAlready) {
  fake_.on("ListContainers",
           test::list_containers_response(test::recorded_json(kRecording + "crictl-ps.json")));
  fake_.on("ListPodSandbox",
           test::list_sandboxes_response(test::recorded_json(kRecording + "crictl-pods.json")));
  follow();
  expect_same(wait_for(kPod), expected_pod());
  expect_same(wait_for(kWeb), expected_web());
  expect_same(wait_for(kMighty), expected_mighty());
  EXPECT_EQ(worker_->sockets().front().containers, 7u) << "three containers and four sandboxes";
  // Two of the pods were listed, and gone when they were looked up: what the lists told is better than
  // nothing.
  ASSERT_TRUE(eventually([&] { return journal_.named("w1-pod") != nullptr; }));
  EXPECT_TRUE(journal_.named("w1-pod")->is_pod_sandbox);
}

// An evented CRI-O is followed by events and by lists every ten seconds; one without events by lists alone.
TEST_F(CrioReplay, WithoutEventsTheListsTell) {
  fake_.fail("GetContainerEvents", "12", "unknown method GetContainerEvents");
  worker_ = worker::Worker::start(config_, journal_, book_.logger());
  ASSERT_TRUE(worker_->wait_until_listed(std::chrono::seconds(10)));
  fake_.on("ListContainers",
           test::list_containers_response(test::recorded_json(kRecording + "crictl-ps.json")));
  fake_.on("ListPodSandbox",
           test::list_sandboxes_response(test::recorded_json(kRecording + "crictl-pods.json")));
  expect_same(wait_for(kWeb), expected_web());
  fake_.on("ListContainers", std::string());
  EXPECT_TRUE(eventually([&] { return journal_.removals(kWeb) == 1; }));
  EXPECT_EQ(journal_.removals(kPod), 0);
}

}  // namespace
}  // namespace engines::cri
