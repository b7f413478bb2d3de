// Which events describe a container, and what they say.
#include "plugin/payload.h"

#include <gtest/gtest.h>

#include "core/container_json.h"
#include "host/event_builder.h"

namespace {

using plugin::EventView;
using plugin::Payload;

EventView view(const host::EventBytes& bytes) {
  return EventView(reinterpret_cast<const api::Event*>(bytes.data()));
}

TEST(Payload, Kinds) {
  EXPECT_EQ(payload_of(view(host::make_async(0, "container", ""))), Payload::kContainer);
  EXPECT_EQ(payload_of(view(host::make_async(0, "container_removed", ""))), Payload::kRemoved);
  EXPECT_EQ(payload_of(view(host::make_async(0, "container_", ""))), Payload::kNone);
  EXPECT_EQ(payload_of(view(host::make_procexit(1, 0))), Payload::kNone);
  EXPECT_EQ(payload_of(view(host::make_container(0, "a", 0, "b", "c"))), Payload::kContainer);
}

TEST(Payload, ImageOfTheOldestFormIsTakenApart) {
  const auto bytes = host::make_container(0, "0123456789ab", 1, "n", "repo/x@sha256:" + std::string(64, 'a'));
  const auto container = read_payload(view(bytes));
  ASSERT_TRUE(container.ok()) << container.error();
  EXPECT_EQ(container->type, core::ContainerType::kLxc);
  EXPECT_EQ(container->image_repository, "repo/x");
  EXPECT_EQ(container->image_digest, "sha256:" + std::string(64, 'a'));
}

TEST(Payload, ErrorsNameWhatIsWrong) {
  const auto missing =
      read_payload(view(host::EventBuilder(api::kEventAsync, 0, 0).u32(0).text("container").build()));
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.error().find("payload"), std::string::npos);
  const auto no_id = read_payload(view(host::make_container(0, "", 0, "n", "i")));
  ASSERT_FALSE(no_id.ok());
  EXPECT_NE(no_id.error().find("id"), std::string::npos);
}

}  // namespace
