// Events that describe a container: the async `container` and `container_removed` and the three of old
// captures. Pure; Falco's thread. Spec: docs/event-json.md.
#pragma once

#include <string_view>

#include "base/result.h"
#include "core/container.h"
#include "plugin/event_view.h"

namespace plugin {

enum class Payload : uint8_t {
  kNone,       // another event
  kContainer,  // there is such a container, or it changed
  kRemoved,    // it is gone
};

// Which of them an event is. Async events of other plugins are none.
Payload payload_of(const EventView& event);

// The container that such an event describes. Fails with what is wrong with the payload; call it only when
// payload_of() is not kNone.
base::Result<core::Container> read_payload(const EventView& event);

// The name and the data of an async event; "" where they are missing.
struct AsyncText {
  std::string_view name;
  std::string_view data;
};
AsyncText async_text(const EventView& event);

// Whether such an event tells whose container it is about. Those of captures from before there were owners do
// not, and then it is the machine's.
bool tells_owner(const EventView& event);

}  // namespace plugin
