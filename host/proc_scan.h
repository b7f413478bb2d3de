// Fills the thread table from /proc, as a host does before a capture opens. Event loop's thread only.
#pragma once

#include <cstddef>

#include "host/proc_reader.h"
#include "host/thread_table.h"

namespace host {

struct ScanResult {
  size_t processes = 0;
  size_t threads = 0;   // main threads included
  size_t vanished = 0;  // listed, and gone or unreadable a moment later
};

// Adds every thread of the machine; those already in the table keep what plugins wrote to them.
ScanResult scan_proc(ProcReader& proc, ThreadTable& threads);

}  // namespace host
