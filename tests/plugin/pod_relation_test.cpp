// What a container's record lacks of its pod, the record of the pod's sandbox tells. Spec: docs/fields.md.
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "api/events.h"
#include "plugin_host.h"

namespace {

using test::docker_cgroup;
using test::kIdA;
using test::kIdB;
using test::kNoValue;
using test::kStart;
using test::PluginHost;

const std::string kSandbox =
    R"({"container":{"type":7,"id":"bbbbbbbbbbbb","full_id":")" + kIdB +
    R"(","is_pod_sandbox":true,"pod_sandbox_labels":{"app":"shop"},"ip":"10.0.0.9","cni_json":"{\"eth0\":{}}",)"
    R"("labels":{"io.kubernetes.pod.name":"web-0","io.kubernetes.pod.namespace":"prod","io.kubernetes.pod.uid":"u"}}})";
const std::string kContainer = R"({"container":{"type":7,"id":"aaaaaaaaaaaa","full_id":")" + kIdA +
                               R"(","name":"web","pod_sandbox_id":")" + kIdB + R"("}})";

class PodRelation : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(host_.ok()) << host_.error();
    host_.put(test::thread(10, docker_cgroup(kIdA)));
    host_.open();
  }
  void feed(const std::string& json) { ASSERT_TRUE(host_.feed(host::make_async(kStart, "container", json))); }
  PluginHost host_;
};

TEST_F(PodRelation, InEitherOrder) {
  for (const bool sandbox_first : {false, true}) {
    PluginHost host;
    host.put(test::thread(10, docker_cgroup(kIdA)));
    host.open();
    for (const std::string& json :
         {sandbox_first ? kSandbox : kContainer, sandbox_first ? kContainer : kSandbox}) {
      ASSERT_TRUE(host.feed(host::make_async(kStart, "container", json)));
    }
    EXPECT_EQ(host.ask(10, "container.name"), "web");
    EXPECT_EQ(host.ask(10, "k8s.pod.labels"), "app:shop");
    EXPECT_EQ(host.ask(10, "k8s.pod.label[app]"), "shop");
    EXPECT_EQ(host.ask(10, "k8s.pod.ip"), "10.0.0.9");
    EXPECT_EQ(host.ask(10, "container.ip"), "10.0.0.9");
    EXPECT_EQ(host.ask(10, "k8s.pod.cni.json"), R"({"eth0":{}})");
    EXPECT_EQ(host.ask(10, "k8s.pod.name"), "web-0");
    EXPECT_EQ(host.ask(10, "k8s.ns.name"), "prod");
    EXPECT_EQ(host.ask(10, "k8s.pod.uid"), "u");
    EXPECT_EQ(host.ask(10, "container.labels"), kNoValue) << "the pod's are not the container's";
  }
}

TEST_F(PodRelation, WhatTheContainerSaysItselfWins) {
  feed(kSandbox);
  feed(R"({"container":{"type":7,"id":"aaaaaaaaaaaa","full_id":")" + kIdA + R"(","pod_sandbox_id":")" + kIdB +
       R"(","ip":"10.0.0.1","pod_sandbox_labels":{}}})");
  EXPECT_EQ(host_.ask(10, "k8s.pod.ip"), "10.0.0.1");
  EXPECT_EQ(host_.ask(10, "k8s.pod.labels"), kNoValue) << "it has none";
  EXPECT_EQ(host_.ask(10, "k8s.pod.cni.json"), R"({"eth0":{}})");
}

// A container that another one calls its sandbox is none because of that.
TEST_F(PodRelation, OnlyASandboxTells) {
  feed(R"({"container":{"type":7,"id":"bbbbbbbbbbbb","full_id":")" + kIdB + R"(","ip":"10.0.0.9"}})");
  feed(kContainer);
  EXPECT_EQ(host_.ask(10, "k8s.pod.ip"), kNoValue);
}

// containerd's labels of a sandbox hold the image's and its own: CRI alone tells the pod's.
TEST_F(PodRelation, ASandboxsOwnLabelsAreNotThePods) {
  feed(R"({"container":{"type":7,"id":"aaaaaaaaaaaa","full_id":")" + kIdA +
       R"(","is_pod_sandbox":true,"labels":{"io.cri-containerd.kind":"sandbox","maintainer":"x"}}})");
  EXPECT_EQ(host_.ask(10, "k8s.pod.labels"), kNoValue);
  EXPECT_EQ(host_.ask(10, "k8s.pod.label[maintainer]"), kNoValue);
  EXPECT_EQ(host_.ask(10, "container.label[maintainer]"), "x");
}

// An event without a usable type: the cgroup tells the engine, whichever is first.
TEST_F(PodRelation, TheCgroupTellsTheTypeThatAnEventLacks) {
  for (const char* type : {"", R"("type":null,)", R"("type":"docker",)", R"("type":"7",)"}) {
    const std::string body = R"({"container":{)" + std::string(type) + R"("id":"bbbbbbbbbbbb","full_id":")" +
                             kIdB + R"(","name":"n"}})";
    PluginHost later;
    later.open();
    ASSERT_TRUE(later.feed(host::make_async(kStart, "container", body)));
    const auto child = test::thread(11, docker_cgroup(kIdB));
    EXPECT_EQ(later.ask(host::make_clone_exit(api::kEventCloneExit, child, kStart), "container.type"),
              "docker")
        << type;
    EXPECT_EQ(later.ask(11, "container.name"), "n") << type;
    PluginHost before;
    before.put(test::thread(11, docker_cgroup(kIdB)));
    before.open();
    ASSERT_TRUE(before.feed(host::make_async(kStart, "container", body)));
    EXPECT_EQ(before.ask(11, "container.type"), "docker") << type;
  }
}

}  // namespace
