// containerd with CRI beside it, in one socket or two: Kubernetes' containers and their pods.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "containerd_engine_fixture.h"
#include "engines/registry.h"

namespace engines::containerd {
namespace {

using core::Container;
using core::ContainerType;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

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

}  // namespace
}  // namespace engines::containerd
