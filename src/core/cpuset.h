// CPU lists as in cpuset.cpus. Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace core {

// How many CPUs a list such as "0-3,7" names (5; overlapping ranges count once). 0 for an empty list, for
// text that is no list, and for CPU numbers of 65536 and more.
int64_t count_cpus(std::string_view list);

}  // namespace core
