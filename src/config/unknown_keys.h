// Keys that no option has. They are passed over, for a security tool that does not start is worse than a
// typo, and said once each with the nearest key that there is. Pure; any thread. Includes Boost.JSON: for
// source files.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

namespace config {

// A sentence for each unknown key of the init_config `root`, in its order; of more than sixteen the last
// sentence tells how many there are.
std::vector<std::string> warn_of_unknown_keys(const boost::json::value& root);

}  // namespace config
