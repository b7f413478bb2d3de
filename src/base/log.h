// Logging without a global: a Logger is handed down to whoever has something to say.
// Any thread; the sink must be thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace base {

// Ordered from quiet to loud; the numbers are those of the plugin API's severities.
enum class Severity : uint8_t { kCritical = 2, kError = 3, kWarning = 4, kInfo = 6, kDebug = 7, kTrace = 8 };

class Logger {
 public:
  using Sink = std::function<void(Severity, const std::string& line)>;

  Logger() = default;  // says nothing
  // sink: called with each line at `threshold` or more severe, from the calling thread.
  Logger(Sink sink, Severity threshold) : sink_(std::move(sink)), threshold_(threshold) {}

  // Ask before formatting an expensive line.
  bool enabled(Severity severity) const { return sink_ && severity <= threshold_; }
  void log(Severity severity, const std::string& line) const {
    if (enabled(severity)) sink_(severity, line);
  }
  void error(const std::string& line) const { log(Severity::kError, line); }
  void warning(const std::string& line) const { log(Severity::kWarning, line); }
  void info(const std::string& line) const { log(Severity::kInfo, line); }
  void debug(const std::string& line) const { log(Severity::kDebug, line); }
  void trace(const std::string& line) const { log(Severity::kTrace, line); }

 private:
  Sink sink_;
  Severity threshold_ = Severity::kInfo;
};

}  // namespace base
