// Counts every allocation of the process, also those of libraries with their own libstdc++ inside, by
// standing in front of the C library's malloc. Link malloc_count.cpp into the program; not together with
// sanitizers, which do the same.
#pragma once

#include <cstdint>

namespace support {

// Calls of malloc, calloc, realloc and their aligned kin on this thread so far.
uint64_t mallocs();

}  // namespace support
