// `ctrmeta resolve`: from cgroup paths or processes to containers, one line each.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>

#include "core/cgroup/choice.h"
#include "core/cgroup/resolver.h"
#include "tools/cgroup_containers.h"
#include "tools/commands/commands.h"
#include "tools/engines.h"

namespace tools {
namespace {

using core::cgroup::Match;

std::optional<int64_t> to_pid(const std::string& text) {
  int64_t pid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (error != std::errc() || end != text.data() + text.size() || pid <= 0) return std::nullopt;
  return pid;
}

// "/a/b", or a whole line of /proc/PID/cgroup ("4:memory:/a/b").
std::optional<std::string> to_path(const std::string& text) {
  if (text.starts_with('/')) return text;
  const size_t first = text.find(':');
  const size_t second = first == std::string::npos ? first : text.find(':', first + 1);
  if (second == std::string::npos || text.compare(second + 1, 1, "/") != 0) return std::nullopt;
  return text.substr(second + 1);
}

class Command {
 public:
  Command(const Settings& settings, std::chrono::milliseconds timeout, Console& console)
      : settings_(settings), timeout_(timeout), console_(console), cgroups_(settings.config) {}

  void print(const std::vector<std::string>& paths) {
    const config::StaticEngine& fixed = settings_.config.static_engine;
    if (fixed.enabled) {
      console_.data(fmt::format("{}\tstatic", printable(static_container(fixed).id())));
      return;
    }
    ask_once();
    const core::cgroup::Choice choice = cgroups_.choose(paths);
    const Match* match = choice.match();
    if (match == nullptr || (match->needs_confirmation && !confirmed(*match, choice.path()))) {
      console_.data("host");
      return;
    }
    console_.data(fmt::format("{}\t{}", printable(match->id()), core::cgroup::engine_name(match->engine)));
  }

 private:
  // containerd alone puts containers where no path shows it. It may be behind a socket for CRI.
  void ask_once() {
    if (engines_ || (!settings_.config.containerd.enabled && !settings_.config.cri.enabled)) return;
    Settings only_containerd = settings_;
    only_containerd.config.docker.enabled = false;
    only_containerd.config.podman.enabled = false;
    engines_ = std::make_unique<Engines>(only_containerd);
    engines_->worker().wait_until_listed(timeout_);
    for (const Record& record : engines_->containers()) cgroups_.learn(*record);
  }

  // A name that is not in the list may be there since.
  bool confirmed(const Match& match, const std::string& path) {
    if (!engines_) return false;
    const auto is_it = [&](std::chrono::milliseconds limit) {
      const Record record = engines_->wait_for(match.full_id, limit);
      return record && core::cgroup::confirms(*record, match, path);
    };
    if (is_it(std::chrono::milliseconds(0))) return true;
    const auto sockets = engines_->worker().sockets();
    const bool connected =
        std::any_of(sockets.begin(), sockets.end(), [](const auto& s) { return s.connected; });
    if (!connected) return false;
    engines_->worker().request({.full_id = match.full_id,
                                .hint = match.type(),
                                .cgroup_path = path,
                                .containerd_namespace = match.containerd_namespace});
    return is_it(std::min(timeout_, std::chrono::milliseconds(500)));
  }

  const Settings& settings_;
  std::chrono::milliseconds timeout_;
  Console& console_;
  CgroupReader cgroups_;
  std::unique_ptr<Engines> engines_;
};

}  // namespace

ExitCode resolve(const ResolveOptions& options, Console& console) {
  const auto settings = load_settings(options.common);
  if (!settings) {
    console.error(settings.error());
    return kUsage;
  }
  for (const std::string& argument : options.arguments) {
    if (to_pid(argument) || to_path(argument)) continue;
    console.error(fmt::format("'{}' is neither a process id nor a cgroup path (which begins with a slash)",
                              printable(argument)));
    return kUsage;
  }
  Command command(*settings, to_milliseconds(options.timeout_s), console);
  ExitCode code = kFine;
  for (const std::string& argument : options.arguments) {
    const auto pid = to_pid(argument);
    if (!pid) {
      command.print({*to_path(argument)});
      continue;
    }
    const auto cgroups = cgroups_of(settings->config, *pid);
    if (!cgroups) {
      console.error(cgroups.error());
      code = kRuntimeFailure;
      continue;
    }
    std::vector<std::string> paths;
    for (const host::CgroupPath& cgroup : *cgroups) paths.push_back(cgroup.path);
    command.print(paths);
  }
  console.flush();
  return console.failed() ? kRuntimeFailure : code;
}

}  // namespace tools
