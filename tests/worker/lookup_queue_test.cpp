// Each id once, urgent ones first, so many at a time, and no answer that is out of date.
#include "worker/lookup_queue.h"

#include <gtest/gtest.h>

namespace worker {
namespace {

core::Container container(const std::string& id) {
  core::Container made;
  made.full_id = id;
  return made;
}

TEST(LookupQueue, UrgentOnesFirstAndEachOnce) {
  LookupQueue queue(10);
  queue.add("later", false, std::nullopt);
  queue.add("a", true, std::nullopt);
  queue.add("b", true, std::nullopt);
  queue.add("a", true, std::nullopt);
  EXPECT_EQ(queue.start()->id, "a");
  EXPECT_EQ(queue.start()->id, "b");
  EXPECT_EQ(queue.start()->id, "later");
  EXPECT_FALSE(queue.start().has_value());
}

TEST(LookupQueue, StartsNoMoreThanItsLimit) {
  LookupQueue queue(2);
  for (const char* id : {"a", "b", "c"}) queue.add(id, false, std::nullopt);
  const auto a = queue.start();
  ASSERT_TRUE(a && queue.start());
  EXPECT_FALSE(queue.start().has_value());
  ASSERT_NE(queue.answered(*a), nullptr);
  queue.finish("a");
  EXPECT_EQ(queue.start()->id, "c");
}

TEST(LookupQueue, OneThatBecomesUrgentOvertakes) {
  LookupQueue queue(10);
  for (const char* id : {"a", "b", "c"}) queue.add(id, false, std::nullopt);
  queue.add("c", true, std::nullopt);
  EXPECT_EQ(queue.start()->id, "c");
  EXPECT_EQ(queue.start()->id, "a");
  EXPECT_EQ(queue.start()->id, "b");
  EXPECT_FALSE(queue.start().has_value());
}

TEST(LookupQueue, AskedForWhileInFlightIsAskedAgain) {
  LookupQueue queue(10);
  queue.add("a", true, std::nullopt);
  const auto first = queue.start();
  queue.add("a", true, std::nullopt);
  EXPECT_FALSE(queue.start().has_value());
  ASSERT_NE(queue.answered(*first), nullptr);
  queue.finish("a");
  const auto second = queue.start();
  ASSERT_TRUE(second.has_value());
  ASSERT_NE(queue.answered(*second), nullptr);
  queue.finish("a");
  EXPECT_FALSE(queue.start().has_value());
  EXPECT_EQ(queue.size(), 0U);
}

TEST(LookupQueue, TheAnswerToADroppedJobIsOutOfDate) {
  LookupQueue queue(10);
  queue.add("a", true, container("a"));
  const auto first = queue.start();
  const auto fallback = queue.drop("a");
  ASSERT_TRUE(fallback.has_value());
  EXPECT_EQ(fallback->full_id, "a");
  queue.add("a", true, std::nullopt);  // made anew under the same id
  const auto second = queue.start();
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(queue.answered(*first), nullptr);
  EXPECT_NE(queue.answered(*second), nullptr);
  EXPECT_EQ(queue.in_flight(), 0U);
}

TEST(LookupQueue, AFailureWaitsUntilItIsResumed) {
  LookupQueue queue(10);
  queue.add("a", true, std::nullopt);
  const auto first = queue.start();
  ASSERT_NE(queue.answered(*first), nullptr);
  queue.suspend("a");
  EXPECT_FALSE(queue.start().has_value());
  EXPECT_EQ(queue.jobs().at("a").attempts, 1U);
  queue.resume("a", first->serial + 1);  // of another job
  EXPECT_FALSE(queue.start().has_value());
  queue.resume("a", first->serial);
  EXPECT_TRUE(queue.start().has_value());
}

TEST(LookupQueue, ClearEndsAllAndAnswersComeToNothing) {
  LookupQueue queue(1);
  queue.add("a", true, std::nullopt);
  queue.add("b", true, std::nullopt);
  const auto a = queue.start();
  queue.clear();
  EXPECT_EQ(queue.size(), 0U);
  EXPECT_FALSE(queue.start().has_value());
  EXPECT_EQ(queue.answered(*a), nullptr);
  queue.add("c", false, std::nullopt);
  EXPECT_TRUE(queue.start().has_value());
}

}  // namespace
}  // namespace worker
