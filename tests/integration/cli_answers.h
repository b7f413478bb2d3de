// What a container's fields must answer, worked out from what the engine's own command line tool says of it.
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "support/real_engine.h"

namespace test {

// Field (with its argument) -> answer, "<NA>" for none. container: its name. Reads `inspect` of the container
// and of its image.
base::Result<std::map<std::string, std::string>> cli_answers(support::RealEngine& engine,
                                                             const std::string& container);

}  // namespace test
