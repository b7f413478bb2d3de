// Doubling, jitter, limit, reset.
#include "worker/backoff.h"

#include <gtest/gtest.h>

namespace worker {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, DoublesUpToItsLimit) {
  Backoff backoff(milliseconds(100), milliseconds(30000));
  for (const int expected : {100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000}) {
    EXPECT_EQ(backoff.next(0.5), milliseconds(expected));
  }
}

TEST(Backoff, JitterStaysWithinAQuarter) {
  for (const double random : {0.0, 0.25, 0.999}) {
    Backoff backoff(milliseconds(1000), milliseconds(1000000));
    const milliseconds wait = backoff.next(random);
    EXPECT_GE(wait, milliseconds(750));
    EXPECT_LE(wait, milliseconds(1250));
  }
  EXPECT_NE(Backoff(milliseconds(1000), milliseconds(9000)).next(0.1),
            Backoff(milliseconds(1000), milliseconds(9000)).next(0.9));
}

TEST(Backoff, NeverExceedsTheLimit) {
  Backoff backoff(milliseconds(100), milliseconds(150));
  for (int i = 0; i < 1000; ++i) EXPECT_LE(backoff.next(0.999), milliseconds(150));
}

TEST(Backoff, StartsOverAfterReset) {
  Backoff backoff(milliseconds(100), milliseconds(30000));
  for (int i = 0; i < 5; ++i) backoff.next(0.5);
  backoff.reset();
  EXPECT_EQ(backoff.next(0.5), milliseconds(100));
}

}  // namespace
}  // namespace worker
