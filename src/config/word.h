// Texts that do not arrive as texts: Falco's YAML becomes JSON by guessing, so that the text "123456789012"
// is a number here and "true" a boolean, quoted or not. Pure; any thread. Includes Boost.JSON: for source
// files.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>

namespace config {

struct Word {
  std::string text;
  bool exact = true;  // false: a number with more digits than a double keeps
};

// The text that a person wrote, as far as it can be told; nullopt for lists, objects and null.
std::optional<Word> as_word(const boost::json::value& value);

}  // namespace config
