// What a fuzz target does when a property does not hold: it stops the program, which is what fuzzers look
// for.
#pragma once

#include <cstdlib>

namespace fuzz {

inline void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace fuzz
