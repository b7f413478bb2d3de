// Runs ctrmeta as a process of its own and collects what it says. For tests.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace tools_test {

struct Outcome {
  int exit_code = -1;  // -1: killed by a signal, or after the deadline
  std::string out;
  std::string err;
};

struct RunOptions {
  std::map<std::string, std::string> environment;  // on top of ours
  // Called each time output has come, with all of it so far and the process' id.
  std::function<void(const std::string& out, pid_t pid)> on_output;
  enum class Stdout { kPipe, kClosed, kReaderGone, kFull } stdout_is = Stdout::kPipe;
  uid_t as_user = 0;  // another user and group to become, 0 for none
  std::chrono::seconds deadline{50};
};

Outcome run_ctrmeta(const std::vector<std::string>& arguments, const RunOptions& options = {});

// A directory that goes away with its content.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::string& path() const { return path_; }
  // Writes a file below it, its directories too; returns its path.
  std::string write(const std::string& name, const std::string& text) const;

 private:
  std::string path_;
};

std::vector<std::string> lines_of(const std::string& text);

// A configuration in which every engine with a socket looks at paths below `directory`.
std::string config_below(const std::string& directory);

}  // namespace tools_test
