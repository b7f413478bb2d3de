// The event that is being handled now. Valid only during the call that gets it.
#pragma once

#include <cstdint>

#include "host/event_view.h"
#include "host/thread_table.h"

namespace host {

struct EventContext {
  const EventView& event;
  uint64_t number;       // from 1
  const Thread* thread;  // nullptr when the table does not know it
};

}  // namespace host
