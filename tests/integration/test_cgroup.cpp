// See test_cgroup.h.
#include "test_cgroup.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "support/eventually.h"

namespace test {

std::optional<std::string> cgroup_mount(int version) {
  std::ifstream mounts("/proc/self/mounts");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string device, where, type, options;
    words >> device >> where >> type >> options;
    if (version == 2 && type == "cgroup2") return where;
    // Not cpuset, and not the named ones, which Falco's driver does not report.
    if (version == 1 && type == "cgroup" && options.find("memory") != std::string::npos) return where;
  }
  return std::nullopt;
}

TestCgroup::TestCgroup(std::string mount, std::string path)
    : mount_(std::move(mount)), path_(std::move(path)) {
  std::error_code error;
  std::filesystem::create_directories(mount_ + '/' + path_, error);
  ok_ = !error && ::access(procs_file().c_str(), W_OK) == 0;
}

TestCgroup::~TestCgroup() {
  kill_all();
  remove_directories();
}

pid_t TestCgroup::start(const std::string& line) {
  const std::string procs = procs_file();
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int file = ::open(procs.c_str(), O_WRONLY | O_CLOEXEC);
    if (file < 0 || ::write(file, "0", 1) != 1) ::_exit(125);
    ::execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
    ::_exit(126);
  }
  if (child > 0) children_.push_back(child);
  const std::string exe = "/proc/" + std::to_string(child) + "/exe";
  const bool executed = child > 0 && support::eventually([&] {
                          std::error_code error;
                          return std::filesystem::read_symlink(exe, error) !=
                                 std::filesystem::read_symlink("/proc/self/exe", error);
                        });
  return executed ? child : -1;
}

void TestCgroup::kill_all() {
  (void)support::eventually([this] {
    std::ifstream procs(procs_file());
    bool any = false;
    for (pid_t pid = 0; procs >> pid;) {
      any = true;
      if (pid > 1) ::kill(pid, SIGKILL);
    }
    for (const pid_t child : children_) {
      if (::waitpid(child, nullptr, WNOHANG) == 0) any = true;
    }
    return !any;
  });
  children_.clear();
}

void TestCgroup::remove_directories() {
  // rmdir only: what somebody else made below stays, and so do directories that others use.
  for (std::filesystem::path part = path_; !part.empty(); part = part.parent_path()) {
    const std::string directory = mount_ + '/' + part.string();
    if (!support::eventually([&] { return ::rmdir(directory.c_str()) == 0 || errno != EBUSY; },
                             std::chrono::seconds(2))) {
      return;
    }
  }
}

}  // namespace test
