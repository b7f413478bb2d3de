// The texts of a record.
#include "core/rendered.h"

#include <gtest/gtest.h>

namespace core {
namespace {

TEST(Record, HoldsEveryTextOfAFullContainer) {
  Container container;
  container.type = ContainerType::kCrio;
  container.full_id = "0123456789abcdef";
  container.pod_sandbox_id = "fedcba9876543210";
  container.mounts = {{"/a", "/b", "", true, "rprivate"}, {"/c", "/d", "ro", false, ""}};
  container.labels = {{"k", "v"}, {"io.kubernetes.pod.name", "p"}};
  container.pod_sandbox_labels = Labels{{"app", "shop"}};
  container.healthcheck = Probe{"NONE", {}};
  container.liveness_probe = Probe{"cat", {"/x"}};
  container.cni_json = R"({"lo":{"Mac":""},"eth0":{"Mac":"1"}})";
  const auto record = Record::make(container);
  EXPECT_EQ(record->container, container);
  EXPECT_STREQ(record->type, "cri-o");
  EXPECT_EQ(record->id, "0123456789ab");
  EXPECT_EQ(record->pod_sandbox_id_short, "fedcba987654");
  EXPECT_EQ(record->mounts, "/a:/b::true:rprivate,/c:/d:ro:false:");
  ASSERT_EQ(record->mount_texts.size(), 2u);
  EXPECT_EQ(record->mount_texts[1], "/c:/d:ro:false:");
  EXPECT_EQ(record->labels, "k:v");
  EXPECT_EQ(record->pod_labels, "app:shop");
  EXPECT_EQ(record->healthcheck, "NONE");
  EXPECT_EQ(record->liveness_probe, "cat /x");
  EXPECT_EQ(record->readiness_probe, std::nullopt);
  EXPECT_EQ(record->cni_json, R"({"eth0":{"Mac":"1"}})");
}

TEST(Record, StandsAnEmptyContainerAndCountsBytes) {
  const auto empty = Record::make({});
  EXPECT_EQ(empty->id, "");
  EXPECT_EQ(empty->mounts, "");
  EXPECT_EQ(empty->pod_labels, "");
  EXPECT_GE(empty->bytes, sizeof(Record));
  Container big;
  big.labels["k"] = std::string(10000, 'v');
  EXPECT_GE(Record::make(big)->bytes, empty->bytes + 20000) << "in the record and in its text";
}

}  // namespace
}  // namespace core
