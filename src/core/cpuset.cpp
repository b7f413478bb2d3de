// Counting the CPUs of a cpuset list.
#include "core/cpuset.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace core {
namespace {

constexpr size_t kMaxCpus = 65536;  // far above the kernel's largest NR_CPUS
constexpr std::string_view kBlank = " \t\n";

std::optional<size_t> parse_cpu(std::string_view text) {
  size_t cpu = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cpu);
  if (error != std::errc() || end != text.data() + text.size() || cpu >= kMaxCpus) return std::nullopt;
  return cpu;
}

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

}  // namespace

int64_t count_cpus(std::string_view list) {
  list = trimmed(list);
  if (list.empty()) return 0;
  std::vector<std::pair<size_t, size_t>> ranges;
  while (true) {
    const size_t comma = list.find(',');
    const std::string_view range = trimmed(list.substr(0, comma));
    const size_t dash = range.find('-');
    const auto first = parse_cpu(range.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_cpu(range.substr(dash + 1));
    if (!first || !last || *last < *first) return 0;
    ranges.emplace_back(*first, *last);
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  // Ranges may overlap.
  std::sort(ranges.begin(), ranges.end());
  size_t count = 0;
  size_t next = 0;  // behind the last that was counted
  for (const auto& [first, last] : ranges) {
    if (last < next) continue;
    count += last + 1 - std::max(first, next);
    next = last + 1;
  }
  return static_cast<int64_t>(count);
}

}  // namespace core
