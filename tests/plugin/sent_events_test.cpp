// Our own container events are recognised when they come back, each once.
#include "plugin/sent_events.h"

#include <gtest/gtest.h>

#include <string>

namespace {

using plugin::SentEvents;

TEST(SentEvents, EachComesBackOnce) {
  SentEvents sent;
  sent.add("container", "{1}");
  sent.add("container_removed", "{1}");
  EXPECT_FALSE(sent.take("container", "{2}"));
  EXPECT_FALSE(sent.take("another", "{1}"));
  EXPECT_TRUE(sent.take("container", "{1}"));
  EXPECT_FALSE(sent.take("container", "{1}"));
  EXPECT_TRUE(sent.take("container_removed", "{1}"));
  EXPECT_FALSE(sent.take("", ""));
}

// However many are on their way: what is forgotten is read like anybody's.
TEST(SentEvents, IsBounded) {
  SentEvents sent;
  for (int i = 0; i < 100'000; ++i) sent.add("container", std::to_string(i));
  size_t known = 0;
  for (int i = 0; i < 100'000; ++i) known += sent.take("container", std::to_string(i)) ? 1 : 0;
  EXPECT_LE(known, core::limits::kSentEvents);
  EXPECT_GT(known, core::limits::kSentEvents / 2);
}

}  // namespace
