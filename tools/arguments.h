// ctrmeta's command line. Main thread.
#pragma once

#include "tools/console.h"
#include "tools/exit_code.h"

namespace tools {

// Parses the arguments and runs the command; --help and usage errors end here.
ExitCode dispatch(int argc, const char* const* argv, Console& console);

}  // namespace tools
