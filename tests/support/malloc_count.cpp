// See malloc_count.h.
#include "support/malloc_count.h"

#include <cstddef>

extern "C" {
// The C library's own, under the names it keeps for such stand-ins.
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* memory, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
void __libc_free(void* memory);
}

namespace {
thread_local uint64_t count = 0;
}

namespace support {
uint64_t mallocs() {
  return count;
}
}  // namespace support

#define STAND_IN extern "C" __attribute__((visibility("default")))

STAND_IN void* malloc(size_t size) {
  ++count;
  return __libc_malloc(size);
}

STAND_IN void* calloc(size_t number, size_t size) {
  ++count;
  return __libc_calloc(number, size);
}

STAND_IN void* realloc(void* memory, size_t size) {
  ++count;
  return __libc_realloc(memory, size);
}

STAND_IN void* aligned_alloc(size_t alignment, size_t size) {
  ++count;
  return __libc_memalign(alignment, size);
}

STAND_IN void free(void* memory) {
  __libc_free(memory);
}
