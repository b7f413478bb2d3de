// See live_capture.h.
#include "host/live_capture.h"

#include <time.h>

#include <algorithm>
#include <vector>

namespace host {
namespace {

using Clock = std::chrono::steady_clock;

// How long pushed events may wait while nothing else happens.
constexpr std::chrono::milliseconds kPushedPoll{50};

uint64_t now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace

base::Result<LiveStatistics> run_live(Session& session, ProcConnector& connector, ProcReader& proc,
                                      const LiveOptions& options, const OnLiveEvent& on_event) {
  LiveStatistics statistics;
  LiveEvents live(proc, session.threads());
  const auto deadline = options.duration ? Clock::now() + *options.duration : Clock::time_point::max();
  bool going = true;
  const Session::OnEvent handle = [&](const EventContext& context) { going = going && on_event(context); };

  std::vector<ProcessEvent> batch;
  while (going && Clock::now() < deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        std::min<Clock::duration>(deadline - Clock::now(), kPushedPoll));
    batch.clear();
    const auto wake = connector.wait(batch, static_cast<int>(left.count()), options.stop_fd);
    if (!wake) return base::Error{wake.error()};
    if (*wake == ProcConnector::Wake::kStopped) break;
    for (const ProcessEvent& event : batch) {
      if (!going) break;
      if (const auto fed = session.feed(live.convert(event, now_ns()), handle); !fed) {
        return base::Error{fed.error()};
      }
      ++statistics.process_events;
    }
    if (*wake == ProcConnector::Wake::kOverrun) {
      for (const EventBytes& event : live.rescan(now_ns())) {
        if (const auto fed = session.feed(event, handle); !fed) return base::Error{fed.error()};
      }
    }
    statistics.pushed_events += session.feed_pushed(handle);
  }
  statistics.overruns = connector.overruns();
  statistics.vanished = live.vanished();
  return statistics;
}

}  // namespace host
