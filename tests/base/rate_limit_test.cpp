// So many per window.
#include "base/rate_limit.h"

#include <gtest/gtest.h>

namespace base {
namespace {

TEST(RateLimit, LetsABurstThroughInEachWindow) {
  RateLimit limit(2, 100);
  EXPECT_TRUE(limit.allow(1000));
  EXPECT_TRUE(limit.allow(1050));
  EXPECT_FALSE(limit.allow(1099));
  EXPECT_FALSE(limit.allow(1099));
  EXPECT_TRUE(limit.allow(1100));
  EXPECT_EQ(limit.take_suppressed(), 2u);
  EXPECT_EQ(limit.take_suppressed(), 0u);
}

TEST(RateLimit, StartsWithTheFirstCallAtAnyTime) {
  RateLimit limit(1, 1000);
  EXPECT_TRUE(limit.allow(0));
  EXPECT_FALSE(limit.allow(999));
  EXPECT_TRUE(limit.allow(1000));
}

TEST(RateLimit, WithoutABurstSaysNothing) {
  RateLimit limit(0, 1);
  EXPECT_FALSE(limit.allow(1));
  EXPECT_FALSE(limit.allow(100));
}

}  // namespace
}  // namespace base
