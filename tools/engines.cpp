// See engines.h.
#include "tools/engines.h"

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace tools {
namespace {

// Changes that nobody takes (commands that only look at containers()) must not pile up.
constexpr size_t kChangesKept = 65536;

bool forbidden(const worker::SocketStatus& socket) {
  return !socket.connected && ::access(socket.path.c_str(), R_OK | W_OK) != 0 && errno == EACCES;
}

bool exists(const worker::SocketStatus& socket) {
  return ::access(socket.path.c_str(), F_OK) == 0;
}

}  // namespace

Engines::Engines(const Settings& settings)
    : changed_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      worker_(worker::Worker::start(settings.config, *this, settings.logger)) {}

Engines::~Engines() {
  worker_->stop();
}

std::vector<Record> Engines::containers() const {
  const std::lock_guard lock(mutex_);
  std::vector<Record> out;
  for (const auto& [id, record] : containers_) out.push_back(record);
  return out;
}

Record Engines::wait_for(const std::string& full_id, std::chrono::milliseconds limit) const {
  std::unique_lock lock(mutex_);
  known_.wait_for(lock, limit, [&] { return containers_.contains(full_id); });
  const auto found = containers_.find(full_id);
  return found == containers_.end() ? nullptr : found->second;
}

std::vector<Change> Engines::take_changes() {
  uint64_t count = 0;
  if (::read(changed_fd_.get(), &count, sizeof count) < 0) count = 0;  // nothing new: the list is empty too
  const std::lock_guard lock(mutex_);
  std::vector<Change> out(std::make_move_iterator(changes_.begin()), std::make_move_iterator(changes_.end()));
  changes_.clear();
  return out;
}

void Engines::on_container(std::shared_ptr<const core::Container> container) {
  report({false, std::move(container)});
}

void Engines::on_removed(std::shared_ptr<const core::Container> container) {
  report({true, std::move(container)});
}

void Engines::report(Change change) {
  {
    const std::lock_guard lock(mutex_);
    if (change.removed)
      containers_.erase(change.container->full_id);
    else
      containers_[change.container->full_id] = change.container;
    if (changes_.size() >= kChangesKept) changes_.pop_front();
    changes_.push_back(std::move(change));
  }
  known_.notify_all();
  const uint64_t one = 1;
  if (::write(changed_fd_.get(), &one, sizeof one) < 0) return;  // full: it is readable anyway
}

ExitCode report_sockets(const std::vector<worker::SocketStatus>& sockets, const Console& console) {
  const bool reached = std::any_of(sockets.begin(), sockets.end(), [](const auto& s) { return s.listed; });
  bool denied = false;
  if (!reached) {
    console.error(sockets.empty() ? "no engine with a socket is enabled in the configuration"
                                  : "no container engine answers; these sockets were tried:");
  }
  for (const worker::SocketStatus& socket : sockets) {
    const bool works = socket.listed && socket.trouble.empty();
    if (works || (reached && !socket.connected && !exists(socket))) continue;
    const bool no_permission = forbidden(socket);
    denied = denied || no_permission;
    console.note(
        fmt::format("  {} {}: {}{}", socket.engine, socket.path, printable(state_of(socket)),
                    no_permission ? " (run ctrmeta as root, or as a member of the socket's group)" : ""));
  }
  if (reached) return kFine;
  if (denied) return kNoPermission;
  if (!sockets.empty()) {
    console.note(
        "  start an engine, or name its socket in engines.<engine>.sockets of a --config file; in a "
        "container set HOST_ROOT to where the host's root directory is mounted");
  }
  return kNothingReachable;
}

std::string state_of(const worker::SocketStatus& socket) {
  if (!socket.connected) return socket.last_error.empty() ? "no answer yet" : socket.last_error;
  const std::string_view state = socket.listed ? "works in parts: " : "answers, but lists no containers: ";
  return fmt::format("{}{}", state, socket.trouble.empty() ? "no list yet" : socket.trouble);
}

}  // namespace tools
