// The half of Supervisor (supervisor.h) that keeps the list of containers: what a session tells is looked up,
// compared with what is known, and reported once.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "core/limits.h"
#include "engines/containerd/containerd_mapping.h"
#include "worker/fetcher.h"
#include "worker/supervisor.h"

namespace worker {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

// An engine that does not answer for one container is asked again after 0.25, 0.5, 1, 2, 4 and 8 s.
constexpr unsigned kMaxAttempts = 7;
constexpr milliseconds kFirstRetry{250};
// Of a list of only some, how many that it does not show are asked for.
constexpr size_t kMaxDoubted = 64;
// What an engine does again, by engines::Part.
constexpr std::array<std::string_view, engines::kParts> kPartWorks{"tells of events", "lists all containers"};
constexpr size_t kWholeIdLength = 64;
// A look-up that takes so long gives its place to another.
constexpr milliseconds kSlow{250};

// Docker lists a container's mounts in another order each time: that alone is no news.
bool same_but_for_mount_order(const core::Container& left, const core::Container& right) {
  if (left.mounts.size() != right.mounts.size()) return false;
  if (!std::is_permutation(left.mounts.begin(), left.mounts.end(), right.mounts.begin())) return false;
  core::Container reordered = right;
  reordered.mounts = left.mounts;
  return left == reordered;
}

// An image that cannot be asked for any more, removed while its container runs or for the moment, takes none
// of the names that it had; and a size that was once told stands until there is another.
void keep_known(const core::Container& known, core::Container& container) {
  if (container.size < 0) container.size = known.size;  // asked for last, and not to be had always
  if (container.image_id.empty() || container.image_id != known.image_id) return;
  if (container.image_digest.empty()) container.image_digest = known.image_digest;
  if (!container.image_repository.empty()) return;
  container.image_repository = known.image_repository;
  container.image_tag = known.image_tag;
}

// Where a container stands in known_: "id", or "id/namespace".
std::string key_of(std::string_view handle) {
  const size_t slash = handle.find('/');
  if (slash == std::string_view::npos) return std::string(handle);
  return std::string(handle.substr(slash + 1)).append("/").append(handle.substr(0, slash));
}
std::string key_of(const core::Container& container) {
  return key_of(engines::handle_of(container));
}

}  // namespace

std::shared_ptr<const core::Container> Supervisor::known(std::string_view full_id,
                                                         std::string_view engine_namespace) const {
  const auto plain = known_.find(full_id);
  if (plain != known_.end()) return plain->second.record;
  const std::string begin = std::string(full_id) + '/';
  const auto first = known_.lower_bound(begin + std::string(engine_namespace));
  if (first == known_.end() || !first->first.starts_with(begin)) return nullptr;
  const std::shared_ptr<const core::Container>& record = first->second.record;
  return engine_namespace.empty() || record->engine_namespace == engine_namespace ? record : nullptr;
}

void Supervisor::connected() {
  if (!claim()) return;
  connected_ = true;
  shared_->board.update(board_id_, [this](SocketStatus& status) {
    status.connected = true;
    status.last_error.clear();
    if (sessions_listed_ > 0) ++status.reconnects;
  });
}

void Supervisor::listed(std::vector<engines::Sighting> all, engines::Extent extent) {
  if (!closed_because_.empty()) return;
  const bool first = !listed_;
  if (first && (!last_problem_.empty() || sessions_listed_ == 0)) {
    shared_->logger.info(
        fmt::format("{}: following {}, {} containers", row_.name, display_path_, all.size()));
  }
  last_problem_.clear();
  if (first) ++sessions_listed_;
  listed_ = true;
  shared_->board.update(board_id_, [](SocketStatus& status) { status.listed = true; });
  std::set<std::string> present;
  for (const engines::Sighting& sighting : all) present.insert(key_of(sighting.container));
  if (extent == engines::Extent::kSome) {
    doubt(present);
  } else {
    std::vector<std::string> gone;
    for (const auto& [key, known] : known_) {
      if (!present.contains(key)) gone.push_back(key);
    }
    for (const std::string& key : gone) forget_known(key);
    if (!first) departed_.clear();  // events of the time before an earlier list have long been told
    departed_.insert(gone.begin(), gone.end());
  }
  leave_out(all);
  look_up_listed(std::move(all), first);
  pump();
}

size_t Supervisor::most_containers() const {
  return owner_.is_machine() ? core::limits::kSocketContainers : core::limits::kUserSocketContainers;
}

// Of a list above the bound those that do not run go first.
void Supervisor::leave_out(std::vector<engines::Sighting>& all) const {
  if (all.size() <= most_containers()) return;
  shared_->logger.debug(fmt::format("{}: {} lists {} containers, of which {} are taken", row_.name,
                                    display_path_, all.size(), most_containers()));
  std::stable_partition(all.begin(), all.end(), [](const auto& sighting) { return sighting.running; });
  all.erase(all.begin() + static_cast<std::ptrdiff_t>(most_containers()), all.end());
}

// first: the list of this session that the start waits for.
void Supervisor::look_up_listed(std::vector<engines::Sighting> all, bool first) {
  for (engines::Sighting& sighting : all) {
    if (sighting.complete) {
      accept(std::move(sighting.container), true);
      continue;
    }
    const std::string id = engines::handle_of(sighting.container);
    if (sighting.unchanged && (known_.contains(key_of(id)) || queue_.contains(id))) continue;
    if (first) initial_.insert(id);
    queue_.add(id, sighting.running, std::move(sighting.container));
  }
  publish();  // before the start goes on: who waits for the list sees how long it is
  if (!first) return;
  if (initial_.empty()) {
    shared_->board.settle(board_id_);
  } else {
    spawn(shared_, show_sightings(session_), "the first report of a list");
  }
}

// A list of those that run says nothing of one that is not in it: the engine is asked, for so many at a time.
void Supervisor::doubt(const std::set<std::string>& present) {
  std::vector<std::string> ids;
  auto next = known_.upper_bound(doubt_from_);
  for (size_t looked_at = 0; looked_at < known_.size() && ids.size() < kMaxDoubted; ++looked_at, ++next) {
    if (next == known_.end()) next = known_.begin();
    doubt_from_ = next->first;
    if (!present.contains(next->first)) ids.push_back(engines::handle_of(*next->second.record));
  }
  for (const std::string& id : ids) {
    doubted_.insert(id);
    queue_.add(id, false, std::nullopt);
  }
}

void Supervisor::part(engines::Part part, const std::string& why) {
  PartState& state = parts_[static_cast<size_t>(part)];
  const bool news = state.trouble != why;
  state.trouble = why;
  if (!why.empty() && !state.said) {
    state.said = true;
    shared_->logger.warning(fmt::format("{}: {}", row_.name, why));
  } else if (why.empty() && state.said) {
    state.said = false;
    shared_->logger.info(
        fmt::format("{}: {} {} again", row_.name, display_path_, kPartWorks[static_cast<size_t>(part)]));
  }
  if (news) publish_parts();
  // Without any list there is nothing to wait for.
  if (part == engines::Part::kList && initial_.empty()) shared_->board.settle(board_id_);
}

void Supervisor::publish_parts() {
  std::string trouble;
  for (const PartState& state : parts_) {
    if (state.trouble.empty()) continue;
    if (!trouble.empty()) trouble += "; ";
    trouble += state.trouble;
  }
  shared_->board.update(board_id_, [&](SocketStatus& status) { status.trouble = trouble; });
}

// A long list takes a while to be looked up: what it told itself is reported meanwhile, names and images
// first of all. A short one is answered before this.
asio::awaitable<void> Supervisor::show_sightings(uint64_t session) {
  const std::shared_ptr<Supervisor> self = shared_from_this();
  co_await net::pause(shared_->timing.sightings);
  if (session != session_) co_return;
  for (const std::string& id : initial_) {
    const auto job = queue_.jobs().find(id);
    if (job != queue_.jobs().end() && job->second.fallback) accept(*job->second.fallback, false);
  }
}

void Supervisor::changed(engines::Sighting sighting) {
  if (!closed_because_.empty()) return;
  if (sighting.complete) {
    accept(std::move(sighting.container), true);
    return;
  }
  const std::string id = engines::handle_of(sighting.container);
  const bool departed = sighting.past && departed_.contains(key_of(id));
  if (!queue_.contains(id) && queue_.size() >= most_containers()) return;
  // One that is said to be back is asked for, and reported only if the engine knows it.
  queue_.add(id, true,
             departed || sighting.bare ? std::nullopt : std::optional(std::move(sighting.container)));
  pump();
}

void Supervisor::removed(std::string_view handle) {
  if (!closed_because_.empty()) return;
  const std::string id(handle);
  initial_done(id);
  std::optional<core::Container> fallback = queue_.drop(id);
  // Also a look-up on demand, which need not name the namespace: its answer would be out of date.
  const size_t id_begin = id.find('/') + 1;
  if (id_begin > 0) queue_.drop(id.substr(id_begin));
  if (fallback) accept(std::move(*fallback), false);
  forget_known(key_of(id));
  pump();
}

void Supervisor::heard() {
  shared_->board.update(board_id_, [](SocketStatus& status) { ++status.events; });
}

bool Supervisor::is_followed(core::ContainerType type) const {
  for (const std::shared_ptr<Supervisor>& supervisor : shared_->supervisors) {
    if (supervisor->owner() == owner_ && supervisor->is_connected() && supervisor->has_type(type))
      return true;
  }
  return false;
}

asio::awaitable<void> Supervisor::ask(std::string id) {
  const std::shared_ptr<Supervisor> self = shared_from_this();
  if (!connected_) co_return;
  LookupQueue::Job& job = queue_.add(id, true, std::nullopt);
  if (job.done == nullptr) job.done = std::make_shared<net::Signal>(shared_->executor);
  const std::shared_ptr<net::Signal> done = job.done;
  pump();
  co_await done->wait();
}

// A session that is over starts nothing: what waits is dropped with it.
void Supervisor::pump() {
  while (connected_) {
    std::optional<LookupQueue::Started> started = queue_.start();
    if (!started) break;
    spawn(shared_, look_up_all(std::move(*started)), "a look-up");
  }
  if (minding_ || flights_.empty()) return;
  minding_ = true;
  spawn(shared_, mind_slow(), "the look at slow look-ups");
}

// One look-up after the other, as long as any waits. Between two of them everybody else has a turn: one that
// fails at once, because the peer is gone, must neither lead to the next on the same stack nor keep the end
// of the session from being noticed.
asio::awaitable<void> Supervisor::look_up_all(LookupQueue::Started started) {
  const std::shared_ptr<Supervisor> self = shared_from_this();
  const std::shared_ptr<engines::Engine> engine = engine_;
  const uint64_t session = session_;
  while (true) {
    const auto flight = flights_.insert(flights_.end(), Flight{std::chrono::steady_clock::now()});
    std::string id = started.id;
    base::Result<std::optional<core::Container>> result = co_await engine->lookup(std::move(id));
    const bool was_parked = flight->parked;
    flights_.erase(flight);
    if (queue_.answered(started, was_parked) != nullptr) answer(started, result);
    co_await asio::post(shared_->executor, asio::use_awaitable);
    if (session != session_) break;
    std::optional<LookupQueue::Started> next = queue_.start();
    if (!next) break;
    started = std::move(*next);
  }
  // What was in flight for a session that is over has made room.
  pump();
}

// An engine that is slow is asked for more at a time, and those that it never answers do not stop the others.
asio::awaitable<void> Supervisor::mind_slow() {
  const std::shared_ptr<Supervisor> self = shared_from_this();
  while (!flights_.empty()) {
    co_await net::pause(kSlow);
    const auto now = std::chrono::steady_clock::now();
    for (Flight& flight : flights_) {
      if (flight.parked || now - flight.begin < kSlow) continue;
      flight.parked = true;
      queue_.park();
    }
    pump();
  }
  minding_ = false;
}

void Supervisor::answer(const LookupQueue::Started& started,
                        const base::Result<std::optional<core::Container>>& result) {
  const LookupQueue::Job& job = queue_.jobs().find(started.id)->second;
  const bool doubted = result && doubted_.erase(started.id) > 0;
  if (doubted && !result->has_value() && !job.fallback) {
    forget_known(key_of(started.id));
  } else if (result && result->has_value()) {
    accept(**result, true);
  } else if (job.fallback) {
    accept(*job.fallback, false);
  }
  if (!result && job.attempts + 1 < kMaxAttempts) {
    shared_->logger.debug(fmt::format("{}: {}", row_.name, result.error()));
    queue_.suspend(started.id);
    spawn(shared_, retry_later(started, job.attempts), "a look-up that is tried again");
  } else {
    queue_.finish(started.id);
  }
  publish();
  initial_done(started.id);
}

asio::awaitable<void> Supervisor::retry_later(LookupQueue::Started started, unsigned attempts) {
  const std::shared_ptr<Supervisor> self = shared_from_this();
  co_await net::pause(kFirstRetry * (1U << (attempts - 1)));
  queue_.resume(started.id, started.serial);
  pump();
}

void Supervisor::initial_done(const std::string& id) {
  if (initial_.erase(id) > 0 && initial_.empty()) shared_->board.settle(board_id_);
}

// complete: an answer of the engine about the container. What a list or an event told never replaces one, nor
// does an answer that lacks a part (kSighting) replace a whole one.
void Supervisor::accept(core::Container container, bool complete) {
  if (!complete) container.source = core::Source::kSighting;
  container.owner = owner_;
  if (is_dockers(container)) return;
  const std::string key = key_of(container);
  if (!known_.contains(key) && (known_.size() >= most_containers() || !may_be_ours(container))) return;
  Known& known = known_[key];
  if (known.record != nullptr && complete) keep_known(*known.record, container);
  const bool news = known.record == nullptr || (complete && container.source >= known.record->source &&
                                                !same_but_for_mount_order(*known.record, container));
  if (news) {
    known.record = std::make_shared<const core::Container>(std::move(container));
    known.report = ++shared_->reports;
    shared_->listener.on_container(known.record);
  }
  if (has_type(core::ContainerType::kDocker)) {
    for (const std::shared_ptr<Supervisor>& other : shared_->supervisors) {
      if (other->owner() == owner_) other->leave_to_docker(known.record->full_id);
    }
  }
  shared_->fetcher->found(*known.record);
}

// Engines of users know containers by whole ids only: by a name anything could be meant.
bool Supervisor::may_be_ours(const core::Container& container) const {
  return owner_.is_machine() ||
         (container.full_id.size() == kWholeIdLength &&
          container.full_id.find_first_not_of("0123456789abcdef") == std::string::npos);
}

// True for what a docker engine, connected or not, has told of: containerd has the same container in its
// namespace for Docker, and knows less about it.
bool Supervisor::is_dockers(const core::Container& container) const {
  if (container.engine_namespace != engines::containerd::kDockerNamespace) return false;
  return std::any_of(shared_->supervisors.begin(), shared_->supervisors.end(), [&](const auto& other) {
    return other->owner() == owner_ && other->has_type(core::ContainerType::kDocker) &&
           other->known(container.full_id) != nullptr;
  });
}

// Docker tells of that container from now on. Nothing is reported: it is still there.
void Supervisor::leave_to_docker(std::string_view full_id) {
  const auto found = known_.find(key_of(engines::handle_of(engines::containerd::kDockerNamespace, full_id)));
  if (found == known_.end()) return;
  known_.erase(found);
  publish();
}

void Supervisor::forget_known(std::string_view key) {
  const auto found = known_.find(key);
  if (found == known_.end()) return;
  const Known gone = std::move(found->second);
  known_.erase(found);
  shared_->board.update(board_id_, [this](SocketStatus& status) { status.containers = known_.size(); });
  if (const Known* namesake = namesake_of(*gone.record)) {
    // To the listener, who knows ids only, the one that is left is the container of that id.
    if (namesake->report < gone.report) shared_->listener.on_container(namesake->record);
  } else {
    shared_->listener.on_removed(gone.record);
  }
}

// Another container with the same id, in another namespace or of another engine that has some; the one that
// was reported last.
const Supervisor::Known* Supervisor::namesake_of(const core::Container& container) const {
  const Known* newest = nullptr;
  if (container.engine_namespace.empty()) return newest;
  const std::string begin = container.full_id + '/';
  for (const std::shared_ptr<Supervisor>& other : shared_->supervisors) {
    if (other->owner() != owner_) continue;
    for (auto entry = other->known_.lower_bound(begin);
         entry != other->known_.end() && entry->first.starts_with(begin); ++entry) {
      if (newest == nullptr || entry->second.report > newest->report) newest = &entry->second;
    }
  }
  return newest;
}

void Supervisor::orphan_is_gone(const core::Container& container, bool report) {
  const std::string key = key_of(container);
  if (report) {
    forget_known(key);
  } else {
    known_.erase(key);
  }
  departed_.insert(key);
}

}  // namespace worker
