// See fetcher.h.
#include "worker/fetcher.h"

#include <algorithm>
#include <utility>

#include "engines/inspect_json.h"
#include "worker/backoff.h"
#include "worker/followers.h"
#include "worker/local_reader.h"
#include "worker/supervisor.h"

namespace worker {

namespace asio = boost::asio;

namespace {

// Mounts change seldom; hierarchies may be mounted after the worker started.
constexpr std::chrono::seconds kMountinfoAge{30};
// Engines write their state before a container starts: what is not there after some ten seconds never will
// be.
constexpr unsigned kMaxDiskAttempts = 9;
// Engines that have not answered by then are not waited for: others are asked meanwhile.
constexpr std::chrono::milliseconds kLead{500};

// Nobody's container is another's to tell of; and a name is containerd's to confirm.
bool may_answer(const Supervisor& supervisor, const LookupRequest& request) {
  return supervisor.owner().speaks_for(request.owner) &&
         (request.containerd_namespace.empty() || supervisor.has_namespaces());
}

}  // namespace

void Fetcher::request(LookupRequest request) {
  const std::shared_ptr<Shared> shared = shared_.lock();
  if (!shared || !engines::is_container_id(request.full_id)) return;
  const std::string& name_space = request.containerd_namespace;
  if (!name_space.empty() && !engines::is_container_id(name_space)) return;
  const Key key{request.owner, engines::handle_of(name_space, request.full_id)};
  if (pending_.contains(key)) return;
  shared->board.update_lookups([](LookupStatus& status) { ++status.asked; });
  // Whoever asks for what was reported long ago has lost it (a full cache): it is told again.
  for (const std::shared_ptr<Supervisor>& supervisor : shared->supervisors) {
    if (!may_answer(*supervisor, request)) continue;
    if (const auto record = supervisor->known(request.full_id, name_space)) {
      shared->board.update_lookups([](LookupStatus& status) {
        ++status.found;
        ++status.from_api;
      });
      shared->listener.on_container(record);
      return;
    }
  }
  if (pending_.size() >= kMaxPending) end(*shared, pending_.find(by_age_.front())->second, Outcome::kFailed);
  auto pending = std::make_shared<Pending>();
  pending->request = std::move(request);
  pending->on_disk = pending->request.known_from_disk;
  pending->over = std::make_shared<net::Signal>(shared->executor);
  pending->age = by_age_.insert(by_age_.end(), key);
  pending_.emplace(key, pending);
  shared->board.update_lookups([this](LookupStatus& status) { status.pending = pending_.size(); });
  spawn(shared, pursue(shared, pending), "a look-up on demand");
}

void Fetcher::forget(const std::string& full_id, core::Owner owner) {
  const std::shared_ptr<Shared> shared = shared_.lock();
  const auto entry = pending_.find(Key{owner, full_id});
  if (shared && entry != pending_.end()) end(*shared, entry->second, Outcome::kForgotten);
}

void Fetcher::found(const core::Container& container) {
  const std::shared_ptr<Shared> shared = shared_.lock();
  if (!shared) return;
  const std::string_view full_id = container.full_id;
  const std::string handle = engines::handle_of(container);
  for (const std::string_view id : {std::string_view(handle), full_id, core::short_id(full_id)}) {
    const auto entry = pending_.find(Key{container.owner, std::string(id)});
    if (entry != pending_.end()) end(*shared, entry->second, Outcome::kFound);
  }
}

void Fetcher::end(Shared& shared, Pointer pending, Outcome outcome) {
  if (pending->is_over) return;
  pending->is_over = true;
  by_age_.erase(pending->age);
  const LookupRequest& request = pending->request;
  pending_.erase(Key{request.owner, engines::handle_of(request.containerd_namespace, request.full_id)});
  pending->over->notify();
  shared.board.update_lookups([&](LookupStatus& status) {
    status.pending = pending_.size();
    if (outcome == Outcome::kFound) {
      ++status.found;
      ++status.from_api;
    }
    if (outcome == Outcome::kFailed) ++status.failed;
  });
}

asio::awaitable<void> Fetcher::pursue(std::shared_ptr<Shared> shared, Pointer pending) {
  Backoff backoff(shared->timing.fetch_first, shared->timing.fetch_limit);
  while (!pending->is_over) {
    // Looked at before asking: a container that went while it was asked for is asked for once more.
    const bool gone = is_cgroup_gone(*shared, *pending);
    look_on_disk(*shared, *pending);
    co_await ask_all(shared, pending);
    if (pending->is_over) break;
    if (gone) {
      end(*shared, pending, Outcome::kFailed);
      break;
    }
    co_await pending->over->wait_for(backoff.next(shared->random()));
  }
}

// At once, and an engine's answer replaces it. Whether engines have been asked or can be does not matter.
void Fetcher::look_on_disk(Shared& shared, Pending& pending) {
  if (shared.local == nullptr || pending.on_disk || pending.disk_attempts++ >= kMaxDiskAttempts) return;
  pending.on_disk = shared.local->report_by_id(pending.request);
}

// Engines of the hinted type first. Those without a session are left out: when they connect, their list
// tells.
asio::awaitable<void> Fetcher::ask_all(std::shared_ptr<Shared> shared, Pointer pending) {
  std::vector<std::shared_ptr<Supervisor>> hinted;
  std::vector<std::shared_ptr<Supervisor>> others;
  for (const std::shared_ptr<Supervisor>& supervisor : shared->supervisors) {
    if (!may_answer(*supervisor, pending->request)) continue;
    (supervisor->has_type(pending->request.hint) ? hinted : others).push_back(supervisor);
  }
  co_await ask_each(shared, pending, hinted);
  if (!pending->is_over) co_await ask_each(shared, pending, others);
}

// All at once, and none of them is waited for longer than a moment: what one answers later counts all the
// same, and until then it is not asked again.
asio::awaitable<void> Fetcher::ask_each(std::shared_ptr<Shared> shared, Pointer pending,
                                        std::vector<std::shared_ptr<Supervisor>> supervisors) {
  std::erase_if(supervisors, [&](const auto& supervisor) {
    return !supervisor->is_connected() || pending->asking.contains(supervisor.get());
  });
  if (supervisors.empty()) co_return;
  const auto round = std::make_shared<Round>(shared->executor);
  round->open = supervisors.size();
  for (const std::shared_ptr<Supervisor>& supervisor : supervisors) {
    pending->asking.insert(supervisor.get());
    spawn(shared, ask_one(supervisor, pending, round), "a question on demand");
  }
  co_await round->over.wait_for(kLead);
}

asio::awaitable<void> Fetcher::ask_one(std::shared_ptr<Supervisor> supervisor, Pointer pending,
                                       std::shared_ptr<Round> round) {
  const std::shared_ptr<Fetcher> self = shared_from_this();
  std::string id = engines::handle_of(pending->request.containerd_namespace, pending->request.full_id);
  co_await supervisor->ask(std::move(id));
  pending->asking.erase(supervisor.get());
  if (--round->open == 0) round->over.notify();
}

bool Fetcher::is_cgroup_gone(const Shared& shared, Pending& pending) {
  const auto now = std::chrono::steady_clock::now();
  if (cgroups_read_ == std::chrono::steady_clock::time_point() || now - cgroups_read_ > kMountinfoAge) {
    cgroups_ = CgroupPresence::read(shared.config.host_root);
    cgroups_read_ = now;
  }
  const bool exists = cgroups_.exists(pending.request.cgroup_path);
  pending.cgroup_seen = pending.cgroup_seen || exists;
  return pending.cgroup_seen && !exists;
}

}  // namespace worker
