// So much a second.
#include "net/grpc/budget.h"

#include <gtest/gtest.h>

namespace net::grpc {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kStart = 77 * kSecond;

TEST(GrpcBudget, TheLimitIsInclusiveAndForEachSecond) {
  Budget budget(10);
  EXPECT_TRUE(budget.spend(4, kStart));
  EXPECT_TRUE(budget.spend(6, kStart + 1));
  EXPECT_FALSE(budget.spend(1, kStart + kSecond - 1));
  EXPECT_TRUE(budget.spend(10, kStart + kSecond));
  EXPECT_FALSE(budget.spend(1, kStart + kSecond));
}

TEST(GrpcBudget, SpendingNothingIsAlwaysFineWithinTheLimit) {
  Budget budget(0);
  EXPECT_TRUE(budget.spend(0, kStart));
  EXPECT_FALSE(budget.spend(1, kStart));
}

TEST(GrpcBudget, AfterAResetEverythingIsAllowedAgain) {
  Budget budget(2);
  EXPECT_FALSE(budget.spend(3, kStart));
  budget.reset();
  EXPECT_TRUE(budget.spend(2, kStart));
}

}  // namespace
}  // namespace net::grpc
