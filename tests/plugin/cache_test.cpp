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
    if (container.full_id == "entered") cache.add_thread(entry);
  }
  cache.expire(plugin::Cache::kUnenteredNs);
  EXPECT_FALSE(cache.find({"failed"})->removed);
  cache.expire(plugin::Cache::kUnenteredNs + 1);
  EXPECT_TRUE(cache.find({"failed"})->removed);
  EXPECT_FALSE(cache.find({"entered"})->removed);
}

// --- who goes first

core::Container of_user(core::Container container, uint32_t uid = 1000) {
  container.owner = core::Owner::user(uid);
  return container;
}

TEST(Cache, WhatMattersLeastGoesFirst) {
  constexpr unsigned kKinds = 8;
  // In the order in which they are to go; stored the other way round, so that age does not tell.
  const auto make = [](Cache& cache, unsigned kind) {
    const core::Container known = container(id_of(kind));
    const core::Container bare = only_cgroup(id_of(kind));
    switch (kind) {
      case 0:
        return cache.remove(cache.put(of_user(bare), 0).key(), 0);
      case 1:
        return cache.remove(cache.put(known, 0).key(), 0);
      case 2:
        return void(cache.put(of_user(bare), 0));
      case 3:
        return void(cache.put(bare, 0));
      case 4:
        return void(cache.put(of_user(known), 0));
      case 5:
        return void(cache.put(known, 0));
      case 6:
        return cache.add_thread(cache.put(bare, 0));
      default:
        return cache.add_thread(cache.put(known, 0));
    }
  };
  Cache cache({kKinds, 30 * kSecond});
  for (unsigned kind = kKinds; kind > 0; --kind) make(cache, kind - 1);
  ASSERT_EQ(cache.size(), kKinds);
  for (unsigned gone = 0; gone < kKinds; ++gone) {
    cache.add_thread(cache.put(container(id_of(100 + gone)), 0));
    for (unsigned kind = 0; kind < kKinds; ++kind) {
      const bool users = kind == 0 || kind == 2 || kind == 4;
      const std::string id = id_of(kind);
      const core::ContainerKey key{id, users ? core::Owner::user(1000) : core::Owner()};
      EXPECT_EQ(cache.find(key) == nullptr, kind <= gone) << kind << " after " << gone;
    }
  }
}

TEST(Cache, AThreadThatEndsMakesAContainerMatterLess) {
  Cache cache({2, 30 * kSecond});
  Cache::Entry& first = cache.put(container(id_of(1)), 0);
  cache.add_thread(first);
  cache.put(container(id_of(2)), 0);
  cache.put(container(id_of(3)), 0);
  EXPECT_EQ(cache.find({id_of(2)}), nullptr);
  cache.drop_thread(*cache.find({id_of(1)}));
  cache.add_thread(*cache.find({id_of(3)}));
  cache.put(container(id_of(4)), 0);
  EXPECT_EQ(cache.find({id_of(1)}), nullptr);
  EXPECT_NE(cache.find({id_of(3)}), nullptr);
}

TEST(Cache, AUserLosesHisOwnBeyondHisShare) {
  Cache cache({});
  cache.put(only_cgroup(id_of(1)), 0);
  cache.put(of_user(container(id_of(1)), 2000), 0);
  for (unsigned i = 0; i < 3 * core::limits::kUserContainers; ++i) cache.put(of_user(container(id_of(i))), 0);
  EXPECT_EQ(cache.size(), core::limits::kUserContainers + 2);
  EXPECT_NE(cache.find({id_of(1)}), nullptr);
  EXPECT_NE(cache.find({id_of(1), core::Owner::user(2000)}), nullptr);
  EXPECT_EQ(cache.find({id_of(1), core::Owner::user(1000)}), nullptr);
}

TEST(Cache, BytesAreBounded) {
  core::Container large = container("");
  for (int i = 0; i < 500; ++i) large.mounts.push_back({std::string(200, 'm'), "/", "", true, ""});
  Cache users({});
  for (unsigned i = 0; i < 200; ++i) {
    large.full_id = id_of(i);
    users.put(of_user(large), 0);
    ASSERT_LE(users.bytes(), core::limits::kUserCacheBytes);
  }
  EXPECT_GT(users.bytes(), core::limits::kUserCacheBytes / 2);
  Cache all({1000, kSecond, 8 * core::limits::kMiB});
  for (unsigned i = 0; i < 200; ++i) {
    large.full_id = id_of(i);
    all.put(large, 0);
    ASSERT_LE(all.bytes(), 8 * core::limits::kMiB);
  }
  EXPECT_NE(all.find({id_of(199)}), nullptr);
}

// As many ids as anybody can make cgroups: they push out each other, and nothing that is known.
TEST(Cache, CgroupIdsWithoutEndPushOutNothing) {
  Cache cache({});
  for (unsigned i = 0; i < 1000; ++i) cache.put(container(id_of(i)), 0);
  for (unsigned i = 1000; i < 21'000; ++i) {
    Cache::Entry& entry = cache.put(only_cgroup(id_of(i)), 0);
    cache.add_thread(entry);
    cache.drop_thread(entry);
    cache.remove({id_of(i)}, 0);
  }
  EXPECT_EQ(cache.size(), 1000 + core::limits::kBareContainers);
  for (unsigned i = 0; i < 1000; ++i) ASSERT_NE(cache.find({id_of(i)}), nullptr) << i;
  EXPECT_LT(cache.bytes(), 16 * core::limits::kMiB);
}

// One look-up by the short id, however many share it.
TEST(Cache, NamesakesCostNothing) {
  Cache cache({10'000});
  const auto namesake = [](unsigned number) {
    const std::string digits = std::to_string(number);
    return "aaaaaaaaaaaa" + std::string(52 - digits.size(), '0') + digits;
  };
  for (unsigned i = 0; i < 20'000; ++i) cache.put(container(namesake(i)), 0);
  EXPECT_EQ(cache.size(), 10'000U);
  EXPECT_EQ(cache.find_shown("aaaaaaaaaaaa")->record->container.full_id, namesake(19'999));
  cache.remove({namesake(19'999)}, 0);
  cache.expire(31 * kSecond);
  EXPECT_EQ(cache.find_shown("aaaaaaaaaaaa")->record->container.full_id, namesake(19'998));
}

// --- many at once

TEST(Cache, WhatIsOverIsDroppedAFewAtATime) {
  Cache cache({});
  for (unsigned i = 0; i < 1000; ++i) cache.remove(cache.put(container(id_of(i)), 0).key(), 0);
  size_t calls = 0;
  for (; cache.size() > 0; ++calls) {
    const size_t before = cache.size();
    cache.expire(31 * kSecond);
    ASSERT_LE(before - cache.size(), core::limits::kExpiredPerCall);
    ASSERT_LT(cache.size(), before);
  }
  EXPECT_EQ(calls, 1000 / core::limits::kExpiredPerCall + 1);
}

TEST(Cache, UsersAnnouncementsDoNotPushOutTheMachines) {
  Cache cache({});
  core::Container announced = container(id_of(0));
  announced.source = core::Source::kBundle;
  cache.put(announced, 0);
  for (unsigned i = 1; i < 1000; ++i) {
    announced.full_id = id_of(i);
    cache.put(of_user(announced), 1);
  }
  for (unsigned call = 0; call < 100; ++call) cache.expire(1);
  EXPECT_FALSE(cache.find({id_of(0)})->removed);
  EXPECT_TRUE(cache.find({id_of(1), core::Owner::user(1000)})->removed);
  EXPECT_FALSE(cache.find({id_of(999), core::Owner::user(1000)})->removed);
}

TEST(Cache, MissingImagesAreCountedAsTheyChange) {
  Cache cache({});
  cache.put(only_cgroup(id_of(1)), 0);
  cache.put(container(id_of(2)), 0);
  EXPECT_EQ(cache.missing_images(), 1U);
  cache.put(container(id_of(1)), 0);
  EXPECT_EQ(cache.missing_images(), 0U);
  cache.put(only_cgroup(id_of(3)), 0);
  cache.remove({id_of(3)}, 0);
  EXPECT_EQ(cache.missing_images(), 0U);
}

}  // namespace
