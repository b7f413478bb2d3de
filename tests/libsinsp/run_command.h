// Runs a program and collects what it prints. For the native side of these tests; any thread.
#pragma once

#include <string>
#include <vector>

namespace libsinsp_test {

struct Outcome {
  int status = -1;  // exit status; 128 + signal when a signal ended it
  std::string out;  // stdout and stderr, in the order they came
};

// command[0] is looked up in PATH.
Outcome run_command(const std::vector<std::string>& command);

// The command line of run.sh for the library of `suite`, with the built plugin.
std::vector<std::string> library_command(const std::string& suite, std::vector<std::string> arguments);

// The same with a directory of this side seen as `at` inside.
std::vector<std::string> library_command_with(const std::string& directory, const std::string& at,
                                              const std::string& suite, std::vector<std::string> arguments);

inline constexpr int kNotPossible = 77;

}  // namespace libsinsp_test
