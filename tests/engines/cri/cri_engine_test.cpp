// The CRI engine against a fake server: with events and without, look-ups, how its sessions end.
#include "engines/cri/cri_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "grpc_engine_fixture.h"
#include "protobuf_from_json.h"

namespace engines::cri {
namespace {

using core::Container;
using core::ContainerType;
using test::FakeGrpc;
using test::field;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kRecording = "crio-1.35.6/";

class CriEngineTest : public test::GrpcEngineTest {
 protected:
  CriEngineTest() {
    fake_.on("Version", field(2, "cri-o") + field(3, "1.35.6"));
    fake_.stream("GetContainerEvents");
    fake_.on("ListContainers",
             test::list_containers_response(test::recorded_json(kRecording + "crictl-ps.json")));
    fake_.on("ListPodSandbox",
             test::list_sandboxes_response(test::recorded_json(kRecording + "crictl-pods.json")));
    const auto inspect = test::recorded_json(kRecording + "crictl-inspect.json");
    const auto inspectp = test::recorded_json(kRecording + "crictl-inspectp.json");
    container_ = std::string(inspect.at("status").at("id").as_string());
    sandbox_ = std::string(inspectp.at("status").at("id").as_string());
    answer_only(container_, "ContainerStatus", test::container_status_response(inspect));
    answer_only(sandbox_, "PodSandboxStatus", test::sandbox_status_response(inspectp));
  }
  // NOT_FOUND for every other id.
  void answer_only(const std::string& id, const std::string& method, const std::string& answer) {
    fake_.on(method, [id, answer](const FakeGrpc::Request& request) {
      const size_t length = request.message.size() > 2 ? static_cast<unsigned char>(request.message[1]) : 0;
      const std::string asked = length == 0 ? "" : request.message.substr(2, length);
      if (!asked.empty() && id.starts_with(asked)) return net::grpc::test::reply_with({answer});
      return net::grpc::test::reply_status("5", "not found");
    });
  }
  void send_event(const std::string& id, int64_t type, const std::string& sandbox) {
    fake_.send(field(1, id) + field(2, type) + field(4, field(1, sandbox)));
  }
  static std::string listed_container(const std::string& id, int64_t state) {
    return field(1, field(1, id) + field(2, "pod1") + field(3, field(1, "name-" + id)) + field(6, state));
  }

  std::string container_;
  std::string sandbox_;
  std::unique_ptr<Engine> engine_ = create(context());
};

TEST_F(CriEngineTest, ASessionListsContainersAndSandboxes) {
  ASSERT_TRUE(listed(*engine_)) << end();
  EXPECT_EQ(recorder_.connections, 1);
  const Sighting* container = recorder_.listed_as(container_);
  ASSERT_NE(container, nullptr);
  EXPECT_EQ(container->container.type, ContainerType::kCrio);
  EXPECT_EQ(container->container.name, "cri1");
  EXPECT_TRUE(container->running);
  EXPECT_FALSE(container->complete);
  const Sighting* sandbox = recorder_.listed_as(sandbox_);
  ASSERT_NE(sandbox, nullptr);
  EXPECT_TRUE(sandbox->container.is_pod_sandbox);
}

TEST_F(CriEngineTest, TheRuntimesNameGivesTheType) {
  for (const auto& [name, type] :
       {std::pair{"containerd", ContainerType::kContainerd}, std::pair{"docker", ContainerType::kCri}}) {
    fake_.on("Version", field(2, std::string_view(name)));
    recorder_ = {};
    ASSERT_TRUE(listed(*engine_)) << end();
    EXPECT_EQ(recorder_.list.front().container.type, type);
    engine_->close();
    end();
  }
}

TEST_F(CriEngineTest, ALookUpIsWhole) {
  ASSERT_TRUE(listed(*engine_)) << end();
  const Container container = found(*engine_, container_);
  EXPECT_EQ(container.type, ContainerType::kCrio);
  EXPECT_EQ(container.name, "cri1");
  EXPECT_EQ(container.pod_sandbox_id, sandbox_);
  EXPECT_EQ(container.ip, "10.99.0.4");
  EXPECT_THAT(container.cni_json, HasSubstr("eth0"));
  EXPECT_TRUE(container.pod_sandbox_labels);
  const Container sandbox = found(*engine_, sandbox_);
  EXPECT_TRUE(sandbox.is_pod_sandbox);
  EXPECT_EQ(sandbox.ip, "10.99.0.4");
  EXPECT_EQ(fake_.asked("PodSandboxStatus"), 1) << "the pod is remembered";
  EXPECT_EQ(found(*engine_, container_.substr(0, 12)).full_id, container_)
      << "CRI finds ids by their beginning";
  EXPECT_EQ(found(*engine_, "0123456789ab"), Container());
}

TEST_F(CriEngineTest, ASandboxThatNoListToldOfIsFound) {
  fake_.on("ListPodSandbox", std::string());
  fake_.on("ListContainers", std::string());
  ASSERT_TRUE(listed(*engine_)) << end();
  EXPECT_TRUE(found(*engine_, sandbox_).is_pod_sandbox);
}

TEST_F(CriEngineTest, DockersWordsForMissingAreUnderstood) {
  fake_.fail("ContainerStatus", "2", "Error: No such container: x");
  fake_.fail("PodSandboxStatus", "2", "Error response from daemon: No such container: x");
  ASSERT_TRUE(listed(*engine_)) << end();
  EXPECT_EQ(found(*engine_, "x"), Container());
  fake_.fail("ContainerStatus", "2", "the disk is on fire");
  EXPECT_FALSE(look_up(*engine_, "x").ok());
}

TEST_F(CriEngineTest, EventsAreTold) {
  ASSERT_TRUE(listed(*engine_)) << end();
  send_event("new-pod", 1, "new-pod");
  send_event("new", 0, "new-pod");
  send_event("new", 1, "new-pod");
  send_event("new", 2, "new-pod");
  send_event("new", 3, "new-pod");
  ASSERT_TRUE(eventually([&] { return recorder_.events == 5; }));
  EXPECT_EQ(recorder_.changes_of("new-pod"), 1);
  EXPECT_EQ(recorder_.changes_of("new"), 2) << "created and started, not stopped";
  EXPECT_TRUE(recorder_.changes[0].container.is_pod_sandbox);
  EXPECT_EQ(recorder_.changes[1].container.pod_sandbox_id, "new-pod");
  EXPECT_THAT(recorder_.removals, ElementsAre("new"));
}

TEST_F(CriEngineTest, WithoutEventsListsAreCompared) {
  fake_.fail("GetContainerEvents", "12", "method GetContainerEvents not implemented");
  fake_.on("ListPodSandbox", std::string());
  fake_.on("ListContainers", listed_container("a", 1) + listed_container("b", 1));
  ASSERT_TRUE(listed(*engine_)) << end();
  fake_.on("ListContainers", listed_container("b", 1) + listed_container("c", 0));
  ASSERT_TRUE(eventually([&] { return recorder_.changes.size() == 1; }));
  EXPECT_EQ(recorder_.changes_of("c"), 1);
  EXPECT_THAT(recorder_.removals, ElementsAre("a"));
  fake_.on("ListContainers", listed_container("b", 1) + listed_container("c", 1));
  ASSERT_TRUE(eventually([&] { return recorder_.changes.size() == 2; })) << "it started";
  EXPECT_EQ(recorder_.changes_of("c"), 2);
  EXPECT_THAT(recorder_.troubles[Part::kEvents], HasSubstr("method GetContainerEvents not implemented"));
  const auto before = std::chrono::steady_clock::now();
  engine_->close();
  EXPECT_NE(end(), "(it goes on)");
  EXPECT_LT(std::chrono::steady_clock::now() - before, test::milliseconds(100)) << "no pause is waited out";
}

TEST_F(CriEngineTest, AStreamThatEndsAtOnceIsNotReliedOn) {
  fake_.on("GetContainerEvents", [](const FakeGrpc::Request&) { return FakeGrpc::Reply(); });
  fake_.on("ListPodSandbox", std::string());
  fake_.on("ListContainers", listed_container("a", 1));
  ASSERT_TRUE(listed(*engine_)) << end();
  fake_.on("ListContainers", std::string());
  ASSERT_TRUE(eventually([&] { return !recorder_.removals.empty(); }));
  EXPECT_FALSE(ended_);
}

TEST_F(CriEngineTest, AStreamThatStaysSilentIsNotReliedOn) {
  fake_.on("ListPodSandbox", std::string());
  fake_.on("ListContainers", listed_container("a", 1));
  ASSERT_TRUE(listed(*engine_)) << end();
  fake_.on("ListContainers", listed_container("b", 1));
  ASSERT_TRUE(eventually([&] { return !recorder_.removals.empty(); }));
  EXPECT_EQ(recorder_.changes_of("b"), 1);
}

TEST_F(CriEngineTest, HalfAListIsBetterThanNone) {
  for (const auto& [broken, left] : {std::pair{"ListPodSandbox", container_}, {"ListContainers", sandbox_}}) {
    const std::string healthy =
        std::string(broken) == "ListContainers" ? "crictl-ps.json" : "crictl-pods.json";
    recorder_ = {};
    engine_ = create(hasty());
    fake_.fail(broken, "13", "metadata store is broken");
    ASSERT_TRUE(listed(*engine_)) << end();
    EXPECT_EQ(recorder_.extents.front(), Extent::kSome);
    EXPECT_NE(recorder_.listed_as(left), nullptr);
    EXPECT_TRUE(in_trouble(Part::kList, "metadata store is broken"));
    const auto json = test::recorded_json(kRecording + healthy);
    fake_.on(broken, healthy == "crictl-ps.json" ? test::list_containers_response(json)
                                                 : test::list_sandboxes_response(json));
    EXPECT_TRUE(eventually([&] { return recorder_.troubles[Part::kList].empty(); }));
    EXPECT_EQ(recorder_.extents.back(), Extent::kWhole);
    engine_->close();
    end();
  }
}

// Thousands of containers that ended must not cost those that run.
TEST_F(CriEngineTest, AListThatIsTooLargeIsAskedForOfThoseThatRun) {
  constexpr size_t kTooLarge = size_t{17} * 1024 * 1024;
  engine_ = create(hasty());
  fake_.on("ListContainers", [](const FakeGrpc::Request& request) {
    // Everything, or ContainerFilter{state: {CONTAINER_RUNNING}}.
    if (request.message.empty()) return net::grpc::test::reply_with({std::string(kTooLarge, ' ')});
    EXPECT_EQ(request.message, field(1, field(2, field(1, int64_t{1}))));
    return net::grpc::test::reply_with({listed_container("runs", 1)});
  });
  fake_.on("ListPodSandbox", std::string());
  ASSERT_TRUE(listed(*engine_)) << end();
  EXPECT_NE(recorder_.listed_as("runs"), nullptr);
  EXPECT_TRUE(in_trouble(Part::kList, "at most"));
  EXPECT_EQ(recorder_.connections, 1);
}

TEST_F(CriEngineTest, WithoutAnyListEventsTell) {
  engine_ = create(hasty());
  fake_.fail("ListContainers", "13", "metadata store is broken");
  fake_.fail("ListPodSandbox", "13", "metadata store is broken");
  start(*engine_);
  ASSERT_TRUE(in_trouble(Part::kList, "metadata store is broken"));
  EXPECT_EQ(recorder_.connections, 1);
  send_event("new", 1, "new-pod");
  EXPECT_TRUE(eventually([&] { return recorder_.changes_of("new") == 1; }));
  EXPECT_EQ(found(*engine_, container_).name, "cri1");
  EXPECT_FALSE(ended_);
}

TEST_F(CriEngineTest, WithNeitherEventsNorListsLookUpsAreLeft) {
  engine_ = create(hasty());
  for (const char* method : {"ListContainers", "ListPodSandbox", "GetContainerEvents"}) {
    fake_.fail(method, "7", "not for you");
  }
  start(*engine_);
  ASSERT_TRUE(in_trouble(Part::kList, "not for you"));
  ASSERT_TRUE(in_trouble(Part::kEvents, "not for you"));
  EXPECT_EQ(found(*engine_, container_).name, "cri1");
  EXPECT_FALSE(ended_);
  fake_.peer().drop_connections();
  EXPECT_NE(end(), "(it goes on)");
}

TEST_F(CriEngineTest, ARuntimeWithoutCriV1IsNamed) {
  fake_.fail("Version", "12", "unknown service runtime.v1.RuntimeService");
  start(*engine_);
  EXPECT_THAT(end(), HasSubstr("unknown service runtime.v1.RuntimeService"));
  EXPECT_EQ(recorder_.connections, 0);
}

TEST_F(CriEngineTest, GarbageEndsTheSession) {
  for (const char* method : {"Version", "ListContainers", "ListPodSandbox"}) {
    fake_.on("Version", field(2, "cri-o"));
    fake_.on("ListContainers", std::string());
    fake_.on("ListPodSandbox", std::string());
    fake_.on(method, "\xff\xff\xff");
    start(*engine_);
    EXPECT_THAT(end(), HasSubstr("broken protobuf")) << method;
  }
  EXPECT_EQ(recorder_.lists, 0);
  EXPECT_GE(engine_->counters().errors, 3u);
}

TEST_F(CriEngineTest, AnEventThatIsNoneEndsTheSession) {
  ASSERT_TRUE(listed(*engine_)) << end();
  fake_.send("\xff\xff");
  EXPECT_THAT(end(), HasSubstr("CRI event"));
}

TEST_F(CriEngineTest, ALookUpAnsweredWithGarbageDisconnects) {
  ASSERT_TRUE(listed(*engine_)) << end();
  fake_.on("ContainerStatus", "\xff\xff\xff");
  EXPECT_FALSE(look_up(*engine_, container_).ok());
  EXPECT_NE(end(), "(it goes on)");
}

TEST_F(CriEngineTest, ASessionEndsWhenThePeerGoes) {
  ASSERT_TRUE(listed(*engine_)) << end();
  fake_.peer().drop_connections();
  EXPECT_THAT(end(), HasSubstr("UNAVAILABLE"));
}

TEST_F(CriEngineTest, ClosingEndsTheSessionAtOnce) {
  ASSERT_TRUE(listed(*engine_)) << end();
  const auto before = std::chrono::steady_clock::now();
  engine_->close();
  EXPECT_NE(end(), "(it goes on)");
  EXPECT_LT(std::chrono::steady_clock::now() - before, test::milliseconds(100));
}

}  // namespace
}  // namespace engines::cri
