// See supervisor.h. This file: the connection. What it learns is in sightings.cpp.
#include "worker/supervisor.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "core/file_owner.h"
#include "core/limits.h"
#include "worker/fetcher.h"

namespace worker {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using std::chrono::system_clock;

namespace {

// A clock set back further than this makes Podman hold back events: it is asked anew.
constexpr std::chrono::seconds kClockTolerance{1};
// A socket that appears over and over is not chased faster than this.
constexpr milliseconds kMinimumWait{50};

int rank_of(SocketPlace::Kind kind) {
  if (kind == SocketPlace::Kind::kUser) return 0;
  return kind == SocketPlace::Kind::kDiscovered ? 1 : 2;
}

size_t most_lookups(core::Owner owner) {
  return owner.is_machine() ? core::limits::kLookupsAtOnce : core::limits::kUserLookupsAtOnce;
}

}  // namespace

Supervisor::Supervisor(std::shared_ptr<Shared> shared, const engines::EngineRow& row, SocketPlace place,
                       int board_id)
    : shared_(std::move(shared)),
      row_(row),
      place_(std::move(place)),
      display_path_(shared_->config.host_root + place_.path),
      board_id_(board_id),
      owner_(place_.kind == SocketPlace::Kind::kUser ? core::Owner::user(place_.uid)
                                                     : core::Owner::machine()),
      changed_(std::make_shared<net::Signal>(shared_->executor)),
      backoff_(shared_->timing.reconnect_first, shared_->timing.reconnect_limit),
      queue_(std::min(engines::kMaxLookups, most_lookups(owner_)), most_lookups(owner_)) {}

bool Supervisor::has_type(core::ContainerType type) const {
  return std::find(row_.types.begin(), row_.types.end(), type) != row_.types.end();
}

void Supervisor::retire() {
  retired_ = true;
  changed_->notify();
}

asio::awaitable<void> Supervisor::run() {
  const std::shared_ptr<Supervisor> self = shared_from_this();
  while (true) {
    Located located = shared_->paths.locate(place_);
    watch(located, changed_);
    // Looked at again after the watch began: nothing that happened in between is missed.
    located = shared_->paths.locate(place_);
    found_ = located.identity;
    if (claimed_ && located.identity != claimed_) release_claim();
    const bool denied = located.is_denied || (located.identity && !may_connect(located));
    if (!located.identity || denied) {
      if (retired_) break;
      report_obstacle(denied);
      backoff_.reset();
      co_await wait_for_change(shared_->recheck());
    } else if (const Supervisor* other = holder_of(*located.identity)) {
      problem(held_by(*other), base::Severity::kInfo);
      co_await wait_for_change(shared_->recheck());
    } else {
      co_await follow(std::move(located));
    }
  }
  while (!known_.empty()) forget_known(std::string(known_.begin()->first));
  shared_->board.remove(board_id_);
}

// One session, and the wait after it.
asio::awaitable<void> Supervisor::follow(Located located) {
  shared_->board.show(board_id_);
  begin_session(located);
  base::Error ended = co_await run_session();
  const bool lived = connected_ && steady_clock::now() - session_begin_ >= shared_->timing.lived;
  end_session(located, ended.message, lived);
  if (lived) {
    // The next at once: Podman's service ends its streams when it goes idle, and connecting is what wakes it.
    backoff_.reset();
    co_return;
  }
  const milliseconds wait = backoff_.next(shared_->random());
  const steady_clock::time_point begin = steady_clock::now();
  co_await wait_for_change(wait);
  // Woken early: the socket was made anew, which is a reason to start over.
  if (steady_clock::now() - begin < wait) backoff_.reset();
}

asio::awaitable<base::Error> Supervisor::run_session() {
  // An engine does not throw. If it does all the same, that ends this session and not the worker.
  base::Error ended;
  try {
    ended = co_await engine_->session(*this);
  } catch (const std::exception& error) {
    ended.message = fmt::format("internal error: {}", error.what());
  }
  co_return ended;
}

asio::awaitable<void> Supervisor::wait_for_change(milliseconds limit) {
  const steady_clock::time_point begin = steady_clock::now();
  const bool early = co_await changed_->wait_for(limit);
  const auto passed = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin);
  if (early && passed < kMinimumWait) co_await net::pause(kMinimumWait - passed);
}

void Supervisor::watch(const Located& located, const std::shared_ptr<net::Signal>& signal) {
  watch_ = shared_->watcher->watch(located.directory_fd, located.entry, signal);
}

// A user's socket takes none from root, and one that was found none that somebody listed; else the engine
// that comes first in the registry takes it.
bool Supervisor::outranks(const Supervisor& other) const {
  const int rank = rank_of(place_.kind);
  const int others = rank_of(other.place_.kind);
  return rank != others ? rank > others : &row_ < &other.row_;
}

// Who follows that socket and keeps it, or is about to find out whether it can and goes first; nullptr when
// it may be tried.
const Supervisor* Supervisor::holder_of(const Identity& identity) const {
  for (const std::shared_ptr<Supervisor>& other : shared_->supervisors) {
    if (other.get() == this || outranks(*other)) continue;
    const bool tries_first =
        other->following_ == identity && (other->outranks(*this) || other->board_id_ < board_id_);
    if (other->claimed_ == identity || tries_first) return other.get();
  }
  return nullptr;
}

std::string Supervisor::held_by(const Supervisor& other) const {
  return fmt::format("{} is the socket that the engine {} follows at {}", display_path_, other.engine_name(),
                     other.display_path());
}

// The engine of this session has shown that it is what we take it for. False when the socket is another's
// already.
bool Supervisor::claim() {
  for (const std::shared_ptr<Supervisor>& other : shared_->supervisors) {
    if (other.get() == this || other->claimed_ != following_) continue;
    if (!outranks(*other)) {
      give_way(*other);
      return false;
    }
    other->give_way(*this);
  }
  claimed_ = following_;
  return true;
}

void Supervisor::release_claim() {
  claimed_.reset();
  for (const std::shared_ptr<Supervisor>& other : shared_->supervisors) {
    if (other.get() != this && !other->claimed_) other->changed_->notify();
  }
}

// What the engine still tells is not listened to. It may be in the middle of telling: it is closed in its own
// time.
void Supervisor::give_way(const Supervisor& other) {
  claimed_.reset();
  gave_way_ = true;
  closed_because_ = held_by(other);
  asio::post(shared_->executor, [engine = engine_, self = shared_from_this(), session = session_] {
    if (session == self->session_) engine->close();
  });
}

void Supervisor::report_obstacle(bool denied) {
  if (!denied) return problem("there is no " + display_path_, base::Severity::kDebug);
  problem(
      fmt::format("no permission to connect to {}: run Falco as root, or give its user access to that socket "
                  "and to the directories above it",
                  display_path_),
      base::Severity::kWarning);
}

// Why there is no session. Said once, until it changes.
void Supervisor::problem(const std::string& why, base::Severity severity) {
  if (why != last_problem_) {
    shared_->logger.log(severity, fmt::format("{}: {}", row_.name, why));
    last_problem_ = why;
  }
  shared_->board.update(board_id_, [&](SocketStatus& status) { status.last_error = why; });
  shared_->board.settle(board_id_);
}

void Supervisor::begin_session(const Located& located) {
  ++session_;
  session_begin_ = steady_clock::now();
  closed_because_.clear();
  for (PartState& state : parts_) state.trouble.clear();
  gave_way_ = false;
  following_ = located.identity;
  owner_ = located.owner;
  connect_path_.set(located);
  if (engine_ == nullptr) {
    engine_ = row_.create({shared_->executor, address(), shared_->settings, shared_->logger});
  }
  poked_ = std::make_shared<net::Signal>(shared_->executor);
  watch(located, poked_);
  spawn(shared_, guard_session(engine_, poked_), "the guard of a connection");
}

net::UnixAddress Supervisor::address() {
  return {display_path_, connect_path_.path(), [weak = weak_from_this()](uint32_t uid) {
            if (const std::shared_ptr<Supervisor> self = weak.lock()) self->meet(uid);
          }};
}

void Supervisor::meet(uint32_t uid) {
  if (place_.kind == SocketPlace::Kind::kConfigured) return;
  owner_ = core::weaker(owner_, core::owner_of_uid(uid, ::geteuid()));
}

// lived: it worked and lasted; then its end is no problem, and the next session follows at once.
void Supervisor::end_session(const Located& located, const std::string& reason, bool lived) {
  ++session_;
  connected_ = false;  // first: nothing of what follows starts a look-up
  engine_->close();
  connect_path_.clear();
  following_.reset();
  if (!lived) release_claim();
  // What was told and not answered yet: its container may be gone when there is an engine again, and its
  // event is not sent twice.
  for (const auto& [id, job] : queue_.jobs()) {
    if (job.fallback) accept(*job.fallback, false);
  }
  queue_.clear();
  initial_.clear();
  departed_.clear();
  doubted_.clear();
  listed_ = false;
  // Before anybody is told that there is nothing to wait for any more.
  shared_->board.update(board_id_, [](SocketStatus& status) {
    status.connected = false;
    status.listed = false;
    status.trouble.clear();
  });
  watch(located, changed_);
  poked_->notify();  // lets the guard go
  const std::string& why = closed_because_.empty() ? reason : closed_because_;
  if (lived) {
    shared_->logger.debug(fmt::format("{}: {}", row_.name, why));
    shared_->board.update(board_id_, [&](SocketStatus& status) { status.last_error = why; });
  } else {
    problem(why, gave_way_ ? base::Severity::kInfo : base::Severity::kWarning);
  }
  publish();
}

// Ends a session that would go on forever although nobody is there: the socket was made anew by another
// process, or the peer does not answer any more.
asio::awaitable<void> Supervisor::guard_session(std::shared_ptr<engines::Engine> engine,
                                                std::shared_ptr<net::Signal> poked) {
  const std::shared_ptr<Supervisor> self = shared_from_this();
  const uint64_t session = session_;
  const auto clock_offset = [] {
    return system_clock::now().time_since_epoch() - steady_clock::now().time_since_epoch();
  };
  const auto offset = clock_offset();
  steady_clock::time_point looked = steady_clock::now();
  while (session == session_ && closed_because_.empty()) {
    const bool changed = co_await poked->wait_for(shared_->timing.probe);
    const auto passed = std::chrono::duration_cast<milliseconds>(steady_clock::now() - looked);
    if (passed < kMinimumWait) co_await net::pause(kMinimumWait - passed);
    if (session != session_) break;
    looked = steady_clock::now();
    const Located now = shared_->paths.locate(place_);
    if (now.identity && now.identity != following_) {
      closed_because_ = display_path_ + " was replaced by another socket";
    } else if (!changed && clock_offset() + kClockTolerance < offset) {
      closed_because_ = "the clock was set back";
    } else if (!changed && connected_) {
      base::Status alive = co_await engine->probe();
      if (session != session_) break;
      if (!alive) closed_because_ = alive.error();
    }
    publish();
    if (!closed_because_.empty()) engine->close();
  }
}

void Supervisor::publish() {
  const net::Counters counters = engine_->counters();
  shared_->board.update(board_id_, [&](SocketStatus& status) {
    status.errors = counters.errors;
    status.timeouts = counters.timeouts;
    status.containers = known_.size();
  });
}

}  // namespace worker
