// A path seen before costs no allocation. A program of its own, because it counts operator new.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>

#include "core/cgroup/resolver.h"
#include "core/mounts.h"

namespace {
std::atomic<size_t> allocations{0};
}

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace core {
namespace {

TEST(CgroupAllocations, ASeenPathCostsNone) {
  cgroup::Resolver resolver(cgroup::Enabled{});
  const std::string container = "/docker/" + std::string(64, 'a');
  const std::string host = "/system.slice/ssh.service";
  const std::string candidate = "/default/c1";
  size_t before = allocations;
  ASSERT_NE(resolver.resolve(container), nullptr);
  ASSERT_GT(allocations, before) << "the counter does not count";
  resolver.resolve(host);
  resolver.resolve(candidate);

  before = allocations;
  size_t found = 0;
  for (int i = 0; i < 1000; ++i) {
    found += resolver.resolve(container) != nullptr ? 1 : 0;
    found += resolver.resolve(host) != nullptr ? 1 : 0;
    found += resolver.resolve(candidate) != nullptr ? 1 : 0;
  }
  const size_t after = allocations;
  EXPECT_EQ(after, before);
  EXPECT_EQ(found, 2000u);
}

TEST(MountAllocations, FindingAMountCostsNone) {
  const std::vector<Mount> mounts{{"/a/very/long/source/path", "/dst", "", true, ""},
                                  {"/b", "/c", "", false, ""}};
  const size_t before = allocations;
  const Mount* exact = find_by_source(mounts, "/b");
  const Mount* glob = find_by_destination(mounts, "/d*");
  const size_t after = allocations;
  EXPECT_EQ(after, before);
  EXPECT_EQ(exact, &mounts[1]);
  EXPECT_EQ(glob, &mounts[0]);
}

}  // namespace
}  // namespace core
