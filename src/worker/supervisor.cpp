// See supervisor.h. This file: the connection. What it learns is in sightings.cpp.
#include "worker/supervisor.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

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

size_t most_lookups(core::Owner owner) {
  return owner.is_machine() ? core::limits::kLookupsAtOnce : core::limits::kUserLookupsAtOnce;
}

}  // namespace

Supervisor::Supervisor(std::shared_ptr<Shared> shared, const engines::EngineRow& row, std::string path,
                       int board_id, core::Owner owner)
    : shared_(std::move(shared)),
      row_(row),
      path_(std::move(path)),
      display_path_(shared_->config.host_root + path_),
      board_id_(board_id),
      owner_(owner),
      changed_(std::make_shared<net::Signal>(shared_->executor)),
      backoff_(shared_->timing.reconnect_first, shared_->timing.reconnect_limit),
      queue_(std::min(engines::kMaxLookups, most_lookups(owner)), most_lookups(owner)) {}

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
    Located located = locate(shared_->config.host_root, path_);
    watch(located, changed_);
    // Looked at again after the watch began: nothing that happened in between is missed.
    located = locate(shared_->config.host_root, path_);
    if (located.identity != claimed_) release_claim();
    const bool denied = located.is_denied || (located.identity && !may_connect(located.path));
    if (!located.identity || denied) {
      if (retired_) break;
      report_obstacle(denied);
      backoff_.reset();
      co_await wait_for_change(shared_->recheck());
    } else if (!claim(*located.identity)) {
      const Supervisor& other = *shared_->claims[*located.identity];
      problem(fmt::format("{} is the socket that the engine {} follows at {}", display_path_,
                          other.engine_name(), other.display_path()),
              base::Severity::kInfo);
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
  watch_ = shared_->watcher->watch(located.directory, located.entry, signal);
}

// True when the socket is ours to follow: nobody else does, or one whose engine comes later in the registry.
bool Supervisor::claim(const Identity& identity) {
  const auto [entry, fresh] = shared_->claims.try_emplace(identity, this);
  Supervisor* holder = entry->second;
  if (holder != this) {
    if (&row_ >= &holder->row_) return false;
    entry->second = this;
    holder->give_way();
  }
  claimed_ = identity;
  return true;
}

void Supervisor::release_claim() {
  if (!claimed_) return;
  shared_->claims.erase(*claimed_);
  claimed_.reset();
  for (const std::shared_ptr<Supervisor>& other : shared_->supervisors) {
    if (other.get() != this && !other->claimed_) other->changed_->notify();
  }
}

void Supervisor::give_way() {
  claimed_.reset();
  closed_because_ = display_path_ + " is another engine's socket";
  if (engine_ != nullptr) engine_->close();
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
  if (engine_ == nullptr || engine_path_ != located.path) {
    if (engine_ != nullptr) {
      const net::Counters counters = engine_->counters();
      earlier_counters_.errors += counters.errors;
      earlier_counters_.timeouts += counters.timeouts;
    }
    engine_path_ = located.path;
    engine_ = row_.create({shared_->executor, located.path, shared_->settings, shared_->logger});
  }
  poked_ = std::make_shared<net::Signal>(shared_->executor);
  watch(located, poked_);
  spawn(shared_, guard_session(engine_, poked_), "the guard of a connection");
}

// lived: it worked and lasted; then its end is no problem, and the next session follows at once.
void Supervisor::end_session(const Located& located, const std::string& reason, bool lived) {
  ++session_;
  connected_ = false;  // first: nothing of what follows starts a look-up
  engine_->close();
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
    problem(why, base::Severity::kWarning);
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
  while (session == session_ && closed_because_.empty()) {
    const bool changed = co_await poked->wait_for(shared_->timing.probe);
    if (session != session_) break;
    const Located now = locate(shared_->config.host_root, path_);
    if (now.identity && now.identity != claimed_) {
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
  net::Counters counters = engine_->counters();
  shared_->board.update(board_id_, [&](SocketStatus& status) {
    status.errors = earlier_counters_.errors + counters.errors;
    status.timeouts = earlier_counters_.timeouts + counters.timeouts;
    status.containers = known_.size();
  });
}

}  // namespace worker
