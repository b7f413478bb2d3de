// Values or errors.
#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace base {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return Error{"odd"};
  return number / 2;
}

TEST(Result, HoldsAValueOrAnError) {
  const auto good = half(4);
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(*good, 2);
  const auto bad = half(3);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error(), "odd");
}

TEST(Result, MovesItsValueOut) {
  Result<std::unique_ptr<std::string>> result(std::make_unique<std::string>("x"));
  EXPECT_EQ(**result, "x");
  const std::unique_ptr<std::string> taken = *std::move(result);
  EXPECT_EQ(*taken, "x");
}

TEST(Status, IsOkOrAnError) {
  EXPECT_TRUE(Status(Ok{}).ok());
  EXPECT_EQ(Status(Error{"no"}).error(), "no");
}

}  // namespace
}  // namespace base
