// What a libcontainer.so says of itself. It is loaded in a child process, so that a library that crashes,
// waits or brings threads of its own does it there. Main thread, while there is no other.
#pragma once

#include <string>

#include "base/result.h"

namespace tools::doctor {

struct LibraryFacts {
  std::string name;
  std::string version;
  std::string api;  // that it needs
  bool ours = false;
};

// path: of this process' file system. The error says why it cannot be loaded.
base::Result<LibraryFacts> library_facts(const std::string& path);

// The program's standard output, at most some kilobytes, "" when it fails or takes longer than three seconds.
std::string output_of(const std::string& program, const std::string& argument);

}  // namespace tools::doctor
