// The key that is written on a thread, as text and back.
#include "plugin/thread_key.h"

#include <gtest/gtest.h>

#include <string>

namespace {

using core::ContainerType;
using core::Owner;
using plugin::ThreadKey;
using Kind = ThreadKey::Kind;

struct Case {
  ThreadKey key;
  const char* text;
};

const Case kCases[] = {
    {{}, ""},
    {{Kind::kHost, {}}, "-"},
    {{Kind::kCgroup, {"0f"}}, "+:0f"},
    {{Kind::kUnconfirmed, {"web"}}, "~:web"},
    {{Kind::kLineage, {"0f", Owner::user(1000)}}, "^1000:0f"},
    {{Kind::kCgroup, {"0f", Owner::user(4294967294U)}}, "+4294967294:0f"},
    {{Kind::kCgroup, {"falco", Owner::machine(), ContainerType::kLxc}}, "+/1:falco"},
    {{Kind::kCgroup, {"falco", Owner::user(7), ContainerType::kBpm}}, "+7/9:falco"},
    {{Kind::kCgroup, {"a:b", Owner::nobody(), ContainerType::kLxc}}, "+*/1:a:b"},
};

TEST(ThreadKey, IsATextAndBack) {
  for (const Case& one : kCases) {
    std::string text = "what was there";
    one.key.write_to(text);
    EXPECT_EQ(text, one.text);
    const ThreadKey key = ThreadKey::parse(text);
    EXPECT_EQ(key.kind, one.key.kind) << text;
    EXPECT_EQ(key.container, one.key.container) << text;
  }
}

TEST(ThreadKey, MayBeMadeOfItsOwnText) {
  std::string text = "+1000/9:falco-and-a-long-name-behind-it";
  ThreadKey key = ThreadKey::parse(text);
  key.kind = Kind::kLineage;
  key.write_to(text);
  EXPECT_EQ(text, "^1000/9:falco-and-a-long-name-behind-it");
}

TEST(ThreadKey, AnythingElseIsNotLookedAtYet) {
  for (const char* text : {"+", "+:", "+1000", ":web", "web", "?:web", "+x:web", "+99999999999:web", "+/:web",
                           "+/x:web", "+1/99999999999:web", "+-1:web", "--"}) {
    const ThreadKey key = ThreadKey::parse(text);
    EXPECT_EQ(key.kind, Kind::kUnseen) << text;
    EXPECT_EQ(key.container, core::ContainerKey{}) << text;
  }
}

}  // namespace
