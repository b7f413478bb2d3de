// Prints one line a case: time and allocations of a call. With --case N --calls M it runs that case alone,
// for counting instructions from outside (scripts/bench.sh).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>

#include "cases.h"
#include "support/malloc_count.h"

// The one function that callgrind looks at; C linkage gives it a name to ask for.
extern "C" __attribute__((noinline)) void bench_measured(const bench::Case& measured, uint64_t calls) {
  for (uint64_t i = 0; i < calls; ++i) measured.run();
}

namespace {

constexpr uint64_t kWarmUp = 2'000;

// Median of several batches: one batch that was interrupted does not count.
double nanoseconds_per_call(const bench::Case& measured) {
  constexpr uint64_t kCalls = 20'000;
  std::array<double, 9> batches{};
  for (double& batch : batches) {
    const auto start = std::chrono::steady_clock::now();
    bench_measured(measured, kCalls);
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
    batch = took.count() / kCalls;
  }
  std::nth_element(batches.begin(), batches.begin() + batches.size() / 2, batches.end());
  return batches[batches.size() / 2];
}

double allocations_per_call(const bench::Case& measured) {
  constexpr uint64_t kCalls = 1'000;
  const uint64_t before = support::mallocs();
  bench_measured(measured, kCalls);
  return static_cast<double>(support::mallocs() - before) / kCalls;
}

int run(int argc, char** argv) {
  const auto cases = bench::Cases::load(PLUGIN_PATH);
  if (!cases) {
    fmt::print(stderr, "container_bench: {}\n", cases.error());
    return 1;
  }
  const auto& all = (*cases)->all();
  if (argc == 5 && std::string_view(argv[1]) == "--case" && std::string_view(argv[3]) == "--calls") {
    const size_t index = std::stoul(argv[2]);
    if (index >= all.size()) return 2;
    for (uint64_t i = 0; i < 100; ++i) all[index].run();
    bench_measured(all[index], std::stoull(argv[4]));
    return 0;
  }
  for (size_t i = 0; i < all.size(); ++i) {
    for (uint64_t call = 0; call < kWarmUp; ++call) all[i].run();
    fmt::print("{}\t{}\t{:.1f}\t{:.2f}\n", i, all[i].name, nanoseconds_per_call(all[i]),
               allocations_per_call(all[i]));
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& problem) {
    fmt::print(stderr, "container_bench: {}\n", problem.what());
    return 1;
  }
}
