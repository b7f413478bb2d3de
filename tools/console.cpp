// See console.h.
#include "tools/console.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/utf8.h"

namespace tools {
namespace {

constexpr size_t kBuffered = 64 * 1024;

// 0 when all of it was written, else errno.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

}  // namespace

Console::Console() : terminal_(::isatty(STDOUT_FILENO) == 1) {}

bool Console::data(std::string_view line) {
  if (!open()) return false;
  buffer_.append(line).push_back('\n');
  return buffer_.size() < kBuffered || flush();
}

bool Console::flush() {
  if (!open()) return false;
  const int failure = write_all(STDOUT_FILENO, buffer_);
  buffer_.clear();
  if (failure == 0) return true;
  state_ = failure == EPIPE ? State::kClosed : State::kFailed;
  if (failed()) error(fmt::format("standard output cannot be written: {}", std::strerror(failure)));
  return false;
}

void Console::note(std::string_view line) const {
  write_all(STDERR_FILENO, fmt::format("{}\n", line));
}

void Console::error(std::string_view message) const {
  write_all(STDERR_FILENO, fmt::format("ctrmeta: {}\n", message));
}

std::string Console::bold(std::string_view text) const {
  return terminal_ ? fmt::format("\x1b[1m{}\x1b[0m", text) : std::string(text);
}

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : base::to_utf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f)
      out += fmt::format("\\x{:02x}", byte);
    else
      out.push_back(c);
  }
  return out;
}

}  // namespace tools
