// Merging records of several sources.
#include "core/merge.h"

#include <gtest/gtest.h>

namespace core {
namespace {

Container api() {
  Container container;
  container.type = ContainerType::kDocker;
  container.source = Source::kApi;
  container.full_id = "0123456789abcdef";
  container.name = "web";
  container.image = "fedora:38";
  container.image_tag = "38";
  container.privileged = true;
  container.memory_limit = 5;
  container.size = 7;
  container.created_time = 9;
  container.labels = {{"a", "1"}};
  container.healthcheck = Probe{"x", {}};
  container.pod_sandbox_labels = Labels{{"p", "1"}};
  return container;
}

Container bundle() {
  Container container;
  container.type = ContainerType::kCri;
  container.source = Source::kBundle;
  container.full_id = "0123456789abcdef";
  container.name = "bundle-name";
  container.cni_json = "{}";
  container.labels = {{"b", "2"}};
  container.mounts = {{"/a", "/b", "", true, ""}};
  container.memory_limit = 1;
  return container;
}

TEST(Merge, LetsTheRicherSourceWinWhateverTheOrder) {
  for (const Container& merged : {merge(api(), bundle()), merge(bundle(), api())}) {
    EXPECT_EQ(merged.source, Source::kApi);
    EXPECT_EQ(merged.type, ContainerType::kDocker);
    EXPECT_EQ(merged.name, "web");
    EXPECT_TRUE(merged.privileged);
    EXPECT_EQ(merged.memory_limit, 5);
    EXPECT_EQ(merged.labels, (Labels{{"a", "1"}})) << "labels are one member";
    EXPECT_EQ(merged.cni_json, "{}") << "only the bundle knew it";
    EXPECT_EQ(merged.mounts.size(), 1u);
    EXPECT_EQ(merged.size, 7);
  }
}

TEST(Merge, LetsTheNewerOfEqualsWinWithoutErasing) {
  Container news = api();
  news.name = "renamed";
  news.image = "";
  news.image_tag = "";
  news.labels = {};
  news.healthcheck.reset();
  news.pod_sandbox_labels.reset();
  news.privileged = false;
  news.memory_limit = 0;
  news.size = -1;
  news.created_time = 0;
  news.type = ContainerType::kUnknown;
  const Container merged = merge(api(), news);
  EXPECT_EQ(merged.name, "renamed");
  EXPECT_EQ(merged.image, "fedora:38");
  EXPECT_EQ(merged.image_tag, "38");
  EXPECT_EQ(merged.labels, (Labels{{"a", "1"}}));
  EXPECT_EQ(merged.healthcheck, (Probe{"x", {}}));
  EXPECT_EQ(merged.pod_sandbox_labels, (Labels{{"p", "1"}}));
  EXPECT_FALSE(merged.privileged);
  EXPECT_EQ(merged.memory_limit, 0);
  EXPECT_EQ(merged.size, 7) << "-1 says nothing";
  EXPECT_EQ(merged.created_time, 9);
  EXPECT_EQ(merged.type, ContainerType::kDocker);
}

TEST(Merge, CompletesAShortId) {
  Container known;
  known.source = Source::kApi;
  known.full_id = "0123456789ab";
  EXPECT_EQ(merge(known, bundle()).full_id, "0123456789abcdef");
  known.full_id = "ffffffffffff";
  EXPECT_EQ(merge(known, bundle()).full_id, "ffffffffffff");
}

TEST(Merge, WithItselfChangesNothing) {
  EXPECT_EQ(merge(api(), api()), api());
  EXPECT_EQ(merge(bundle(), bundle()), bundle());
}

TEST(SameForUsers, IgnoresOnlyTheSource) {
  Container other = api();
  EXPECT_TRUE(same_for_users(api(), other));
  other.source = Source::kDisk;
  EXPECT_TRUE(same_for_users(api(), other));
  other.engine_namespace = "default";
  EXPECT_TRUE(same_for_users(api(), other));
  other.ip = "10.0.0.1";
  EXPECT_FALSE(same_for_users(api(), other));
  other = api();
  other.healthcheck->args.emplace_back("y");
  EXPECT_FALSE(same_for_users(api(), other));
}

TEST(Merge, TheNamespaceOfTheEngineIsKept) {
  Container known = api();
  known.engine_namespace = "default";
  EXPECT_EQ(merge(known, api()).engine_namespace, "default");
  EXPECT_EQ(merge(api(), known).engine_namespace, "default");
  EXPECT_TRUE(same_namespace(known, api()));
}

TEST(Merge, NamesakesInOtherNamespacesAreOtherContainers) {
  Container known = api();
  known.engine_namespace = "default";
  Container news;
  news.full_id = known.full_id;
  news.source = Source::kDisk;
  news.engine_namespace = "other";
  EXPECT_FALSE(same_namespace(known, news));
  EXPECT_EQ(merge(known, news), news) << "nothing of the other, not even from a poorer source";
  news.engine_namespace = "default";
  EXPECT_EQ(merge(known, news).name, known.name);
}

}  // namespace
}  // namespace core
