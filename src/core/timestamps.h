// The engines' points in time. Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace core {

// Seconds since the epoch of an RFC 3339 time ("2024-05-01T10:00:00.123456789+02:00"); fractions are cut off.
// 0 for garbage and for every time before 1970: the engines write the year 1 for "never".
int64_t parse_rfc3339(std::string_view text);

}  // namespace core
