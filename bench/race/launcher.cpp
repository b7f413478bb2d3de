// See launcher.h.
#include "bench/race/launcher.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "bench/race/truth.h"

extern char** environ;

namespace bench::race {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kReapEvery{2};
constexpr size_t kMaxComplaint = 500;

}  // namespace

Launcher::Launcher(Load& load, const LaunchPlan& plan, const std::atomic<bool>& stop)
    : load_(load), plan_(plan), stop_(stop), thread_([this] { run(); }) {}

Launcher::~Launcher() {
  thread_.join();
}

std::string Launcher::output(size_t index, const char* stream) const {
  std::ifstream file(scratch_ / (std::to_string(index) + stream), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void Launcher::launch(unsigned number) {
  const size_t index = starts_.size();
  Start start;
  start.name = container_name(number, ::getpid());
  starts_.push_back(start);
  const std::vector<std::string> command = load_.command(start.name);
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const std::string out = scratch_ / (std::to_string(index) + ".out");
  const std::string err = scratch_ / (std::to_string(index) + ".err");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  Running running{-1, index};
  const int failed = ::posix_spawnp(&running.pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed == 0) {
    running_.push_back(running);
  } else {
    complaint_ = "cannot run " + command[0];
  }
}

void Launcher::reap() {
  std::erase_if(running_, [this](const Running& running) {
    int status = 0;
    if (::waitpid(running.pid, &status, WNOHANG) != running.pid) return false;
    Start& start = starts_[running.index];
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
      start.full_id = load_.full_id(start.name, output(running.index, ".out"));
    }
    if (start.full_id.empty()) {
      complaint_ = output(running.index, ".err").substr(0, kMaxComplaint);
    } else {
      start.truth = load_.truth(start.name, start.full_id);
    }
    return true;
  });
}

void Launcher::run() {
  const auto begin = Clock::now();
  const std::chrono::duration<double> step(1.0 / plan_.per_second);
  const auto end = begin + plan_.duration;
  unsigned count = 0;
  while (Clock::now() < end && !stop_) {
    const auto due = begin + std::chrono::duration_cast<Clock::duration>(step * count);
    if (Clock::now() >= due && running_.size() < plan_.parallel && due < end) {
      launch(plan_.first_number + count++);
    } else {
      std::this_thread::sleep_for(kReapEvery);
    }
    reap();
  }
  const std::chrono::duration<double> launching = Clock::now() - begin;
  while (!running_.empty()) {
    std::this_thread::sleep_for(kReapEvery);
    reap();
  }
  reached_per_second_ = count / launching.count();
  done_ = true;
}

}  // namespace bench::race
