// See payload.h.
#include "plugin/payload.h"

#include <string>

#include "core/container_json.h"
#include "core/image_ref.h"
#include "plugin/async_event.h"

namespace plugin {
namespace {

constexpr uint32_t kAsyncName = 1;  // parameters of an async event: plugin id, name, data
constexpr uint32_t kAsyncData = 2;

base::Error broken(const char* what) {
  return base::Error{std::string("the event's ") + what};
}

base::Result<core::Container> read_json(const EventView& event, uint32_t param) {
  const auto json = event.param_text(param);
  if (!json) return broken("payload is missing or longer than the event");
  return core::from_json(*json);
}

// Type 228, of captures older than the JSON: id, type, name and image are parameters of their own.
base::Result<core::Container> read_plain(const EventView& event) {
  const auto id = event.param_text(0);
  const auto type = event.param_u32(1);
  const auto name = event.param_text(2);
  const auto image = event.param_text(3);
  if (!id || id->empty()) return broken("container id is missing");
  if (!type || !name || !image) return broken("type, name or image is missing or of a wrong size");

  core::Container container;
  container.source = core::Source::kSighting;
  container.full_id = *id;
  container.type = static_cast<core::ContainerType>(*type);
  container.name = *name;
  container.image = *image;
  const core::ImageRef ref = core::parse_image_ref(*image);
  container.image_repository = ref.repository;
  container.image_tag = ref.tag;
  container.image_digest = ref.digest;
  return container;
}

// The parameter that holds the JSON.
uint32_t json_param(const EventView& event) {
  return event.type() == api::kEventAsync ? kAsyncData : 0;
}

}  // namespace

Payload payload_of(const EventView& event) {
  switch (event.type()) {
    case api::kEventContainer:
    case api::kEventContainerJson:
    case api::kEventContainerJson2:
      return Payload::kContainer;
    case api::kEventAsync: {
      const auto name = event.param_text(kAsyncName);
      if (name == kContainerEvent) return Payload::kContainer;
      if (name == kContainerRemovedEvent) return Payload::kRemoved;
      return Payload::kNone;
    }
    default:
      return Payload::kNone;
  }
}

base::Result<core::Container> read_payload(const EventView& event) {
  return event.type() == api::kEventContainer ? read_plain(event) : read_json(event, json_param(event));
}

AsyncText async_text(const EventView& event) {
  return {event.param_text(kAsyncName).value_or(std::string_view()),
          event.param_text(kAsyncData).value_or(std::string_view())};
}

bool tells_owner(const EventView& event) {
  if (event.type() == api::kEventContainer) return false;
  const auto json = event.param_text(json_param(event));
  return json && core::has_owner(*json);
}

}  // namespace plugin
