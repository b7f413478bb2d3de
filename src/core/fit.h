// Holds a record to the limits of one (core/limits.h): what engines and bundles tell may be without end.
// Pure functions; any thread. Called wherever a record is made from what others wrote.
#pragma once

#include <cstddef>
#include <string>

#include "core/container.h"

namespace core {

// How many values of the record are beyond the limits: 0 nearly always. Costs no more than to look at its
// lists once.
size_t beyond_limits(const Container& container);

// Takes them away, and says how many there were: lists lose their end, texts are cut, a probe that is too
// long is as if there were none. The id stays as it is.
size_t fit(Container& container);

// A sentence for the log about a record of which something was taken away.
std::string left_out_notice(const Container& container, size_t left_out);

}  // namespace core
