// Where tests/data is on this machine. One object file knows, so that the others compile the same in every checkout
// and a compiler cache serves them all.
#pragma once

#include <string>

namespace support {

// name: "cgroup-cases.tsv", "recorded/docker-28.5.2/info.json". The path of that file, whether it exists or not.
std::string test_data(const std::string& name);

}  // namespace support
