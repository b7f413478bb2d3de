// See library_facts.h.
#include "tools/doctor/library_facts.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <functional>
#include <sstream>

#include "base/unique_fd.h"
#include "host/plugin_library.h"

namespace tools::doctor {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{3};
constexpr size_t kMostOutput = 64 * 1024;
// plugin_get_contact() of this project's library.
constexpr const char* kOurContact = "The maintainers of the container plugin";

std::string read_until(int fd, Clock::time_point deadline) {
  std::string text;
  std::array<char, 4096> buffer;
  while (text.size() < kMostOutput) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd wait{fd, POLLIN, 0};
    if (left <= 0 || ::poll(&wait, 1, static_cast<int>(left)) == 0) return text;
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(buffer.data(), static_cast<size_t>(got));
  }
  return text;
}

// What the child writes to the descriptor it is given; it ends with `work`, or is ended.
std::string in_child(const std::function<void(int)>& work) {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  const base::UniqueFd reader(ends[0]);
  base::UniqueFd writer(ends[1]);
  const pid_t child = ::fork();
  if (child == 0) {
    work(writer.get());
    ::_exit(0);
  }
  writer.reset();
  if (child < 0) return {};
  std::string text = read_until(reader.get(), Clock::now() + kPatience);
  ::kill(child, SIGKILL);
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return text;
}

void say(int fd, const std::string& text) {
  if (::write(fd, text.data(), text.size()) < 0) ::_exit(1);
}

void be_quiet() {
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int fd : {0, 1, 2}) ::dup2(null, fd);
}

}  // namespace

base::Result<LibraryFacts> library_facts(const std::string& path) {
  const std::string text = in_child([&](int fd) {
    be_quiet();
    const auto library = host::PluginLibrary::load(path);
    if (!library) return say(fd, "error\n" + library.error());
    const host::PluginFunctions& functions = (*library)->functions();
    say(fd, fmt::format("fine\n{}\n{}\n{}\n{}", (*library)->name(), (*library)->version(),
                        functions.get_required_api_version(), functions.get_contact()));
  });
  std::istringstream lines(text);
  std::string outcome;
  std::getline(lines, outcome);
  if (outcome == "error") {
    std::string message;
    std::getline(lines, message, '\0');
    return base::Error{message};
  }
  if (outcome != "fine") return base::Error{path + ": it crashes, or does not answer, when it is loaded"};
  LibraryFacts facts;
  std::string contact;
  std::getline(lines, facts.name);
  std::getline(lines, facts.version);
  std::getline(lines, facts.api);
  std::getline(lines, contact);
  facts.ours = contact == kOurContact;
  return facts;
}

std::string output_of(const std::string& program, const std::string& argument) {
  return in_child([&](int fd) {
    be_quiet();
    ::dup2(fd, 1);
    ::execl(program.c_str(), program.c_str(), argument.c_str(), nullptr);
  });
}

}  // namespace tools::doctor
