// Falco's YAML as JSON, as Falco's own reading makes it: what its configuration files use of the language.
// Pure; any thread. Of falcosecurity/falco 0.40 to 0.45: userspace/engine/yaml_helper.h.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace falco {

// Block maps and lists, flow maps and lists (over several lines, too), plain and quoted scalars, block
// scalars (| and
// >), comments; of several documents the first. Values are as Falco's JSON has them: whether quoted or not, a
// scalar becomes a whole number, a number, a boolean or a text, and an empty map or list becomes null.
// Anchors, aliases and tags are not read. The error names the line.
base::Result<boost::json::value> read_yaml(std::string_view text);

}  // namespace falco
