// Recorded answers of real engines, tests/data/recorded/<engine>-<version>/.
#pragma once

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "support/test_data.h"

namespace support {

// name: "docker-28.5.2/container-inspect.json". Throws when there is none: a test without its data must fail.
inline std::string recorded(const std::string& name) {
  std::ifstream file(test_data("recorded/" + name), std::ios::binary);
  if (!file) throw std::runtime_error("no recording " + name);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace support
