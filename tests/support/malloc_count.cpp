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
thread_local uint64_t until_failure = 0;
thread_local bool has_failed = false;
thread_local const void* failing_begin = nullptr;
thread_local const void* failing_end = nullptr;

// Counts an allocation for `caller`; true when it is the one to fail.
bool fails(const void* caller) {
  ++count;
  if (until_failure == 0 || caller < failing_begin || caller >= failing_end || --until_failure > 0)
    return false;
  has_failed = true;
  return true;
}
}  // namespace

namespace support {
uint64_t mallocs() {
  return count;
}

void fail_nth_malloc(uint64_t nth, const void* begin, const void* end) {
  until_failure = nth;
  if (nth > 0) has_failed = false;
  failing_begin = begin;
  failing_end = end;
}

bool malloc_failed() {
  return has_failed;
}
}  // namespace support

#define STAND_IN extern "C" __attribute__((visibility("default")))

STAND_IN void* malloc(size_t size) {
  return fails(__builtin_return_address(0)) ? nullptr : __libc_malloc(size);
}

STAND_IN void* calloc(size_t number, size_t size) {
  return fails(__builtin_return_address(0)) ? nullptr : __libc_calloc(number, size);
}

STAND_IN void* realloc(void* memory, size_t size) {
  return fails(__builtin_return_address(0)) ? nullptr : __libc_realloc(memory, size);
}

STAND_IN void* aligned_alloc(size_t alignment, size_t size) {
  return fails(__builtin_return_address(0)) ? nullptr : __libc_memalign(alignment, size);
}

STAND_IN void free(void* memory) {
  __libc_free(memory);
}
