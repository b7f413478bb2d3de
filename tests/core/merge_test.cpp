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
  container.image_repository = "fedora";
  container.image_tag = "38";
  container.privileged = YesNo::kYes;
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
  container.swap_limit = 2;
  return container;
}

TEST(Merge, LetsTheRicherSourceWinWhateverTheOrder) {
  for (const Container& merged : {merge(api(), bundle()), merge(bundle(), api())}) {
    EXPECT_EQ(merged.source, Source::kApi);
    EXPECT_EQ(merged.type, ContainerType::kDocker);
    EXPECT_EQ(merged.name, "web");
    EXPECT_EQ(merged.privileged, YesNo::kYes);
    EXPECT_EQ(merged.memory_limit, 5);
    EXPECT_EQ(merged.swap_limit, 2) << "only the bundle knew it";
    EXPECT_EQ(merged.labels, (Labels{{"a", "1"}}));
    EXPECT_EQ(merged.size, 7);
  }
}

// What is empty in the engine's whole answer is not there, whatever somebody said before or says later.
TEST(Merge, AWholeAnswerLeavesNothingOfPoorerOnes) {
  Container told;
  told.full_id = bundle().full_id;
  for (const Source source :
       {Source::kCgroup, Source::kSighting, Source::kBundle, Source::kDisk, Source::kApi}) {
    Container poorer = bundle();
    poorer.source = source;
    poorer.ip = "10.0.0.1";
    poorer.pod_name = poorer.pod_namespace = poorer.pod_uid = poorer.pod_sandbox_id = "p";
    poorer.pod_sandbox_labels = Labels{{"p", "1"}};
    poorer.healthcheck = poorer.liveness_probe = poorer.readiness_probe = Probe{"x", {}};
    poorer.port_mappings = {{1, 2, 3}};
    poorer.env = {"A=1"};
    poorer.image = poorer.image_repository = poorer.image_digest = poorer.image_tag = poorer.image_id = "i";
    Container expected = told;
    expected.type = poorer.type;
    expected.memory_limit = poorer.memory_limit;
    expected.swap_limit = poorer.swap_limit;
    EXPECT_EQ(merge(poorer, told), expected);
    if (source != Source::kApi) {
      EXPECT_EQ(merge(told, poorer), expected);
    }
  }
}

// Some whole answers do not tell it, Docker's without a parent for one.
TEST(Merge, TheCgroupStaysKnown) {
  Container told = bundle();
  told.cgroup_path = "/a/b";
  for (const Container& merged : {merge(told, api()), merge(api(), told)}) {
    EXPECT_EQ(merged.source, Source::kApi);
    EXPECT_EQ(merged.cgroup_path, "/a/b");
  }
  Container moved = api();
  moved.cgroup_path = "/c";
  EXPECT_EQ(merge(told, moved).cgroup_path, "/c");
}

TEST(Merge, APodsLabelsStayWithThePod) {
  Container told = api();
  told.pod_sandbox_id = "pod";
  Container without = told;
  without.pod_sandbox_labels.reset();
  EXPECT_EQ(merge(told, without).pod_sandbox_labels, told.pod_sandbox_labels);
  without.pod_sandbox_id = "another";
  EXPECT_EQ(merge(told, without).pod_sandbox_labels, std::nullopt);
}

// What a list told, while the whole answer takes its time, fills what a bundle does not say.
TEST(Merge, ASightingStandsBetweenTheCgroupAndTheBundle) {
  Container sighting = api();
  sighting.source = Source::kSighting;
  sighting.privileged = YesNo::kUnknown;
  sighting.memory_limit.reset();
  Container poor = bundle();
  poor.name.clear();
  poor.privileged = YesNo::kYes;
  for (const Container& merged : {merge(sighting, poor), merge(poor, sighting)}) {
    EXPECT_EQ(merged.source, Source::kBundle);
    EXPECT_EQ(merged.name, "web");
    EXPECT_EQ(merged.image, "fedora:38");
    EXPECT_EQ(merged.privileged, YesNo::kYes);
    EXPECT_EQ(merged.memory_limit, 1);
    EXPECT_EQ(merged.labels, poor.labels);
  }
  Container seen;
  seen.source = Source::kCgroup;
  seen.full_id = sighting.full_id;
  EXPECT_EQ(merge(seen, sighting), sighting);
  EXPECT_EQ(merge(sighting, seen), sighting);
}

// Another image's tag or digest beside a repository would name an image that does not exist.
TEST(Merge, TheImagesNameIsOneReference) {
  Container richer;
  richer.source = Source::kDisk;
  richer.full_id = "c";
  richer.image = "reg.test/app:1";
  richer.image_repository = "reg.test/app";
  richer.image_tag = "1";
  Container poorer = richer;
  poorer.source = Source::kBundle;
  poorer.image_digest = "sha256:1";
  EXPECT_EQ(merge(richer, poorer).image_digest, "sha256:1");
  poorer.image_repository = "docker.io/mirror";
  poorer.image_tag = "9";
  EXPECT_EQ(merge(richer, poorer).image_digest, "");
  richer.image = richer.image_repository = richer.image_tag = "";
  const Container named = merge(richer, poorer);
  EXPECT_EQ(named.image_repository, "docker.io/mirror");
  EXPECT_EQ(named.image_tag, "9");
  EXPECT_EQ(named.image_digest, "sha256:1");
}

TEST(Merge, LetsTheNewerOfEqualsWinWithoutErasing) {
  Container known = api();
  Container news = api();
  known.source = news.source = Source::kDisk;
  news.name = "renamed";
  news.image = "";
  news.image_tag = news.image_repository = "";
  news.labels = {};
  news.healthcheck.reset();
  news.pod_sandbox_labels.reset();
  news.privileged = YesNo::kNo;
  news.memory_limit = 0;
  news.size = -1;
  news.created_time = 0;
  news.type = ContainerType::kUnknown;
  const Container merged = merge(known, news);
  EXPECT_EQ(merged.name, "renamed");
  EXPECT_EQ(merged.image, "fedora:38");
  EXPECT_EQ(merged.image_tag, "38");
  EXPECT_EQ(merged.labels, (Labels{{"a", "1"}}));
  EXPECT_EQ(merged.healthcheck, (Probe{"x", {}}));
  EXPECT_EQ(merged.pod_sandbox_labels, (Labels{{"p", "1"}}));
  EXPECT_EQ(merged.privileged, YesNo::kNo);
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
