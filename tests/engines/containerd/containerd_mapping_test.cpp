// containerd's messages and records, against recorded answers of containerd 1.6 and 2.1.
#include "engines/containerd/containerd_mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "mutations.h"
#include "protobuf_from_json.h"

namespace engines::containerd {
namespace {

using core::Container;
using core::ContainerType;
using core::Mount;
using test::field;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

Container mapped(const std::string& bytes, const Settings& settings = {}) {
  const base::Result<ContainerMessage> message = decode_container(bytes);
  EXPECT_TRUE(message.ok()) << message.error();
  return map_container(*message, settings);
}

Container mapped_recording(const std::string& path, const Settings& settings = {}) {
  return mapped(test::get_container_response(test::recorded_json(path)), settings);
}

// A GetContainerResponse with just these fields.
std::string answer(const std::string& fields) {
  return field(1, fields);
}

std::string label(std::string_view key, std::string_view value) {
  return field(2, field(1, key) + field(2, value));
}

struct Recording {
  const char* folder;
  int64_t created;
  const char* user;  // ctr 1.6 knows no --user
};

class Recorded : public ::testing::TestWithParam<Recording> {
 protected:
  std::string path(const char* file) const { return std::string(GetParam().folder) + "/" + file; }
};

TEST_P(Recorded, APlainContainerHasEveryMember) {
  Settings settings;
  settings.with_env = true;
  const Container container = mapped_recording(path("ctr-c-info.json"), settings);
  EXPECT_EQ(container.type, ContainerType::kContainerd);
  EXPECT_EQ(container.source, core::Source::kApi);
  EXPECT_EQ(container.full_id, "ctr1");
  EXPECT_EQ(container.name, "ctr1");
  EXPECT_EQ(container.image, "example.test/team/enginetest:1.0");
  EXPECT_EQ(container.image_repository, "example.test/team/enginetest");
  EXPECT_EQ(container.image_tag, "1.0");
  EXPECT_EQ(container.user, GetParam().user);
  EXPECT_EQ(container.created_time, GetParam().created);
  EXPECT_EQ(container.cpu_shares, 1024);
  EXPECT_EQ(container.cpu_quota, 50000);
  EXPECT_EQ(container.cpu_period, 100000);
  EXPECT_EQ(container.memory_limit, 104857600);
  EXPECT_THAT(container.labels, Contains(Pair("app", "web")));
  EXPECT_THAT(container.labels, Contains(Pair("org.example.tier", "front")));
  EXPECT_THAT(container.env, Contains("FOO=bar"));
  EXPECT_THAT(container.env, Contains("SPACED=a b"));
  EXPECT_EQ(container.privileged, core::YesNo::kNo);
  EXPECT_EQ(container.host_pid, core::YesNo::kNo);
  EXPECT_EQ(container.host_network, core::YesNo::kNo);
  EXPECT_EQ(container.host_ipc, core::YesNo::kNo);
  EXPECT_FALSE(container.is_pod_sandbox);
  ASSERT_GE(container.mounts.size(), 2u);
  const Mount& read_only = container.mounts[container.mounts.size() - 2];
  EXPECT_EQ(read_only.destination, "/m1");
  EXPECT_FALSE(read_only.rw);
  EXPECT_EQ(container.mounts.back().destination, "/m2");
  EXPECT_TRUE(container.mounts.back().rw);
  EXPECT_EQ(container.mounts.front(), (Mount{"proc", "/proc", "", true, ""}));
}

TEST_P(Recorded, APrivilegedContainerIsOne) {
  const Container container = mapped_recording(path("ctr-c-info-privileged.json"));
  EXPECT_EQ(container.full_id, "ctr2");
  EXPECT_EQ(container.privileged, core::YesNo::kYes);
  EXPECT_EQ(container.user, "0");
  EXPECT_EQ(container.cpu_period, 100000);
  EXPECT_THAT(container.env, IsEmpty());
}

TEST_P(Recorded, AContainerOfCriIsNamedByKubernetes) {
  const Container container = mapped_recording(path("ctr-c-info-cri-container.json"));
  EXPECT_EQ(container.full_id.size(), 64u);
  EXPECT_EQ(container.name, "cri1");
  EXPECT_EQ(container.image, "example.test/team/enginetest:1.0");
  EXPECT_EQ(container.pod_name, "pod1");
  EXPECT_EQ(container.pod_namespace, "kube-test");
  EXPECT_EQ(container.pod_uid.size(), 36u);
  EXPECT_EQ(container.pod_sandbox_id.size(), 64u);
  EXPECT_EQ(container.cpu_shares, 512);
  EXPECT_EQ(container.cpuset_cpu_count, 2);
  EXPECT_FALSE(container.is_pod_sandbox);
  EXPECT_EQ(container.privileged, core::YesNo::kNo);
}

TEST_P(Recorded, ASandboxOfCriIsOne) {
  const Container sandbox = mapped_recording(path("ctr-c-info-cri-sandbox.json"));
  EXPECT_TRUE(sandbox.is_pod_sandbox);
  EXPECT_EQ(sandbox.name, "pod1");
  EXPECT_EQ(sandbox.pod_sandbox_id, sandbox.full_id);
  EXPECT_EQ(sandbox.image, "registry.k8s.io/pause:3.9");
  EXPECT_EQ(sandbox.pod_name, "pod1");
}

TEST_P(Recorded, BrokenBytesNeverHurt) {
  for (const char* file : {"ctr-c-info.json", "ctr-c-info-cri-sandbox.json"}) {
    const std::string good = test::get_container_response(test::recorded_json(path(file)));
    int decodable = 0;
    test::for_each_mutation(good, 1500, [&](const std::string& broken) {
      const auto message = decode_container(broken);
      if (message.ok()) {
        ++decodable;
        const Container container = map_container(*message, {});
        EXPECT_EQ(container.type, ContainerType::kContainerd);
      } else {
        EXPECT_THAT(message.error(), HasSubstr("Containers/Get"));
      }
    });
    EXPECT_GT(decodable, 0);
    EXPECT_LT(decodable, 1500);
  }
}

INSTANTIATE_TEST_SUITE_P(, Recorded,
                         ::testing::Values(Recording{"containerd-1.6.20", 1795332834, "0"},
                                           Recording{"containerd-2.1.9", 1795333312, "1000"}),
                         [](const auto& recording) {
                           return std::string(recording.param.folder) == "containerd-1.6.20" ? "v1_6"
                                                                                             : "v2_1";
                         });

TEST(ContainerdMapping, NamesComeFromLabelsThenAnnotationsThenTheId) {
  EXPECT_EQ(mapped(answer(field(1, "id1"))).name, "id1");
  EXPECT_EQ(mapped(answer(field(1, "id1") + label("io.kubernetes.container.name", "web"))).name, "web");
  EXPECT_EQ(mapped(answer(field(1, "id1") + label("io.kubernetes.container.name", "web") +
                          label("nerdctl/name", "db")))
                .name,
            "db");
  const std::string spec = R"({"annotations": {"io.kubernetes.cri.container-name": "annotated"}})";
  EXPECT_EQ(mapped(answer(field(1, "id1") + field(5, field(2, spec)))).name, "annotated");
}

TEST(ContainerdMapping, NerdctlsPortsAreTaken) {
  const Container container =
      mapped(answer(field(1, "id1") +
                    label("nerdctl/ports", R"([{"HostPort":80,"ContainerPort":8080,"Protocol":"tcp"}])")));
  EXPECT_THAT(container.port_mappings, ElementsAre(core::PortMapping{0, 80, 8080}));
}

TEST(ContainerdMapping, LongLabelsAreLeftOutButNotTheIdentity) {
  Settings settings;
  settings.label_max_len = 5;
  const Container container =
      mapped(answer(field(1, "id1") + label("short", "12345") + label("long", "123456") +
                    label("io.kubernetes.pod.name", "a-long-pod-name")),
             settings);
  EXPECT_THAT(container.labels,
              ElementsAre(Pair("io.kubernetes.pod.name", "a-long-pod-name"), Pair("short", "12345")));
  EXPECT_EQ(container.pod_name, "a-long-pod-name");
}

TEST(ContainerdMapping, ASpecThatIsNoJsonLeavesTheRest) {
  const Container container =
      mapped(answer(field(1, "id1") + field(3, "image:1") + field(5, field(2, "\x01\x02"))));
  EXPECT_EQ(container.full_id, "id1");
  EXPECT_EQ(container.image_tag, "1");
  EXPECT_EQ(container.privileged, core::YesNo::kUnknown);
}

TEST(ContainerdMapping, FieldsOfOtherWireTypesAreEmpty) {
  const Container container =
      mapped(answer(field(1, int64_t{7}) + field(3, int64_t{1}) + field(8, int64_t{5})));
  EXPECT_EQ(container.full_id, "");
  EXPECT_EQ(container.created_time, 0);
}

TEST(ContainerdProto, RequestsAreEncoded) {
  EXPECT_EQ(encode_get("ctr1"), std::string("\x0a\x04"
                                            "ctr1"));
  EXPECT_EQ(encode_subscribe({"a", "bc"}), std::string("\x0a\x01"
                                                       "a"
                                                       "\x0a\x02"
                                                       "bc"));
}

TEST(ContainerdProto, ListsAreDecoded) {
  const auto namespaces =
      decode_namespaces(field(1, field(1, "default") + field(2, "")) + field(1, field(1, "k8s.io")));
  ASSERT_TRUE(namespaces.ok());
  EXPECT_THAT(*namespaces, ElementsAre("default", "k8s.io"));
  const auto containers = decode_containers(field(1, field(1, "a")) + field(1, field(1, "b")));
  ASSERT_TRUE(containers.ok());
  ASSERT_EQ(containers->size(), 2u);
  EXPECT_EQ(containers->at(1).id, "b");
  EXPECT_TRUE(decode_containers("")->empty());
}

TEST(ContainerdProto, TheDigestOfAnImagesTargetIsDecoded) {
  const std::string target =
      field(1, "application/vnd.oci.image.manifest.v1+json") + field(2, "sha256:12") + field(3, int64_t{9});
  EXPECT_EQ(*decode_image_digest(field(1, field(1, "busybox") + field(3, target))), "sha256:12");
  EXPECT_EQ(*decode_image_digest(""), "");
}

TEST(ContainerdProto, EventsAreDecoded) {
  const std::string create = field(1, "ctr1") + field(2, "image:1");
  const auto created =
      decode_event(field(1, field(1, int64_t{5})) + field(2, "default") + field(3, "/containers/create") +
                   field(4, field(1, "containerd.events.ContainerCreate") + field(2, create)));
  ASSERT_TRUE(created.ok());
  EXPECT_EQ(created->container_namespace, "default");
  EXPECT_EQ(created->topic, "/containers/create");
  EXPECT_EQ(created->container_id, "ctr1");
  const Container container = map_event(*created);
  EXPECT_EQ(container.image_repository, "image");
  EXPECT_EQ(container.full_id, "ctr1");
  const auto snapshot =
      decode_event(field(2, "default") + field(3, "/snapshot/prepare") + field(4, field(2, create)));
  EXPECT_EQ(snapshot->container_id, "");
}

TEST(ContainerdProto, BytesThatAreNoMessageAreErrors) {
  for (const std::string& broken : {std::string("\x0a\xff\xff\xff\xff\x7f"), std::string("\xff"),
                                    std::string("\x0a\x05"
                                                "ab"),
                                    std::string("\x03"), std::string("\x00", 1)}) {
    EXPECT_FALSE(decode_containers(broken).ok());
    EXPECT_FALSE(decode_namespaces(broken).ok());
    EXPECT_FALSE(decode_version(broken).ok());
    EXPECT_FALSE(decode_image_digest(broken).ok());
    EXPECT_FALSE(decode_event(broken).ok());
  }
}

TEST(ContainerdIdentifier, FollowsContainerdsRule) {
  for (const std::string& good :
       {std::string("a"), std::string("ctr-1"), std::string("a.b_c-d"), std::string(76, 'x')}) {
    EXPECT_TRUE(is_identifier(good)) << good;
  }
  for (const std::string& bad :
       {std::string(""), std::string("-a"), std::string("a-"), std::string("a..b"), std::string("a/b"),
        std::string("a b"), std::string("\xc3\xbc"), std::string(77, 'x')}) {
    EXPECT_FALSE(is_identifier(bad)) << bad;
  }
}

}  // namespace
}  // namespace engines::containerd
