// See program.h.
#include "program.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>

namespace tools_test {
namespace {

namespace fs = std::filesystem;

struct Pipe {
  Pipe() { ok = ::pipe2(ends.data(), O_CLOEXEC) == 0; }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  void close_end(size_t end) {
    if (ends[end] >= 0) ::close(ends[end]);
    ends[end] = -1;
  }
  std::array<int, 2> ends{-1, -1};
  bool ok = false;
};

[[noreturn]] void become_ctrmeta(const std::vector<std::string>& arguments, const RunOptions& options,
                                 Pipe& out, Pipe& err) {
  switch (options.stdout_is) {
    case RunOptions::Stdout::kPipe:
    case RunOptions::Stdout::kReaderGone:
      ::dup2(out.ends[1], 1);
      break;
    case RunOptions::Stdout::kClosed:
      ::close(1);
      break;
    case RunOptions::Stdout::kFull:
      ::dup2(::open("/dev/full", O_WRONLY | O_CLOEXEC), 1);
      break;
  }
  ::dup2(err.ends[1], 2);
  ::signal(SIGPIPE, SIG_DFL);
  for (const auto& [name, value] : options.environment) ::setenv(name.c_str(), value.c_str(), 1);
  if (options.as_user != 0 &&
      (::setgroups(0, nullptr) != 0 || ::setgid(options.as_user) != 0 || ::setuid(options.as_user) != 0)) {
    ::_exit(125);
  }
  std::vector<char*> argv;
  std::string program = CTRMETA;
  std::vector<std::string> copies = arguments;
  argv.push_back(program.data());
  for (std::string& argument : copies) argv.push_back(argument.data());
  argv.push_back(nullptr);
  ::execv(CTRMETA, argv.data());
  ::_exit(126);
}

// Reads both pipes to their ends; false when the deadline passed before.
bool collect(Pipe& out, Pipe& err, pid_t pid, const RunOptions& options, Outcome& outcome) {
  const auto deadline = std::chrono::steady_clock::now() + options.deadline;
  std::array<pollfd, 2> fds{pollfd{out.ends[0], POLLIN, 0}, pollfd{err.ends[0], POLLIN, 0}};
  std::array<std::string*, 2> texts{&outcome.out, &outcome.err};
  while (fds[0].fd >= 0 || fds[1].fd >= 0) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0 || ::poll(fds.data(), fds.size(), static_cast<int>(left.count())) == 0)
      return false;
    for (size_t i = 0; i < fds.size(); ++i) {
      if (fds[i].fd < 0 || fds[i].revents == 0) continue;
      std::array<char, 65536> buffer;
      const ssize_t got = ::read(fds[i].fd, buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) {
        fds[i].fd = -1;
        continue;
      }
      texts[i]->append(buffer.data(), static_cast<size_t>(got));
      if (i == 0 && options.on_output) options.on_output(outcome.out, pid);
    }
  }
  return true;
}

}  // namespace

Outcome run_ctrmeta(const std::vector<std::string>& arguments, const RunOptions& options) {
  Outcome outcome;
  Pipe out;
  Pipe err;
  if (!out.ok || !err.ok) return outcome;
  const pid_t pid = ::fork();
  if (pid == 0) {
    if (options.stdout_is == RunOptions::Stdout::kReaderGone) out.close_end(0);
    become_ctrmeta(arguments, options, out, err);
  }
  out.close_end(1);
  err.close_end(1);
  if (options.stdout_is == RunOptions::Stdout::kReaderGone) out.close_end(0);
  const bool ended = collect(out, err, pid, options, outcome);
  if (!ended) ::kill(pid, SIGKILL);
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (ended && WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  return outcome;
}

TempDir::TempDir() {
  std::string pattern = (fs::temp_directory_path() / "ctrmeta_test_XXXXXX").string();
  path_ = ::mkdtemp(pattern.data());
}

TempDir::~TempDir() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string TempDir::write(const std::string& name, const std::string& text) const {
  const fs::path file = fs::path(path_) / name;
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
  return file.string();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = std::min(text.find('\n', at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::string config_below(const std::string& directory) {
  const auto engine = [&](const char* name) {
    return std::string("\"") + name + "\":{\"enabled\":true,\"sockets\":[\"" + directory + "/" + name +
           ".sock\"]}";
  };
  return "{\"local_sources\":false,\"engines\":{" + engine("docker") + "," + engine("podman") + "," +
         engine("containerd") + "," + engine("cri") + "}}";
}

}  // namespace tools_test
