// The commands of ctrmeta: each takes its options and returns the exit code. Main thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tools/console.h"
#include "tools/exit_code.h"
#include "tools/settings.h"

namespace tools {

struct RunOptions {
  CommonOptions common;
  std::string plugin_file;
  std::string format;  // empty: the default line
  bool json = false;
  bool containers_only = false;
  std::optional<double> duration_s;
};
ExitCode run(const RunOptions& options, Console& console);

struct FieldsOptions {
  CommonOptions common;
  std::string plugin_file;
  bool json = false;
};
ExitCode fields(const FieldsOptions& options, Console& console);

struct ListOptions {
  CommonOptions common;
  bool json = false;
  double timeout_s = 5;
};
ExitCode list(const ListOptions& options, Console& console);

struct WatchOptions {
  CommonOptions common;
  std::optional<double> duration_s;
};
ExitCode watch(const WatchOptions& options, Console& console);

struct ResolveOptions {
  CommonOptions common;
  std::vector<std::string> arguments;  // cgroup paths and process ids
  double timeout_s = 2;
};
ExitCode resolve(const ResolveOptions& options, Console& console);

struct ExplainOptions {
  CommonOptions common;
  int64_t pid = 0;
  double timeout_s = 3;
};
ExitCode explain(const ExplainOptions& options, Console& console);

struct DoctorOptions {
  CommonOptions common;
  std::string what;  // a process id, a container's id or name; empty: the machine alone
  std::string falco_config = "/etc/falco/falco.yaml";  // below HOST_ROOT
  std::string bundle_file;
  bool with_labels = false;
  bool json = false;
  double timeout_s = 5;
};
ExitCode diagnose(const DoctorOptions& options, Console& console);

inline std::chrono::milliseconds to_milliseconds(double seconds) {
  return std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
}

}  // namespace tools
