// The containerd engine against a fake server: what it asks, what it tells, how its sessions end.
#include "engines/containerd/containerd_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "engines/registry.h"
#include "grpc_engine_fixture.h"
#include "protobuf_from_json.h"

namespace engines::containerd {
namespace {

using core::Container;
using core::ContainerType;
using net::grpc::test::reply_status;
using net::grpc::test::reply_with;
using test::FakeGrpc;
using test::field;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr const char* kRecording = "containerd-2.1.9/";

// A fake containerd: containers by namespace, everything else by hand.
class ContainerdEngineTest : public test::GrpcEngineTest {
 protected:
  ContainerdEngineTest() {
    fake_.on("Version", field(1, "1.6.20"));
    fake_.stream("Subscribe");
    fake_.on("List", [this](const FakeGrpc::Request& request) { return list(request); });
    fake_.on("ListStream", [this](const FakeGrpc::Request& request) { return list_stream(request); });
    fake_.on("Get", [this](const FakeGrpc::Request& request) { return get(request); });
  }

  // message: a containers.Container.
  void add(const std::string& name_space, const std::string& id, const std::string& message) {
    const std::lock_guard lock(mutex_);
    containers_[name_space][id] = message;
  }
  void add(const std::string& name_space, const std::string& id) {
    add(name_space, id, field(1, id) + field(3, "example.test/image:1"));
  }
  // A recorded container in k8s.io; its id.
  std::string add_recorded(const char* file) {
    const auto json = test::recorded_json(std::string(kRecording) + file);
    const std::string response = test::get_container_response(json);
    std::string id(json.at("ID").as_string());
    // Without the outer field: tag, and a length of three bytes for messages of 16 KiB and more, else of two.
    size_t prefix = 1;
    while ((response[prefix] & 0x80) != 0) ++prefix;
    add("k8s.io", id, response.substr(prefix + 1));
    return id;
  }
  void send_event(const std::string& name_space, const std::string& topic, const std::string& id) {
    fake_.send(field(2, name_space) + field(3, topic) +
               field(4, field(2, field(1, id) + field(2, "event/image:2"))));
  }
  std::string answered_in() {
    const std::lock_guard lock(mutex_);
    return answered_in_;
  }

  std::unique_ptr<Engine> engine_ = create(context());

 private:
  static std::string name_space(const FakeGrpc::Request& request) {
    const auto found = request.headers.find("containerd-namespace");
    return found == request.headers.end() ? "(none)" : found->second;
  }
  static std::string asked_for(const FakeGrpc::Request& request) {
    return request.message.size() > 2 ? request.message.substr(2) : "";
  }
  FakeGrpc::Reply list(const FakeGrpc::Request& request) {
    const std::lock_guard lock(mutex_);
    std::string answer;
    if (request.path.find("Namespaces") != std::string::npos) {
      for (const auto& [name, containers] : containers_) answer += field(1, field(1, name));
    } else {
      for (const auto& [id, message] : containers_[name_space(request)]) answer += field(1, message);
    }
    return reply_with({answer});
  }
  FakeGrpc::Reply list_stream(const FakeGrpc::Request& request) {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> messages;
    for (const auto& [id, message] : containers_[name_space(request)]) messages.push_back(field(1, message));
    return reply_with(messages);
  }
  FakeGrpc::Reply get(const FakeGrpc::Request& request) {
    const std::lock_guard lock(mutex_);
    const std::string wanted = asked_for(request);
    if (request.path.find("Images") != std::string::npos) {
      ++image_requests_;
      return reply_with({field(1, field(1, wanted) + field(3, field(2, "sha256:of-" + wanted)))});
    }
    const auto& containers = containers_[name_space(request)];
    const auto found = containers.find(wanted);
    if (found == containers.end()) return reply_status("5", "no such container");
    answered_in_ = name_space(request);
    return reply_with({field(1, found->second)});
  }

  std::mutex mutex_;
  std::map<std::string, std::map<std::string, std::string>> containers_;
  std::string answered_in_;

 protected:
  std::atomic<int> image_requests_ = 0;
};

TEST_F(ContainerdEngineTest, ASessionListsEveryNamespace) {
  add("default", "ctr1");
  add("other", "ctr.2");
  const std::string kubernetes = add_recorded("ctr-c-info-cri-container.json");
  ASSERT_TRUE(listed(*engine_)) << end();
  EXPECT_EQ(recorder_.connections, 1);
  ASSERT_EQ(recorder_.list.size(), 3u);
  const Sighting* plain = recorder_.listed_as("ctr1");
  ASSERT_NE(plain, nullptr);
  EXPECT_TRUE(plain->complete);
  EXPECT_EQ(plain->container.type, ContainerType::kContainerd);
  EXPECT_EQ(plain->container.image_repository, "example.test/image");
  EXPECT_EQ(plain->container.image_digest, "sha256:of-example.test/image:1");
  ASSERT_NE(recorder_.listed_as("ctr.2"), nullptr);
  ASSERT_NE(recorder_.listed_as(kubernetes), nullptr);
  EXPECT_FALSE(recorder_.listed_as(kubernetes)->complete) << "CRI knows more";
  EXPECT_EQ(recorder_.listed_as(kubernetes)->container.name, "cri1");
}

TEST_F(ContainerdEngineTest, AServerWithoutListStreamIsListedAtOnce) {
  fake_.fail("ListStream", "12");
  add("default", "ctr1");
  ASSERT_TRUE(listed(*engine_)) << end();
  EXPECT_NE(recorder_.listed_as("ctr1"), nullptr);
}

TEST_F(ContainerdEngineTest, ImagesAreAskedForOnce) {
  add("default", "a");
  add("default", "b");
  ASSERT_TRUE(listed(*engine_)) << end();
  EXPECT_EQ(image_requests_, 1);
  found(*engine_, "a");
  EXPECT_EQ(image_requests_, 1);
  send_event("default", "/images/update", "x");
  ASSERT_TRUE(eventually([&] { return recorder_.events == 1; }));
  found(*engine_, "a");
  EXPECT_EQ(image_requests_, 2) << "an image changed";
}

TEST_F(ContainerdEngineTest, EventsAreTold) {
  add("default", "ctr1");
  ASSERT_TRUE(listed(*engine_)) << end();
  send_event("default", "/containers/create", "new");
  send_event("default", "/tasks/start", "new");
  send_event("k8s.io", "/tasks/start", "pod");
  send_event("default", "/containers/update", "ctr1");
  send_event("default", "/containers/delete", "ctr1");
  send_event("default", "/snapshot/prepare", "snapshot");
  send_event("default", "/containers/create", "../bad");
  ASSERT_TRUE(eventually([&] { return recorder_.events == 7; })) << recorder_.events;
  EXPECT_EQ(recorder_.changes_of("new"), 1) << "a start tells nothing new of a plain container";
  EXPECT_EQ(recorder_.changes_of("pod"), 1) << "but of a pod";
  EXPECT_EQ(recorder_.changes_of("ctr1"), 1);
  EXPECT_EQ(recorder_.changes.size(), 3u);
  EXPECT_THAT(recorder_.removals, ElementsAre("default/ctr1"));
  EXPECT_EQ(recorder_.changes[0].container.image_tag, "2");
  EXPECT_EQ(recorder_.changes[0].container.engine_namespace, "default");
  EXPECT_EQ(recorder_.changes[1].container.engine_namespace, "k8s.io");
  EXPECT_EQ(recorder_.changes[0].container.type, ContainerType::kContainerd);
  EXPECT_FALSE(recorder_.changes[0].complete);
}

TEST_F(ContainerdEngineTest, WithTheStartHookACreationIsNotLookedUp) {
  Context made = context();
  made.settings.hook_create = false;
  engine_ = create(made);
  add("default", "ctr1");
  ASSERT_TRUE(listed(*engine_)) << end();
  send_event("default", "/containers/create", "new");
  send_event("default", "/tasks/start", "new");
  ASSERT_TRUE(eventually([&] { return recorder_.events == 2; }));
  EXPECT_EQ(recorder_.changes_of("new"), 1);
}

TEST_F(ContainerdEngineTest, TheSameIdInTwoNamespacesIsTwoContainers) {
  add("default", "ctr1");
  add("other", "ctr1", field(1, "ctr1") + field(3, "example.test/other:9"));
  ASSERT_TRUE(listed(*engine_)) << end();
  ASSERT_EQ(recorder_.list.size(), 2u);
  EXPECT_EQ(recorder_.list[0].container.engine_namespace, "default");
  EXPECT_EQ(recorder_.list[1].container.engine_namespace, "other");
  EXPECT_EQ(found(*engine_, "other/ctr1").image_tag, "9");
  EXPECT_EQ(found(*engine_, "other/ctr1").engine_namespace, "other");
  EXPECT_EQ(found(*engine_, "default/ctr1").image_tag, "1");
  send_event("other", "/containers/delete", "ctr1");
  send_event("", "/containers/delete", "ctr1");
  send_event("a/b", "/containers/delete", "ctr1");
  ASSERT_TRUE(eventually([&] { return recorder_.events == 3; }));
  EXPECT_THAT(recorder_.removals, ElementsAre("other/ctr1")) << "and what is no namespace says nothing";
}

TEST_F(ContainerdEngineTest, DockersContainersAreLeftToDocker) {
  recorder_.followed = ContainerType::kDocker;
  add("moby", "docker1");
  add("default", "ctr1");
  ASSERT_TRUE(listed(*engine_)) << end();
  EXPECT_EQ(recorder_.list.size(), 1u);
  EXPECT_EQ(recorder_.listed_as("docker1"), nullptr);
  send_event("moby", "/containers/create", "docker2");
  send_event("moby", "/containers/delete", "docker1");
  ASSERT_TRUE(eventually([&] { return recorder_.events == 2; }));
  EXPECT_THAT(recorder_.changes, IsEmpty());
  EXPECT_THAT(recorder_.removals, ElementsAre("moby/docker1"))
      << "of one that was told of while Docker was away";
  EXPECT_EQ(found(*engine_, "docker1"), Container());
}

TEST_F(ContainerdEngineTest, WithoutDockerItsContainersAreFollowed) {
  add("moby", "docker1");
  ASSERT_TRUE(listed(*engine_)) << end();
  EXPECT_NE(recorder_.listed_as("docker1"), nullptr);
  EXPECT_EQ(found(*engine_, "docker1").full_id, "docker1");
}

TEST_F(ContainerdEngineTest, DockerMayConnectAMomentLater) {
  add("moby", "docker1");
  start(*engine_);
  // What the engine asks for right before it waits for Docker.
  ASSERT_TRUE(eventually([&] { return fake_.asked("List") == 1; }));
  recorder_.followed = ContainerType::kDocker;
  ASSERT_TRUE(eventually([&] { return recorder_.lists == 1; }));
  EXPECT_EQ(recorder_.listed_as("docker1"), nullptr);
}

TEST_F(ContainerdEngineTest, LookUpsAreExactAndTryEveryNamespace) {
  add("default", "ctr1");
  add("other", "unlisted");
  ASSERT_TRUE(listed(*engine_)) << end();
  add("default", "late");
  EXPECT_EQ(found(*engine_, "unlisted").full_id, "unlisted");
  EXPECT_EQ(answered_in(), "other");
  EXPECT_EQ(found(*engine_, "unlisted").engine_namespace, "other");
  EXPECT_EQ(found(*engine_, "late").full_id, "late");
  EXPECT_EQ(found(*engine_, "lat"), Container()) << "a prefix";
  EXPECT_EQ(found(*engine_, "missing"), Container());
  EXPECT_EQ(found(*engine_, "default/late").full_id, "late");
  EXPECT_EQ(found(*engine_, "other/late"), Container()) << "not in that namespace";
}

TEST_F(ContainerdEngineTest, IdsThatCannotBeAreNotAskedFor) {
  add("default", "ctr1");
  ASSERT_TRUE(listed(*engine_)) << end();
  const int before = fake_.asked("Get");
  for (const char* id : {"", "../ctr1", "a b", "x\n", "-", "default/", "/ctr1", "a/b/c", "\xff"}) {
    EXPECT_EQ(found(*engine_, id), Container()) << id;
  }
  EXPECT_EQ(fake_.asked("Get"), before);
}

TEST_F(ContainerdEngineTest, AnAnswerForAnotherIdIsNotTaken) {
  add("default", "ctr1", field(1, "somebody-else"));
  ASSERT_TRUE(listed(*engine_)) << end();
  EXPECT_EQ(found(*engine_, "ctr1"), Container());
}

// CRI's answers about the recorded pod.
class WithCri : public ContainerdEngineTest {
 protected:
  WithCri() {
    container_ = add_recorded("ctr-c-info-cri-container.json");
    sandbox_ = add_recorded("ctr-c-info-cri-sandbox.json");
    fake_.on("ContainerStatus", test::container_status_response(
                                    test::recorded_json(std::string(kRecording) + "crictl-inspect.json")));
    fake_.on("PodSandboxStatus", test::sandbox_status_response(
                                     test::recorded_json(std::string(kRecording) + "crictl-inspectp.json")));
  }
  std::string container_;
  std::string sandbox_;
};

TEST_F(WithCri, KubernetesContainersAreCompletedFromCri) {
  ASSERT_TRUE(listed(*engine_)) << end();
  const Container container = found(*engine_, container_);
  EXPECT_EQ(container.full_id, container_);
  EXPECT_EQ(container.type, ContainerType::kContainerd);
  EXPECT_EQ(container.name, "cri1");
  EXPECT_EQ(container.image, "example.test/team/enginetest:1.0");
  EXPECT_EQ(container.image_digest, "sha256:of-example.test/team/enginetest:1.0");
  EXPECT_EQ(container.image_id.size(), 64u);
  EXPECT_EQ(container.ip, "10.99.0.2");
  EXPECT_THAT(container.cni_json, HasSubstr("eth0"));
  EXPECT_EQ(container.pod_sandbox_id, sandbox_);
  ASSERT_TRUE(container.pod_sandbox_labels);
  EXPECT_THAT(*container.pod_sandbox_labels, Contains(Pair("app", "web")));
  EXPECT_EQ(container.memory_limit, 104857600);
  EXPECT_FALSE(container.is_pod_sandbox);
  const Container sandbox = found(*engine_, sandbox_);
  EXPECT_TRUE(sandbox.is_pod_sandbox);
  EXPECT_EQ(sandbox.name, "pod1");
  EXPECT_EQ(sandbox.ip, "10.99.0.2");
  EXPECT_EQ(fake_.asked("PodSandboxStatus"), 1) << "the pod is remembered";
}

TEST_F(WithCri, WithoutCriTheSpecIsAllThereIs) {
  fake_.fail("ContainerStatus", "12");
  fake_.fail("PodSandboxStatus", "12");
  ASSERT_TRUE(listed(*engine_)) << end();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(found(*engine_, container_).pod_name, "pod1");
  EXPECT_EQ(fake_.asked("ContainerStatus"), 1) << "asked once a session";
}

TEST_F(WithCri, AContainerThatCriDoesNotKnowYetHasItsPod) {
  fake_.fail("ContainerStatus", "5", "not found");
  ASSERT_TRUE(listed(*engine_)) << end();
  const Container container = found(*engine_, container_);
  EXPECT_EQ(container.name, "cri1");
  EXPECT_EQ(container.ip, "10.99.0.2");
}

TEST_F(WithCri, ASandboxIsRevisitedUntilItHasAnAddress) {
  fake_.fail("PodSandboxStatus", "5", "not found");
  ASSERT_TRUE(listed(*engine_)) << end();
  EXPECT_EQ(found(*engine_, sandbox_).ip, "");
  ASSERT_TRUE(eventually([&] { return recorder_.changes_of(sandbox_) >= 2; })) << "it comes back by itself";
  fake_.on("PodSandboxStatus", test::sandbox_status_response(
                                   test::recorded_json(std::string(kRecording) + "crictl-inspectp.json")));
  EXPECT_EQ(found(*engine_, sandbox_).ip, "10.99.0.2");
  const int so_far = recorder_.changes_of(sandbox_);
  eventually([] { return false; }, test::milliseconds(700));
  EXPECT_EQ(recorder_.changes_of(sandbox_), so_far) << "and then no more";
}

// containerd announces a container before CRI has it, and nothing of it runs before CRI does.
TEST_F(WithCri, AContainerIsRevisitedUntilCriKnowsIt) {
  fake_.fail("ContainerStatus", "5", "not found");
  ASSERT_TRUE(listed(*engine_)) << end();
  send_event("k8s.io", "/containers/create", container_);
  ASSERT_TRUE(eventually([&] { return recorder_.changes_of(container_) >= 1; }));
  EXPECT_EQ(found(*engine_, container_).image_id, "");
  EXPECT_TRUE(eventually([&] { return recorder_.changes_of(container_) >= 3; })) << "it comes back by itself";
  fake_.on("ContainerStatus", test::container_status_response(
                                  test::recorded_json(std::string(kRecording) + "crictl-inspect.json")));
  EXPECT_EQ(found(*engine_, container_).image_id.size(), 64u);
}

TEST_F(WithCri, ASandboxThatCriDoesNotTellOfYetHasNoLabelsOfItsImage) {
  fake_.fail("PodSandboxStatus", "5", "not found");
  ASSERT_TRUE(listed(*engine_)) << end();
  for (const auto& [key, value] : found(*engine_, sandbox_).labels) {
    EXPECT_THAT(key, ::testing::StartsWith("io.kubernetes.")) << "the pod's own";
  }
  fake_.on("PodSandboxStatus", test::sandbox_status_response(
                                   test::recorded_json(std::string(kRecording) + "crictl-inspectp.json")));
  const Container sandbox = found(*engine_, sandbox_);
  EXPECT_THAT(sandbox.labels, Contains(Pair("app", "web")));
  for (const auto& [key, value] : sandbox.labels) {
    EXPECT_FALSE(key.starts_with("io.cri-containerd.")) << key;
  }
}

// Falco's chart names containerd's main socket for CRI only.
TEST_F(WithCri, ASocketForCriIsUsedForBoth) {
  for (const EngineRow& row : registry()) {
    if (row.name == "cri") engine_ = row.create(context());
  }
  add("default", "webby");
  ASSERT_TRUE(listed(*engine_)) << end();
  ASSERT_NE(recorder_.listed_as("webby"), nullptr);
  EXPECT_EQ(found(*engine_, "default/webby").engine_namespace, "default");
  EXPECT_EQ(found(*engine_, container_).ip, "10.99.0.2") << "and CRI for pods";
}

TEST_F(WithCri, WithContainerdSwitchedOffASocketForCriIsOnlyThat) {
  Context made = context();
  made.settings.follow_containerd = false;
  fake_.on("Version", field(2, "containerd"));
  fake_.on("ListContainers", std::string());
  fake_.on("ListPodSandbox", std::string());
  for (const EngineRow& row : registry()) {
    if (row.name == "cri") engine_ = row.create(made);
  }
  add("default", "webby");
  ASSERT_TRUE(listed(*engine_)) << end();
  EXPECT_EQ(recorder_.listed_as("webby"), nullptr);
  EXPECT_EQ(found(*engine_, "default/webby"), Container());
}

TEST_F(WithCri, AContainerIsRevisitedWhenCriFailed) {
  fake_.fail("ContainerStatus", "14", "server is not initialized yet");
  ASSERT_TRUE(listed(*engine_)) << end();
  EXPECT_EQ(found(*engine_, container_).name, "cri1") << "what containerd told is there at once";
  ASSERT_TRUE(eventually([&] { return recorder_.changes_of(container_) >= 1; }));
}

TEST_F(WithCri, ACriThatHangsDelaysOnlyTheFirstLookUp) {
  Context made = context();
  made.settings.timeout = test::milliseconds(300);
  engine_ = create(made);
  fake_.on("PodSandboxStatus", [](const FakeGrpc::Request&) {
    FakeGrpc::Reply reply;
    reply.silent = true;
    return reply;
  });
  ASSERT_TRUE(listed(*engine_)) << end();
  EXPECT_EQ(found(*engine_, sandbox_).name, "pod1");
  const auto before = std::chrono::steady_clock::now();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(found(*engine_, sandbox_).name, "pod1");
  EXPECT_LT(std::chrono::steady_clock::now() - before, test::milliseconds(300));
}

TEST_F(WithCri, GarbageFromCriDisconnects) {
  fake_.on("ContainerStatus", "\xff\xff\xff");
  ASSERT_TRUE(listed(*engine_)) << end();
  EXPECT_EQ(found(*engine_, container_).name, "cri1") << "what containerd told stays";
  EXPECT_THAT(end(), HasSubstr("Subscribe"));
  EXPECT_GE(engine_->counters().errors, 1u);
}

TEST_F(ContainerdEngineTest, AListThatIsNoListEndsTheSession) {
  add("default", "ctr1", "\xff\xff");
  start(*engine_);
  EXPECT_THAT(end(), HasSubstr("broken protobuf"));
  EXPECT_EQ(recorder_.lists, 0);
}

// PERMISSION_DENIED, UNIMPLEMENTED, INTERNAL: as proxies, other servers and broken ones say.
TEST_F(ContainerdEngineTest, WithoutEventsListsTell) {
  for (const char* code : {"7", "12", "13"}) {
    recorder_ = {};
    engine_ = create(hasty());
    fake_.fail("Subscribe", code, "events are off");
    add("default", "ctr1");
    ASSERT_TRUE(listed(*engine_)) << end();
    EXPECT_TRUE(in_trouble(Part::kEvents, "events are off"));
    add("default", std::string("new") + code);
    EXPECT_TRUE(eventually([&] { return recorder_.listed_as(std::string("new") + code) != nullptr; }));
    fake_.stream("Subscribe");
    EXPECT_TRUE(eventually([&] { return recorder_.troubles[Part::kEvents].empty(); })) << "they are back";
    EXPECT_EQ(recorder_.connections, 1);
    engine_->close();
    end();
  }
}

TEST_F(ContainerdEngineTest, WithoutNamespacesTheUsualOnesAreListed) {
  engine_ = create(hasty());
  add("default", "ctr1");
  add("custom", "ctr2");
  fake_.on("List",
           [](const FakeGrpc::Request&) { return reply_status("7", "namespaces are none of yours"); });
  ASSERT_TRUE(listed(*engine_)) << end();
  EXPECT_TRUE(in_trouble(Part::kList, "namespaces are none of yours"));
  EXPECT_EQ(recorder_.extents.front(), Extent::kSome);
  EXPECT_NE(recorder_.listed_as("ctr1"), nullptr);
  // One that an event names is looked into as well.
  send_event("custom", "/containers/update", "ctr2");
  EXPECT_TRUE(eventually([&] { return recorder_.listed_as("ctr2") != nullptr; }));
}

TEST_F(ContainerdEngineTest, ANamespaceThatCannotBeListedCostsItsOwn) {
  engine_ = create(hasty());
  add("broken", "lost");
  add("default", "ctr1");
  fake_.on("ListStream", [](const FakeGrpc::Request& request) {
    const auto found = request.headers.find("containerd-namespace");
    if (found != request.headers.end() && found->second == "broken")
      return reply_status("13", "bolt: corrupt");
    return reply_with({field(1, field(1, "ctr1"))});
  });
  ASSERT_TRUE(listed(*engine_)) << end();
  EXPECT_TRUE(in_trouble(Part::kList, "bolt: corrupt"));
  EXPECT_NE(recorder_.listed_as("ctr1"), nullptr);
  EXPECT_EQ(recorder_.extents.front(), Extent::kSome);
}

TEST_F(ContainerdEngineTest, AVersionThatIsNotToldIsNotNeeded) {
  fake_.fail("Version", "7", "not for you");
  add("default", "ctr1");
  ASSERT_TRUE(listed(*engine_)) << end();
  EXPECT_NE(recorder_.listed_as("ctr1"), nullptr);
}

TEST_F(ContainerdEngineTest, WithoutImagesOnlyTheDigestIsMissing) {
  add("default", "ctr1");
  fake_.on("Get", [](const FakeGrpc::Request& request) {
    if (request.path.find("Images") != std::string::npos) return reply_status("13", "snapshotter is gone");
    return reply_with({field(1, field(1, "ctr1") + field(3, "example.test/image:1"))});
  });
  ASSERT_TRUE(listed(*engine_)) << end();
  const Container container = found(*engine_, "ctr1");
  EXPECT_EQ(container.image_repository, "example.test/image");
  EXPECT_EQ(container.image_digest, "");
}

TEST_F(ContainerdEngineTest, AnEventThatIsNoneEndsTheSession) {
  add("default", "ctr1");
  ASSERT_TRUE(listed(*engine_)) << end();
  fake_.send("\xff\xff");
  EXPECT_THAT(end(), HasSubstr("event"));
}

TEST_F(ContainerdEngineTest, AServerThatIsNotContainerdIsNamed) {
  fake_.fail("Version", "12", "unknown service");
  start(*engine_);
  EXPECT_THAT(end(), HasSubstr("UNIMPLEMENTED: unknown service"));
  EXPECT_EQ(recorder_.connections, 0);
}

TEST_F(ContainerdEngineTest, ASessionEndsWhenThePeerGoes) {
  add("default", "ctr1");
  ASSERT_TRUE(listed(*engine_)) << end();
  fake_.peer().drop_connections();
  EXPECT_THAT(end(), HasSubstr("UNAVAILABLE"));
  EXPECT_FALSE(look_up(*engine_, "ctr1").ok());
  recorder_.lists = 0;
  ASSERT_TRUE(listed(*engine_)) << "the next session";
  EXPECT_EQ(found(*engine_, "ctr1").full_id, "ctr1");
}

TEST_F(ContainerdEngineTest, ClosingEndsTheSessionAtOnce) {
  add("default", "ctr1");
  ASSERT_TRUE(listed(*engine_)) << end();
  const auto before = std::chrono::steady_clock::now();
  engine_->close();
  EXPECT_THAT(end(), HasSubstr("closed"));
  EXPECT_LT(std::chrono::steady_clock::now() - before, test::milliseconds(100));
}

TEST_F(ContainerdEngineTest, AProbeIsOneRoundTrip) {
  add("default", "ctr1");
  EXPECT_FALSE(net::grpc::test::run(loop_, engine_->probe()).ok()) << "not connected";
  ASSERT_TRUE(listed(*engine_)) << end();
  const int before = fake_.asked("Version");
  EXPECT_TRUE(net::grpc::test::run(loop_, engine_->probe()).ok());
  EXPECT_EQ(fake_.asked("Version"), before + 1);
}

TEST_F(ContainerdEngineTest, AProbeThatIsNotAnsweredFails) {
  Context made = context();
  made.settings.timeout = test::milliseconds(200);
  engine_ = create(made);
  add("default", "ctr1");
  ASSERT_TRUE(listed(*engine_)) << end();
  fake_.on("Version", [](const FakeGrpc::Request&) {
    FakeGrpc::Reply reply;
    reply.silent = true;
    return reply;
  });
  EXPECT_FALSE(net::grpc::test::run(loop_, engine_->probe()).ok());
  EXPECT_EQ(engine_->counters().timeouts, 1u);
}

TEST(Registry, ContainerdAndCriFollowDocker) {
  std::vector<std::string_view> names;
  for (const EngineRow& row : registry()) names.push_back(row.name);
  EXPECT_THAT(names, ElementsAre("podman", "docker", "containerd", "cri"));
}

}  // namespace
}  // namespace engines::containerd
