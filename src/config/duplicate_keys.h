// Finding a key that an object has twice: JSON's grammar allows it, and every reader guesses differently.
// Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace config {

// The first key that occurs twice in one object of `json`, nullopt when there is none or the text is not
// JSON.
std::optional<std::string> find_duplicate_key(std::string_view json);

}  // namespace config
