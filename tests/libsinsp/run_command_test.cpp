// See run_command.h. (Its name keeps it out of the chroots, where only the test host is compiled.)
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>

#include "run_command.h"

namespace libsinsp_test {

Outcome run_command(const std::vector<std::string>& command) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) throw std::runtime_error("pipe fails");
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("fork fails");
  if (child == 0) {
    std::vector<char*> arguments;
    for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    execvp(arguments[0], arguments.data());
    _exit(126);
  }
  close(ends[1]);
  Outcome outcome;
  std::array<char, 4096> buffer{};
  for (ssize_t got = 0; (got = read(ends[0], buffer.data(), buffer.size())) > 0;) {
    outcome.out.append(buffer.data(), static_cast<size_t>(got));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

std::vector<std::string> library_command(const std::string& suite, std::vector<std::string> arguments) {
  std::vector<std::string> command = {LIBSINSP_RUN, suite, LIBSINSP_PLUGIN};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

std::vector<std::string> library_command_with(const std::string& directory, const std::string& at,
                                              const std::string& suite, std::vector<std::string> arguments) {
  std::vector<std::string> command = {LIBSINSP_RUN, "-b", directory + ":" + at, suite, LIBSINSP_PLUGIN};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

}  // namespace libsinsp_test
