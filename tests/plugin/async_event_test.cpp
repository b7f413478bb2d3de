// The bytes of the async events that this plugin makes, against the host's reading of them.
#include "plugin/async_event.h"

#include <gtest/gtest.h>

#include "api/events.h"
#include "host/event_view.h"

namespace {

TEST(AsyncEvent, IsWhatTheHostReads) {
  const auto bytes = plugin::make_async_event("container", "{\"x\":1}", 77);
  const auto event = host::EventView::parse(std::as_bytes(std::span(bytes)));
  ASSERT_TRUE(event.ok()) << event.error();
  EXPECT_EQ(event->type(), api::kEventAsync);
  EXPECT_EQ(event->ts(), 77u);
  EXPECT_EQ(event->tid(), 0);
  EXPECT_EQ(event->param_count(), 3u);
  EXPECT_EQ(event->u32(0), 0u);
  EXPECT_EQ(event->text(1), "container");
  EXPECT_EQ(event->text(2), "{\"x\":1}");
  EXPECT_EQ(event->param(2)->size(), 8u) << "with its NUL";
}

TEST(AsyncEvent, LargeAndEmptyPayloads) {
  const std::string big(1 << 20, 'y');
  const auto bytes = plugin::make_async_event("container", big, plugin::kStampedByHost);
  const auto event = host::EventView::parse(std::as_bytes(std::span(bytes)));
  ASSERT_TRUE(event.ok()) << event.error();
  EXPECT_EQ(event->text(2), big);
  const auto empty = plugin::make_async_event("container_removed", "", 0);
  EXPECT_EQ(host::EventView::parse(std::as_bytes(std::span(empty)))->text(2), "");
}

}  // namespace
