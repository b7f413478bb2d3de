// ctrmeta: looks at the containers of this machine with the plugin's own parts. See docs/ctrmeta.md.
#include <exception>

#include "tools/arguments.h"
#include "tools/console.h"
#include "tools/stop_signal.h"

int main(int argc, char** argv) {
  tools::ignore_broken_pipes();
  tools::Console console;
  try {
    return tools::dispatch(argc, argv, console);
  } catch (const std::exception& error) {
    console.error(error.what());
    return tools::kRuntimeFailure;
  }
}
