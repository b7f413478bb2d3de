// Counts, and lets fail, every allocation of the process, also those of libraries with their own libstdc++
// inside, by standing in front of the C library's malloc. Link malloc_count.cpp into the program; not
// together with sanitizers, which do the same.
#pragma once

#include <cstdint>

namespace support {

// Lets an allocation of this thread fail: the nth from now of those that code between begin and end asks for
// (one shared object's, say). 0: none any more, and malloc_failed() still tells of the last one.
void fail_nth_malloc(uint64_t nth, const void* begin, const void* end);
// Whether the one that was to fail has been asked for.
bool malloc_failed();

// Calls of malloc, calloc, realloc and their aligned kin on this thread so far.
uint64_t mallocs();

}  // namespace support
