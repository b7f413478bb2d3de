// Reading parameters of events whose lengths are right, short and lying.
#include "plugin/event_view.h"

#include <gtest/gtest.h>

#include "host/event_builder.h"

namespace {

using plugin::EventView;

EventView view(const host::EventBytes& bytes) {
  return EventView(reinterpret_cast<const api::Event*>(bytes.data()));
}

TEST(EventView, HeaderAndParameters) {
  const auto bytes = host::EventBuilder(api::kEventContainer, 7, 42).text("id").u32(3).text("").build();
  const EventView event = view(bytes);
  EXPECT_EQ(event.type(), api::kEventContainer);
  EXPECT_EQ(event.tid(), 7u);
  EXPECT_EQ(event.ts(), 42u);
  EXPECT_EQ(event.param_text(0), "id");
  EXPECT_EQ(event.param_u32(1), 3u);
  EXPECT_EQ(event.param_text(2), "");
  EXPECT_FALSE(event.param(3));
  EXPECT_FALSE(event.param_i64(1)) << "another size";
}

TEST(EventView, LargePayloadHasWideLengths) {
  const std::string big(100'000, 'x');
  const auto bytes = host::EventBuilder(api::kEventContainerJson2, 0, 0).text(big).build();
  EXPECT_EQ(view(bytes).param_text(0), big);
}

TEST(EventView, TextWithoutItsNulEndsWithTheParameter) {
  const auto bytes = host::EventBuilder(api::kEventContainer, 0, 0).bytes("abc").text("next").build();
  EXPECT_EQ(view(bytes).param_text(0), "abc");
}

TEST(EventView, LiesAreSeen) {
  EXPECT_FALSE(view(host::EventBuilder(228, 0, 0).text("id").claim_param_length(0, 4).build()).param(0));
  EXPECT_FALSE(view(host::EventBuilder(228, 0, 0).text("id").claim_param_count(0xffffffff).build()).param(0));
  EXPECT_FALSE(view(host::EventBuilder(228, 0, 0).text("id").claim_length(26).build()).param(0));
  EXPECT_FALSE(
      view(host::EventBuilder(402, 0, 0).text("id").claim_param_length(0, 0xffffffff).build()).param(0));
  // The lie of an earlier parameter is found on the way to a later one.
  EXPECT_FALSE(
      view(host::EventBuilder(228, 0, 0).text("id").u32(1).claim_param_length(0, 1000).build()).param(1));
}

}  // namespace
