// See settings.h.
#include "tools/settings.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/unique_fd.h"

namespace tools {
namespace {

constexpr size_t kConfigLimit = 1024 * 1024;

base::Result<std::string> read_config(const std::string& path) {
  const base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return base::Error{fmt::format("configuration {}: {}", path, std::strerror(errno))};
  std::string text;
  std::array<char, 16 * 1024> buffer;
  while (true) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::Error{fmt::format("configuration {}: {}", path, std::strerror(errno))};
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<size_t>(got));
    if (text.size() > kConfigLimit) {
      return base::Error{fmt::format("configuration {}: longer than {} bytes", path, kConfigLimit)};
    }
  }
}

// One write a line, so that lines of several threads do not mix.
void log_line(base::Severity, const std::string& line) {
  const std::string whole = "ctrmeta: " + line + "\n";
  if (::write(STDERR_FILENO, whole.data(), whole.size()) < 0) return;  // nowhere left to complain
}

}  // namespace

base::Result<Settings> settings_of(std::string config_text, const std::string& where, bool verbose) {
  Settings settings;
  settings.config_text = std::move(config_text);
  const char* host_root = std::getenv("HOST_ROOT");
  auto parsed = config::parse(settings.config_text, host_root == nullptr ? "" : host_root);
  if (!parsed) return base::Error{fmt::format("configuration {}: {}", where, parsed.error())};
  settings.config = std::move(*parsed);
  const base::Severity threshold = verbose ? base::Severity::kDebug : base::Severity::kCritical;
  settings.logger = base::Logger(log_line, threshold);
  return settings;
}

base::Result<Settings> load_settings(const CommonOptions& options) {
  std::string text;
  if (!options.config_file.empty()) {
    auto read = read_config(options.config_file);
    if (!read) return base::Error{read.error()};
    text = std::move(*read);
  }
  const std::string where = options.config_file.empty() ? "the default configuration" : options.config_file;
  auto settings = settings_of(std::move(text), where, options.verbose);
  if (!settings) return settings;
  for (const std::string& warning : settings->config.warnings) log_line(base::Severity::kWarning, warning);
  return settings;
}

}  // namespace tools
