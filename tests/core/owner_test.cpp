// Whose word counts for whom.
#include "core/owner.h"

#include <gtest/gtest.h>

namespace core {
namespace {

TEST(Owner, RootIsTheMachine) {
  EXPECT_TRUE(Owner().is_machine());
  EXPECT_EQ(Owner::user(0), Owner::machine());
  EXPECT_FALSE(Owner::user(1).is_machine());
}

TEST(Owner, EachSpeaksOfItsOwnOnly) {
  EXPECT_TRUE(Owner::machine().speaks_for(Owner::machine()));
  EXPECT_TRUE(Owner::user(1000).speaks_for(Owner::user(1000)));
  EXPECT_FALSE(Owner::user(1000).speaks_for(Owner::machine()));
  EXPECT_FALSE(Owner::user(1000).speaks_for(Owner::user(1001)));
  EXPECT_FALSE(Owner::machine().speaks_for(Owner::user(1000)));
  EXPECT_FALSE(Owner::nobody().speaks_for(Owner::nobody()));
  EXPECT_FALSE(Owner::nobody().speaks_for(Owner::machine()));
}

TEST(Owner, OfTwoHandsTheWeakerCounts) {
  EXPECT_EQ(weaker(Owner::machine(), Owner::machine()), Owner::machine());
  EXPECT_EQ(weaker(Owner::machine(), Owner::user(7)), Owner::user(7));
  EXPECT_EQ(weaker(Owner::user(7), Owner::machine()), Owner::user(7));
  EXPECT_EQ(weaker(Owner::user(7), Owner::user(7)), Owner::user(7));
  EXPECT_EQ(weaker(Owner::user(7), Owner::user(8)), Owner::nobody());
  EXPECT_EQ(weaker(Owner::nobody(), Owner::machine()), Owner::nobody());
  EXPECT_EQ(weaker(Owner::user(7), Owner::nobody()), Owner::nobody());
}

}  // namespace
}  // namespace core
