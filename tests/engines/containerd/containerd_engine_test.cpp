// The containerd engine against a fake server: what it asks, what it tells, how its sessions end.
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
