// The cache: ids, merging, grace period, bounds.
#include "plugin/cache.h"

#include <gtest/gtest.h>

namespace {

using plugin::Cache;

constexpr uint64_t kSecond = 1'000'000'000;

std::string id_of(unsigned number) {
  std::string id = std::to_string(number);
  id.insert(0, 12 - id.size(), '0');
  return id + std::string(52, 'f');
}

core::Container container(const std::string& full_id, std::string name = "n") {
  core::Container result;
  result.type = core::ContainerType::kDocker;
  result.full_id = full_id;
  result.name = std::move(name);
  result.image = "i";
  return result;
}

core::Container only_cgroup(const std::string& full_id) {
  core::Container result;
  result.type = core::ContainerType::kDocker;
  result.source = core::Source::kCgroup;
  result.full_id = full_id;
  return result;
}

TEST(Cache, FindsByWholeIdOnly) {
  Cache cache({10, 30 * kSecond});
  const std::string id = id_of(1);
  cache.put(container(id), 0);
  EXPECT_NE(cache.find({id}), nullptr);
  EXPECT_NE(cache.find({id.substr(0, 12)}), nullptr) << "tables are keyed by the short id";
  std::string sibling = id;
  sibling.back() = '0';
  EXPECT_EQ(cache.find({sibling}), nullptr) << "the same beginning is not the same container";
  EXPECT_EQ(cache.find({""}), nullptr);
}

TEST(Cache, TwoContainersWithTheSameShortId) {
  Cache cache({10, 30 * kSecond});
  std::string first = id_of(1);
  std::string second = first;
  second.back() = '0';
  cache.put(container(first, "one"), 0);
  cache.put(container(second, "two"), 0);
  EXPECT_EQ(cache.size(), 2u);
  EXPECT_EQ(cache.find({first})->record->container.name, "one");
  EXPECT_EQ(cache.find({second})->record->container.name, "two");
  EXPECT_EQ(cache.find({first.substr(0, 12)})->record->container.name, "two")
      << "the newest answers for both";
}

TEST(Cache, OfTwoWithTheSameShortIdTheOtherIsShownWhenOneIsGone) {
  const std::string first = id_of(1);
  const std::string shown = first.substr(0, 12);
  std::string second = first;
  second.back() = '0';
  std::string third = first;
  third.back() = '1';
  Cache cache({10, 30 * kSecond});
  cache.put(container(first, "one"), 0);
  cache.put(container(second, "two"), 0);
  cache.put(container(third, "three"), 0);
  EXPECT_EQ(cache.find_shown(shown)->record->container.name, "three");
  cache.remove({first}, 0);  // one that is not shown
  cache.expire(30 * kSecond);
  EXPECT_EQ(cache.find_shown(shown)->record->container.name, "three");
  cache.remove({third}, 40 * kSecond);
  EXPECT_EQ(cache.find_shown(shown)->record->container.name, "three") << "in the grace period";
  cache.expire(70 * kSecond);
  ASSERT_NE(cache.find_shown(shown), nullptr);
  EXPECT_EQ(cache.find_shown(shown)->record->container.name, "two");
  EXPECT_EQ(cache.find({second})->record->container.name, "two");
  cache.remove({second}, 80 * kSecond);
  cache.expire(110 * kSecond);
  EXPECT_EQ(cache.find_shown(shown), nullptr);
  // Nothing of them is left that the next ones could stumble over.
  cache.put(container(first, "again"), 0);
  EXPECT_EQ(cache.find_shown(shown)->record->container.name, "again");
}

core::Container of(core::Owner owner, core::Container container) {
  container.owner = owner;
  return container;
}

// Nothing that is said of one reaches the other, in whatever order it is said.
TEST(Cache, TwoOwnersContainersWithOneIdAreTwo) {
  const core::Owner user = core::Owner::user(1000);
  for (const bool user_first : {true, false}) {
    Cache cache({10, 30 * kSecond});
    const std::string id = id_of(1);
    if (user_first) cache.put(of(user, container(id, "forged")), 0);
    cache.put(container(id, "real"), 0);
    if (!user_first) cache.put(of(user, container(id, "forged")), 0);
    EXPECT_EQ(cache.size(), 2u);
    EXPECT_EQ(cache.find({id})->record->container.name, "real");
    EXPECT_EQ(cache.find({id, user})->record->container.name, "forged");
    EXPECT_EQ(cache.find({id, core::Owner::user(1001)}), nullptr);
    EXPECT_EQ(cache.find({id, core::Owner::nobody()}), nullptr);
    EXPECT_EQ(cache.find_shown(id.substr(0, 12))->record->container.name, "real");
    EXPECT_EQ(cache.find_shown(id)->record->container.name, "real");
    cache.remove({id, user}, 0);
    EXPECT_FALSE(cache.find({id})->removed);
    cache.expire(30 * kSecond);
    EXPECT_EQ(cache.find({id, user}), nullptr);
    EXPECT_EQ(cache.find({id})->record->container.name, "real");
  }
}

TEST(Cache, AUsersContainerIsShownWhereTheMachineHasNone) {
  Cache cache({10, 30 * kSecond});
  const std::string id = id_of(1);
  cache.put(of(core::Owner::user(1000), container(id, "rootless")), 0);
  EXPECT_EQ(cache.find_shown(id.substr(0, 12))->record->container.name, "rootless");
  EXPECT_EQ(cache.find({id.substr(0, 12)}), nullptr) << "the beginning of a user's id is nobody else's";
  EXPECT_EQ(cache.find({id}), nullptr);
}

TEST(Cache, ANameIsUniqueWithinItsTypeOnly) {
  Cache cache({10, 30 * kSecond});
  for (const auto& [type, image] :
       {std::pair{core::ContainerType::kLxc, "lxc"}, std::pair{core::ContainerType::kBpm, "bpm"},
        std::pair{core::ContainerType::kContainerd, "ctr"}}) {
    core::Container named = container("falco");
    named.type = type;
    named.image = image;
    cache.put(named, 0);
  }
  EXPECT_EQ(cache.size(), 3u);
  const core::Owner machine;
  EXPECT_EQ(cache.find({"falco", machine, core::ContainerType::kLxc})->record->container.image, "lxc");
  EXPECT_EQ(cache.find({"falco", machine, core::ContainerType::kBpm})->record->container.image, "bpm");
  EXPECT_EQ(cache.find({"falco"})->record->container.image, "ctr");
  EXPECT_EQ(cache.find({"falco", machine, core::ContainerType::kLibvirtLxc}), nullptr);
}

TEST(Cache, NamesAreNoBeginningsOfNames) {
  Cache cache({10, 30 * kSecond});
  cache.put(container("web-frontend-1"), 0);
  EXPECT_EQ(cache.find({"web-frontend"}), nullptr);
  EXPECT_EQ(cache.find({"web-frontend-2"}), nullptr);
  cache.put(container("web-frontend", "short"), 0);
  EXPECT_EQ(cache.size(), 2u);
  EXPECT_EQ(cache.find({"web-frontend-1"})->record->container.name, "n");
  EXPECT_EQ(cache.find_shown("web-frontend")->record->container.name, "short");
  EXPECT_EQ(cache.find_shown("web-front"), nullptr);
}

TEST(Cache, ShortIdOfAnOldCaptureGrowsIntoTheWholeOne) {
  Cache cache({10, 30 * kSecond});
  const std::string id = id_of(1);
  cache.put(container(id.substr(0, 12), "old"), 0);
  ASSERT_NE(cache.find({id}), nullptr);
  cache.put(only_cgroup(id), 0);
  EXPECT_EQ(cache.size(), 1u);
  EXPECT_EQ(cache.find({id})->record->container.full_id, id);
  EXPECT_EQ(cache.find({id})->record->container.name, "old");
}

TEST(Cache, GracePeriodThenGone) {
  Cache cache({10, 30 * kSecond});
  cache.put(container(id_of(1)), 0);
  cache.remove({id_of(1)}, 5 * kSecond);
  cache.remove({id_of(1)}, 6 * kSecond);
  cache.expire(34 * kSecond);
  EXPECT_NE(cache.find({id_of(1)}), nullptr);
  cache.expire(35 * kSecond);
  EXPECT_EQ(cache.find({id_of(1)}), nullptr);
  EXPECT_EQ(cache.counters().expired, 1u);
  EXPECT_EQ(cache.bytes(), 0u);
}

TEST(Cache, BackWithinTheGracePeriod) {
  Cache cache({10, 30 * kSecond});
  cache.put(container(id_of(1)), 0);
  cache.remove({id_of(1)}, 0);
  cache.put(container(id_of(1)), 10 * kSecond);
  cache.expire(1000 * kSecond);
  EXPECT_NE(cache.find({id_of(1)}), nullptr);
  cache.remove({id_of(1)}, 1000 * kSecond);
  cache.expire(1029 * kSecond);
  EXPECT_NE(cache.find({id_of(1)}), nullptr);
}

TEST(Cache, AClockThatJumpsBackExpiresNothing) {
  Cache cache({10, 30 * kSecond});
  cache.put(container(id_of(1)), 100 * kSecond);
  cache.remove({id_of(1)}, 100 * kSecond);
  cache.expire(1);
  EXPECT_NE(cache.find({id_of(1)}), nullptr);
}

TEST(Cache, RemovedOnesMakeRoomFirst) {
  Cache cache({3, 30 * kSecond});
  for (unsigned i = 0; i < 3; ++i) cache.put(container(id_of(i)), 0);
  cache.remove({id_of(2)}, 0);
  cache.put(container(id_of(3)), 0);
  EXPECT_EQ(cache.find({id_of(2)}), nullptr);
  cache.put(container(id_of(0)), 0);  // now the most recently stored
  cache.put(container(id_of(4)), 0);
  EXPECT_NE(cache.find({id_of(0)}), nullptr);
  EXPECT_EQ(cache.find({id_of(1)}), nullptr);
  EXPECT_EQ(cache.size(), 3u);
  EXPECT_EQ(cache.counters().evicted, 2u);
}

TEST(Cache, DelayOfTheMetadata) {
  Cache cache({10, 30 * kSecond});
  cache.put(only_cgroup(id_of(1)), kSecond).first_thread_ns = kSecond;
  EXPECT_FALSE(cache.find({id_of(1)})->has_metadata());
  EXPECT_EQ(cache.missing_images(), 1u);
  cache.put(container(id_of(1)), 3 * kSecond);
  EXPECT_TRUE(cache.find({id_of(1)})->has_metadata());
  EXPECT_EQ(cache.counters().metadata_count, 1u);
  EXPECT_EQ(cache.counters().metadata_total_ns, 2 * kSecond);
  cache.put(container(id_of(1)), 9 * kSecond);
  EXPECT_EQ(cache.counters().metadata_count, 1u);
  EXPECT_EQ(cache.missing_images(), 0u);
}

TEST(Cache, AnUnchangedRecordIsNotMadeAgain) {
  Cache cache({10, 30 * kSecond});
  cache.put(container(id_of(1)), 0);
  const auto before = cache.find({id_of(1)})->record;
  cache.put(container(id_of(1)), 1);
  EXPECT_EQ(cache.find({id_of(1)})->record, before);
}

TEST(Cache, HundredThousandContainersLeaveNothingBehind) {
  Cache cache({65536, kSecond});
  for (unsigned i = 0; i < 100'000; ++i) {
    cache.put(container(id_of(i)), i * kSecond);
    cache.remove({id_of(i)}, i * kSecond);
    cache.expire(i * kSecond);
    ASSERT_LE(cache.size(), 2u);
  }
  cache.expire(200'000 * kSecond);
  EXPECT_EQ(cache.size(), 0u);
  EXPECT_EQ(cache.bytes(), 0u);
}

// Ids of people's choosing are used again.
TEST(Cache, ARemovedContainersRecordIsNotTheNextOnes) {
  plugin::Cache cache({});
  core::Container first;
  first.full_id = "web";
  first.image = "old:1";
  cache.put(first, 1);
  cache.remove({"web"}, 2);
  core::Container second;
  second.full_id = "web";
  second.source = core::Source::kBundle;
  second.name = "new";
  const plugin::Cache::Entry& entry = cache.put(second, 3);
  EXPECT_FALSE(entry.removed);
  EXPECT_EQ(entry.record->container.name, "new");
  EXPECT_EQ(entry.record->container.image, "");
}

// A runtime that failed leaves no container behind; one that is entered stays.
TEST(Cache, BundlesThatNobodyEntersAreRemoved) {
  plugin::Cache cache({});
  for (const char* id : {"failed", "entered"}) {
    core::Container container;
    container.full_id = id;
    container.source = core::Source::kBundle;
    plugin::Cache::Entry& entry = cache.put(container, 1);
    if (container.full_id == "entered") entry.threads = 1;
  }
  cache.expire(plugin::Cache::kUnenteredNs);
  EXPECT_FALSE(cache.find({"failed"})->removed);
  cache.expire(plugin::Cache::kUnenteredNs + 1);
  EXPECT_TRUE(cache.find({"failed"})->removed);
  EXPECT_FALSE(cache.find({"entered"})->removed);
}

}  // namespace
