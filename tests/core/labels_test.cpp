// Labels: text, limits, identity.
#include "core/labels.h"

#include <gtest/gtest.h>

#include <string>

namespace core {
namespace {

TEST(Labels, JoinsSortedAndLeavesTheKubeletsOut) {
  EXPECT_EQ(join_labels({}), "");
  EXPECT_EQ(join_labels({{"b", "2"}, {"a", "1"}, {"empty", ""}}), "a:1, b:2, empty");
  EXPECT_EQ(join_labels({{"annotation.x", "1"}, {"io.kubernetes.pod.name", "p"}, {"io.kubernetesx", "kept"}}),
            "io.kubernetesx:kept");
  EXPECT_EQ(join_labels({{"annotation", "kept"}, {"k", "a:b, c"}}), "annotation:kept, k:a:b, c");
}

TEST(Labels, DropsLongValuesButNoIdentity) {
  EXPECT_TRUE(keep_label("k", std::string(100, 'v'), 100));
  EXPECT_FALSE(keep_label("k", std::string(101, 'v'), 100));
  EXPECT_TRUE(keep_label("k", "", 0));
  EXPECT_FALSE(keep_label("k", "v", 0));
  EXPECT_TRUE(keep_label(std::string(1000, 'k'), "v", 1));
  for (const std::string_view key : {kPodNameLabel, kPodNamespaceLabel, kPodUidLabel, kPodSandboxIdLabel}) {
    EXPECT_TRUE(keep_label(key, std::string(1000, 'v'), 0)) << key;
  }
  EXPECT_FALSE(keep_label("io.kubernetes.container.name", "v", 0));
}

TEST(Labels, FillTheIdentityAndStay) {
  Container container;
  container.labels = {{"io.kubernetes.pod.name", "web"},
                      {"io.kubernetes.pod.namespace", "shop"},
                      {"io.kubernetes.pod.uid", "u-1"},
                      {"io.kubernetes.sandbox.id", "0123456789abcdef"}};
  container.pod_name = "known";
  container.pod_sandbox_id = "0123456789ab";
  const Labels before = container.labels;
  take_k8s_identity(container);
  EXPECT_EQ(container.pod_name, "known");
  EXPECT_EQ(container.pod_namespace, "shop");
  EXPECT_EQ(container.pod_uid, "u-1");
  EXPECT_EQ(container.pod_sandbox_id, "0123456789abcdef") << "the short id is completed";
  EXPECT_EQ(container.labels, before);

  container.pod_sandbox_id = "another";
  take_k8s_identity(container);
  EXPECT_EQ(container.pod_sandbox_id, "another");
}

}  // namespace
}  // namespace core
