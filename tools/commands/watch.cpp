// `ctrmeta watch`: one JSON line for each container that appears, changes or goes.
#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/container_json.h"
#include "tools/commands/commands.h"
#include "tools/engines.h"
#include "tools/stop_signal.h"

namespace tools {
namespace {

using Clock = std::chrono::steady_clock;

struct Counts {
  uint64_t added = 0;
  uint64_t removed = 0;
};

bool print_changes(Engines& engines, Counts& counts, Console& console) {
  for (const Change& change : engines.take_changes()) {
    ++(change.removed ? counts.removed : counts.added);
    console.data(fmt::format(R"({{"event":"{}","container":{}}})", change.removed ? "removed" : "added",
                             core::to_json_object(*change.container)));
  }
  return console.flush();
}

// Until a signal, the deadline, or the reader of standard output going away. POLLERR on standard output tells
// the last even while nothing happens.
void follow(Engines& engines, const StopSignal& stop, Clock::time_point deadline, Counts& counts,
            Console& console) {
  while (true) {
    const auto left = std::min<Clock::duration>(deadline - Clock::now(), std::chrono::hours(1));
    if (left <= Clock::duration::zero()) return;
    std::array<pollfd, 3> fds{pollfd{stop.fd(), POLLIN, 0}, pollfd{engines.changed_fd(), POLLIN, 0},
                              pollfd{1, 0, 0}};
    const auto timeout = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    if (::poll(fds.data(), fds.size(), static_cast<int>(timeout)) < 0 && errno != EINTR) return;
    if (fds[1].revents != 0 && !print_changes(engines, counts, console)) return;
    if (fds[0].revents != 0 || (fds[2].revents & (POLLERR | POLLNVAL)) != 0) return;
  }
}

}  // namespace

ExitCode watch(const WatchOptions& options, Console& console) {
  const auto settings = load_settings(options.common);
  if (!settings) {
    console.error(settings.error());
    return kUsage;
  }
  const auto stop = StopSignal::create();
  if (!stop) {
    console.error(stop.error());
    return kRuntimeFailure;
  }
  const auto deadline =
      options.duration_s ? Clock::now() + to_milliseconds(*options.duration_s) : Clock::time_point::max();
  Engines engines(*settings);
  Counts counts;
  // Who has nothing to watch yet should know why; engines that come later are followed all the same.
  engines.worker().wait_until_listed(std::chrono::milliseconds(settings->config.startup_wait_ms));
  if (report_sockets(engines.worker().sockets(), console) != kFine) {
    console.note("waiting for engines to appear");
  }
  follow(engines, *stop, deadline, counts, console);
  console.note(fmt::format("{} added or changed, {} removed", counts.added, counts.removed));
  return console.failed() ? kRuntimeFailure : kFine;
}

}  // namespace tools
