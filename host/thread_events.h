// Keeps the thread table up to date with the events, as libsinsp's parser does. The child's own clone exit
// creates its entry, exec replaces what exec replaces, procexit removes the entry once everyone has handled
// the event. Event loop's thread only.
#pragma once

#include "host/event_view.h"
#include "host/thread_table.h"

namespace host {

// Before the plugins see the event.
void apply_event(ThreadTable& threads, const EventView& event);

// After they have.
void finish_event(ThreadTable& threads, const EventView& event);

}  // namespace host
