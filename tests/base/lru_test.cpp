// The bounded map.
#include "base/lru.h"

#include <gtest/gtest.h>

#include <string>

namespace base {
namespace {

TEST(Lru, ForgetsTheLeastRecentlyUsed) {
  Lru<int> lru(2);
  lru.put("a", 1);
  lru.put("b", 2);
  ASSERT_NE(lru.get("a"), nullptr);
  lru.put("c", 3);
  EXPECT_EQ(lru.get("b"), nullptr);
  EXPECT_EQ(*lru.get("a"), 1);
  EXPECT_EQ(*lru.get("c"), 3);
  EXPECT_EQ(lru.size(), 2u);
}

TEST(Lru, ReplacesAValueInPlace) {
  Lru<std::string> lru(2);
  lru.put("a", "1");
  lru.put("b", "2");
  EXPECT_EQ(lru.put("a", "3"), "3");
  EXPECT_EQ(lru.size(), 2u);
  lru.put("c", "4");
  EXPECT_EQ(lru.get("b"), nullptr);
  EXPECT_EQ(*lru.get("a"), "3");
}

TEST(Lru, KeepsAtLeastOneAndClears) {
  Lru<int> lru(0);
  EXPECT_EQ(lru.capacity(), 1u);
  lru.put("", 1);
  EXPECT_EQ(*lru.get(""), 1);
  lru.put(std::string_view("\0x", 2), 2);
  EXPECT_EQ(lru.get(""), nullptr);
  lru.clear();
  EXPECT_EQ(lru.size(), 0u);
  EXPECT_EQ(lru.get(std::string_view("\0x", 2)), nullptr);
}

std::string walked(Lru<int>& lru, size_t most) {
  std::string keys;
  lru.walk(most, [&](std::string_view key, int&) { keys += key; });
  return keys;
}

TEST(Lru, IsWalkedInPortions) {
  Lru<int> lru(4);
  EXPECT_TRUE(lru.walk(1, [](std::string_view, int&) {})) << "nobody has begun";
  for (const char* key : {"a", "b", "c", "d"}) lru.put(key, 0);
  lru.begin_walk();
  EXPECT_EQ(walked(lru, 1), "d");
  lru.get("c");  // the next one: whoever gets it has it
  EXPECT_EQ(walked(lru, 1), "b");
  lru.put("e", 0);  // in the place of "a", the next one
  EXPECT_EQ(walked(lru, 9), "");
  EXPECT_TRUE(lru.walk(9, [](std::string_view, int&) {}));
  lru.begin_walk();
  lru.clear();
  EXPECT_EQ(walked(lru, 9), "");
}

TEST(Lru, SurvivesManyKeys) {
  Lru<int> lru(100);
  for (int i = 0; i < 10000; ++i) lru.put("key" + std::to_string(i), i);
  EXPECT_EQ(lru.size(), 100u);
  EXPECT_EQ(lru.get("key9899"), nullptr);
  EXPECT_EQ(*lru.get("key9900"), 9900);
}

}  // namespace
}  // namespace base
