// What the library takes from glibc, by the names of 2.28 (RHEL 8, Debian 10): it is built on a newer glibc, whose headers
// and static libstdc++ ask for newer names, and has to load on older ones. The linker leads each reference to NAME
// to __wrap_NAME here (CMakeLists.txt lists them); scripts/check_library.sh refuses a library that asks for more.
// No state; any thread. Source of fact: glibc's Versions files; numbers of system calls as the kernel's.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// Until 2.34 these were libpthread's, with the version that the architecture began with; newer libraries keep them.
#if defined(__x86_64__)
#define FIRST "GLIBC_2.2.5"
#define SETNAME "GLIBC_2.12"
#define SETCLOCK "GLIBC_2.3.3"
#elif defined(__aarch64__)
#define FIRST "GLIBC_2.17"
#define SETNAME FIRST
#define SETCLOCK FIRST
#else
#error "versions of glibc's symbols are known for x86-64 and aarch64 only; build with -DCONTAINER_OLD_GLIBC=OFF"
#endif
#define BIND(name, version) __asm__(".symver old_" #name ", " #name "@" version)

BIND(pthread_create, FIRST);
BIND(pthread_join, FIRST);
BIND(pthread_detach, FIRST);
BIND(pthread_once, FIRST);
BIND(pthread_sigmask, FIRST);
BIND(__pthread_key_create, FIRST);
BIND(pthread_key_create, FIRST);
BIND(pthread_key_delete, FIRST);
BIND(pthread_getspecific, FIRST);
BIND(pthread_setspecific, FIRST);
BIND(pthread_mutex_trylock, FIRST);
BIND(pthread_setname_np, SETNAME);
BIND(pthread_condattr_setclock, SETCLOCK);

int old_pthread_create(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
int old_pthread_join(pthread_t, void**);
int old_pthread_detach(pthread_t);
int old_pthread_once(pthread_once_t*, void (*)(void));
int old_pthread_sigmask(int, const sigset_t*, sigset_t*);
int old___pthread_key_create(pthread_key_t*, void (*)(void*));
int old_pthread_key_create(pthread_key_t*, void (*)(void*));
int old_pthread_key_delete(pthread_key_t);
void* old_pthread_getspecific(pthread_key_t);
int old_pthread_setspecific(pthread_key_t, const void*);
int old_pthread_mutex_trylock(pthread_mutex_t*);
int old_pthread_setname_np(pthread_t, const char*);
int old_pthread_condattr_setclock(pthread_condattr_t*, clockid_t);

int __wrap_pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*), void* argument) {
  return old_pthread_create(thread, attributes, run, argument);
}
int __wrap_pthread_join(pthread_t thread, void** result) {
  return old_pthread_join(thread, result);
}
int __wrap_pthread_detach(pthread_t thread) {
  return old_pthread_detach(thread);
}
int __wrap_pthread_once(pthread_once_t* control, void (*run)(void)) {
  return old_pthread_once(control, run);
}
int __wrap_pthread_sigmask(int how, const sigset_t* set, sigset_t* before) {
  return old_pthread_sigmask(how, set, before);
}
int __wrap___pthread_key_create(pthread_key_t* key, void (*destroy)(void*)) {
  return old___pthread_key_create(key, destroy);
}
int __wrap_pthread_key_create(pthread_key_t* key, void (*destroy)(void*)) {
  return old_pthread_key_create(key, destroy);
}
int __wrap_pthread_key_delete(pthread_key_t key) {
  return old_pthread_key_delete(key);
}
void* __wrap_pthread_getspecific(pthread_key_t key) {
  return old_pthread_getspecific(key);
}
int __wrap_pthread_setspecific(pthread_key_t key, const void* value) {
  return old_pthread_setspecific(key, value);
}
int __wrap_pthread_mutex_trylock(pthread_mutex_t* mutex) {
  return old_pthread_mutex_trylock(mutex);
}
int __wrap_pthread_setname_np(pthread_t thread, const char* name) {
  return old_pthread_setname_np(thread, name);
}
int __wrap_pthread_condattr_setclock(pthread_condattr_t* attributes, clockid_t clock) {
  return old_pthread_condattr_setclock(attributes, clock);
}

// 2.30. libstdc++ calls it for a condition variable that counts in real time, to wait by the monotonic clock. A wait of at
// most kSlice keeps a real-time clock that is set meanwhile from making it long: to wake early for no reason is
// allowed, and the callers look at their condition and at the time again.
int __wrap_pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock,
                                  const struct timespec* deadline) {
  enum { kSlice = 20 * 1000 * 1000, kSecond = 1000 * 1000 * 1000 };
  struct timespec now;
  clock_gettime(clock, &now);
  const int64_t left = (int64_t)(deadline->tv_sec - now.tv_sec) * kSecond + (deadline->tv_nsec - now.tv_nsec);
  if (left <= 0) return ETIMEDOUT;
  clock_gettime(CLOCK_REALTIME, &now);
  const int64_t until = now.tv_nsec + (left < kSlice ? left : kSlice);
  const struct timespec slice = {now.tv_sec + (time_t)(until / kSecond), (long)(until % kSecond)};
  const int result = pthread_cond_timedwait(condition, mutex, &slice);
  return result == ETIMEDOUT ? 0 : result;
}

// 2.33 made functions of what had been macros over __xstat and its like. On these architectures struct stat is the kernel's.
int __wrap_stat(const char* path, struct stat* status) {
  return (int)syscall(SYS_newfstatat, AT_FDCWD, path, status, 0);
}
int __wrap_lstat(const char* path, struct stat* status) {
  return (int)syscall(SYS_newfstatat, AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW);
}
int __wrap_fstat(int file, struct stat* status) {
  return (int)syscall(SYS_fstat, file, status);
}
int __wrap_fstatat(int directory, const char* path, struct stat* status, int flags) {
  return (int)syscall(SYS_newfstatat, directory, path, status, flags);
}
int __wrap_stat64(const char* path, struct stat* status) {
  return __wrap_stat(path, status);
}
int __wrap_lstat64(const char* path, struct stat* status) {
  return __wrap_lstat(path, status);
}
int __wrap_fstat64(int file, struct stat* status) {
  return __wrap_fstat(file, status);
}
int __wrap_fstatat64(int directory, const char* path, struct stat* status, int flags) {
  return __wrap_fstatat(directory, path, status, flags);
}

// 2.36, for std::random_device. Blocks only while the kernel has no entropy yet, early in its boot.
uint32_t __wrap_arc4random(void) {
  uint32_t number = 0;
  if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number) abort();
  return number;
}

// 2.32: whether the process has one thread, for libstdc++'s reference counts. It has several here.
char __wrap___libc_single_threaded = 0;

// 2.35, for the unwinder inside the library: where the exception tables of the code at `address` are. Before, the unwinder
// itself asked dl_iterate_phdr, as this does. Exceptions are rare here.
struct found_object {  // struct dl_find_object of <dlfcn.h>, which older headers lack
  unsigned long long flags;
  void* map_start;
  void* map_end;
  struct link_map* link_map;
  void* eh_frame;
  unsigned long long reserved[7];
};
struct search {
  uintptr_t address;
  struct found_object* found;
};

static int look_into(struct dl_phdr_info* object, size_t size, void* data) {
  (void)size;
  const struct search* search = data;
  uintptr_t begin = 0;
  uintptr_t end = 0;
  uintptr_t eh_frame = 0;
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)* segment = &object->dlpi_phdr[i];
    const uintptr_t at = object->dlpi_addr + segment->p_vaddr;
    if (segment->p_type == PT_GNU_EH_FRAME) eh_frame = at;
    if (segment->p_type == PT_LOAD && search->address >= at && search->address - at < segment->p_memsz) {
      begin = at;
      end = at + segment->p_memsz;
    }
  }
  if (begin == 0 || eh_frame == 0) return 0;
  search->found->flags = 0;
  search->found->map_start = (void*)begin;
  search->found->map_end = (void*)end;
  search->found->link_map = NULL;
  search->found->eh_frame = (void*)eh_frame;
  return 1;
}

int __wrap__dl_find_object(void* address, struct found_object* found) {
  struct search search = {(uintptr_t)address, found};
  return dl_iterate_phdr(look_into, &search) == 1 ? 0 : -1;
}

// 2.38: C23's strtol() and its like, which differ in "0b" only. Newer headers lead there.
BIND(strtol, FIRST);
BIND(strtoll, FIRST);
BIND(strtoul, FIRST);
BIND(strtoull, FIRST);
long old_strtol(const char*, char**, int);
long long old_strtoll(const char*, char**, int);
unsigned long old_strtoul(const char*, char**, int);
unsigned long long old_strtoull(const char*, char**, int);

long __wrap___isoc23_strtol(const char* text, char** end, int base) {
  return old_strtol(text, end, base);
}
long long __wrap___isoc23_strtoll(const char* text, char** end, int base) {
  return old_strtoll(text, end, base);
}
unsigned long __wrap___isoc23_strtoul(const char* text, char** end, int base) {
  return old_strtoul(text, end, base);
}
unsigned long long __wrap___isoc23_strtoull(const char* text, char** end, int base) {
  return old_strtoull(text, end, base);
}
