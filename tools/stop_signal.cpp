// See stop_signal.h. A signalfd: no handler runs at all.
#include "tools/stop_signal.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

#include <cerrno>
#include <cstring>

namespace tools {

void ignore_broken_pipes() {
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, nullptr);
}

base::Result<StopSignal> StopSignal::create() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  base::UniqueFd fd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd.valid()) return base::Error{fmt::format("signals cannot be watched: {}", std::strerror(errno))};
  return StopSignal(std::move(fd));
}

bool StopSignal::wait(int timeout_ms) const {
  pollfd wait{fd_.get(), POLLIN, 0};
  return ::poll(&wait, 1, timeout_ms) > 0;
}

}  // namespace tools
