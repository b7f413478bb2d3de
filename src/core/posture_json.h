// A record's posture as JSON and back: the object "security" of a `container` event.
// Pure functions; any thread. Includes Boost.JSON: for source files, not for other headers.
#pragma once

#include <boost/json.hpp>
#include <string>

#include "core/posture.h"

namespace core {

// Appends the object, with what is known.
void append_json(const SharedPosture& posture, std::string& out);

// value: the object, or nullptr. Members that are missing or of a wrong type are not known.
SharedPosture read_posture(const boost::json::value* value);

}  // namespace core
