// See real_engine.h.
#include "support/real_engine.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <thread>

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

// Runs a command to its end, its output in files: a daemon that it leaves behind may keep them open.
base::Result<std::string> execute(const std::vector<std::string>& command, const std::string& scratch) {
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

base::Result<std::unique_ptr<RealEngine>> RealEngine::start(const std::string& name) {
  if (::geteuid() != 0) return base::Error{"real engines need root"};
  std::unique_ptr<RealEngine> engine(new RealEngine(name));
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

base::Status RealEngine::up() {
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
}

base::Result<std::string> RealEngine::script(const std::vector<std::string>& args) {
  std::vector<std::string> command{"env", "ENGINE_BASE=" + directory_.path(),
                                   "ENGINE_BASE_FILE=" + directory_.path() + "/base",
                                   std::string(ENGINE_SCRIPTS_DIR) + "/" + name_ + ".sh"};
  command.insert(command.end(), args.begin(), args.end());
  const TempDir scratch;
  return execute(command, scratch.path());
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
