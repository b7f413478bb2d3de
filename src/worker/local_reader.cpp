// See local_reader.h.
#include "worker/local_reader.h"

#include <algorithm>
#include <utility>

#include "net/signal.h"
#include "worker/backoff.h"
#include "worker/status_board.h"
#include "worker/supervisor.h"

namespace worker {

namespace asio = boost::asio;
using base::Patience;
using base::Unread;

namespace {

// A runtime's caller has written the bundle when it starts the runtime; what changes after so many tries is
// not a bundle in the making.
constexpr unsigned kMaxAttempts = 6;

bool is_known(const Shared& shared, const BundleRequest& request) {
  return std::any_of(shared.supervisors.begin(), shared.supervisors.end(), [&](const auto& supervisor) {
    return supervisor->owner() == request.owner && supervisor->known(request.full_id) != nullptr;
  });
}

}  // namespace

LocalReader::LocalReader(const std::shared_ptr<Shared>& shared) : shared_(shared), state_(shared->config) {}

void LocalReader::read_bundle(BundleRequest request) {
  const std::shared_ptr<Shared> shared = shared_.lock();
  if (!shared || reading_.size() >= kMaxReading || !reading_.emplace(request.owner, request.full_id).second)
    return;
  spawn(shared, pursue(shared, std::move(request)), "the reading of a bundle");
}

asio::awaitable<void> LocalReader::pursue(std::shared_ptr<Shared> shared, BundleRequest request) {
  const std::shared_ptr<LocalReader> self = shared_from_this();
  Backoff backoff(shared->timing.bundle_first, shared->timing.bundle_limit);
  for (unsigned attempt = 1; !is_known(*shared, request); ++attempt) {
    engines::local::Finding found =
        state_.bundle(request.full_id, request.directory, Patience::kMayWait, request.name_hint);
    const bool last = attempt == kMaxAttempts;
    if (found && (found->complete || last)) {
      shared->board.update_lookups([](LookupStatus& status) { ++status.from_bundle; });
      report(*shared, std::move(found->container), request.owner);
      break;
    }
    const bool again = found || found.kind() == Unread::kChanged || found.kind() == Unread::kWouldWait;
    if (!again || last) {
      if (found.kind() != Unread::kMissing) refused(*shared, found.error().message);
      break;
    }
    co_await net::pause(backoff.next(shared->random()));
  }
  reading_.erase({request.owner, request.full_id});
}

bool LocalReader::report_by_id(const LookupRequest& request) {
  const std::shared_ptr<Shared> shared = shared_.lock();
  if (!shared) return false;
  engines::local::Finding found = state_.by_id(request.hint, request.full_id, request.containerd_namespace,
                                               request.owner, Patience::kMayWait);
  if (!found) {
    if (found.kind() == Unread::kRefused) refused(*shared, found.error().message);
    return false;
  }
  shared->board.update_lookups([](LookupStatus& status) { ++status.from_disk; });
  report(*shared, std::move(found->container), request.owner);
  return true;
}

// What root left lying about a user's container is the user's word.
void LocalReader::report(Shared& shared, core::Container container, core::Owner owner) {
  container.owner = core::weaker(container.owner, owner);
  shared.listener.on_container(std::make_shared<const core::Container>(std::move(container)));
}

// At debug: anybody on the host can make such files, and as many as he likes.
void LocalReader::refused(Shared& shared, const std::string& why) {
  shared.board.update_lookups([](LookupStatus& status) { ++status.refused; });
  shared.logger.debug("local sources: " + why);
}

}  // namespace worker
