// See real_engine.h.
#include "support/real_engine.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>
#include <thread>
#include <utility>

#include "support/eventually.h"

extern char** environ;

namespace support {

namespace {

constexpr size_t kMaxShown = 2000;  // bytes of a script's complaints in an error

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

// CONTAINER_ENGINES: the engines to test with, where that is set and not empty.
bool is_left_out(const std::string& name) {
  const char* wanted = ::getenv("CONTAINER_ENGINES");
  if (wanted == nullptr || *wanted == '\0') return false;
  std::istringstream names(wanted);
  for (std::string each; names >> each;) {
    if (each == name) return false;
  }
  return true;
}

// Runs a command to its end, its output in files: a daemon that it leaves behind may keep them open.
// extra: a descriptor that the command gets as its third, -1 for none.
base::Result<std::string> execute(const std::vector<std::string>& command, const std::string& scratch,
                                  int extra = -1) {
  const std::string out = scratch + "/stdout";
  const std::string err = scratch + "/stderr";
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (extra >= 0) posix_spawn_file_actions_adddup2(&actions, extra, 3);
  pid_t child = -1;
  const int failed = ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return base::Error{"cannot run " + command[0]};
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return trimmed(read_file(out));
  std::string complaint = trimmed(read_file(err));
  if (complaint.size() > kMaxShown) complaint.erase(0, complaint.size() - kMaxShown);
  std::string shown;
  for (const std::string& argument : command) shown += argument + ' ';
  return base::Error{shown + "failed: " + complaint};
}

}  // namespace

base::Result<std::unique_ptr<RealEngine>> RealEngine::start(const std::string& name,
                                                            std::vector<std::string> settings) {
  if (::geteuid() != 0) return base::Error{"real engines need root"};
  if (is_left_out(name)) return base::Error{"CONTAINER_ENGINES leaves it out"};
  std::unique_ptr<RealEngine> engine(new RealEngine(name, std::move(settings)));
  base::Result<std::string> installed = engine->script({"install"});
  if (!installed) return base::Error{installed.error()};
  base::Status started = engine->up();
  if (!started) return base::Error{started.error()};
  base::Result<std::string> image = engine->script({"image"});
  if (!image) return base::Error{image.error()};
  return engine;
}

RealEngine::~RealEngine() {
  down();
}

// In a session of its own and nobody's child, so that whoever ends this process and its children misses it.
base::Status RealEngine::start_guard() {
  if (guard_.valid()) return base::Ok{};
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return base::Error{"no socket pair for an engine's guard"};
  guard_ = base::UniqueFd(ends[0]);
  const base::UniqueFd theirs(ends[1]);
  std::vector<std::string> all{"sh", "-c", R"(setsid "$@" &)", "sh", GUARD_SCRIPT, directory_.path()};
  const std::vector<std::string> down = command({"down"});
  all.insert(all.end(), down.begin(), down.end());
  const TempDir scratch;
  base::Result<std::string> started = execute(all, scratch.path(), theirs.get());
  if (!started) return base::Error{started.error()};
  return base::Ok{};
}

base::Status RealEngine::up() {
  if (base::Status guarded = start_guard(); !guarded) return guarded;
  up_ = true;
  base::Result<std::string> started = script({"up", directory_.path()});
  if (!started) return base::Error{started.error()};
  base::Result<std::string> socket = script({"socket"});
  if (!socket) return base::Error{socket.error()};
  socket_ = *socket;
  return base::Ok{};
}

void RealEngine::down() {
  if (!up_) return;
  up_ = false;
  (void)script({"down"}).ok();
  constexpr std::string_view kDone = "done\n";
  (void)::send(guard_.get(), kDone.data(), kDone.size(), MSG_NOSIGNAL);
  guard_.reset();
}

std::vector<std::string> RealEngine::command(const std::vector<std::string>& args) const {
  std::vector<std::string> all{"env", "ENGINE_BASE=" + directory_.path(),
                               "ENGINE_BASE_FILE=" + directory_.path() + "/base"};
  all.insert(all.end(), settings_.begin(), settings_.end());
  all.push_back(std::string(ENGINE_SCRIPTS_DIR) + "/" + name_ + ".sh");
  all.insert(all.end(), args.begin(), args.end());
  return all;
}

base::Result<std::string> RealEngine::script(const std::vector<std::string>& args) {
  const TempDir scratch;
  return execute(command(args), scratch.path());
}

base::Result<std::string> RealEngine::run(const std::string& container,
                                          const std::vector<std::string>& args) {
  std::vector<std::string> all{"run", container};
  all.insert(all.end(), args.begin(), args.end());
  return script(all);
}

base::Result<std::string> RealEngine::cli(const std::vector<std::string>& args) {
  std::vector<std::string> all{"cli"};
  all.insert(all.end(), args.begin(), args.end());
  return script(all);
}

base::Status RealEngine::kill_daemon(const std::string& daemon) {
  std::ifstream file(directory_.path() + "/pid/" + daemon);
  pid_t pid = 0;
  if (!(file >> pid) || pid <= 1) return base::Error{"no pid of " + daemon};
  ::kill(pid, SIGTERM);
  const std::string stat = "/proc/" + std::to_string(pid) + "/stat";
  // Gone, or a zombie that nobody has waited for yet.
  const bool gone = eventually([&] {
    const std::string text = read_file(stat);
    return text.empty() || text.find(") Z") != std::string::npos;
  });
  if (!gone) return base::Error{daemon + " does not end"};
  return base::Ok{};
}

}  // namespace support
