// UTF-8 that can be trusted. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace base {

// Whether every byte belongs to a well-formed sequence (Unicode 15, table 3-7: no surrogates, no overlong
// forms, nothing above U+10FFFF).
bool is_utf8(std::string_view text);

// `text` with each ill-formed part replaced by U+FFFD, one per maximal subpart.
std::string to_utf8(std::string_view text);

// For error messages: at most max_bytes of `text`, cut between characters, control characters and ill-formed
// bytes replaced by '?'; "..." follows when something was cut off.
std::string excerpt(std::string_view text, size_t max_bytes = 64);

}  // namespace base
