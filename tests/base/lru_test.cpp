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

TEST(Lru, SurvivesManyKeys) {
  Lru<int> lru(100);
  for (int i = 0; i < 10000; ++i) lru.put("key" + std::to_string(i), i);
  EXPECT_EQ(lru.size(), 100u);
  EXPECT_EQ(lru.get("key9899"), nullptr);
  EXPECT_EQ(*lru.get("key9900"), 9900);
}

}  // namespace
}  // namespace base
