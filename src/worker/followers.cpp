// See followers.h.
#include "worker/followers.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

#include "base/file_status.h"
#include "worker/discovery.h"
#include "worker/fetcher.h"
#include "worker/local_reader.h"
#include "worker/orphans.h"
#include "worker/supervisor.h"
#include "worker/user_sockets.h"

namespace worker {

namespace asio = boost::asio;

namespace {

engines::Settings settings_of(const config::Config& config) {
  engines::Settings settings;
  settings.timeout = std::chrono::milliseconds(config.engine_timeout_ms);
  settings.label_max_len = config.label_max_len;
  settings.with_size = config.with_size;
  settings.with_env = config.with_env;
  settings.hook_create = config.hook_create;
  settings.follow_containerd = config.containerd.enabled;
  return settings;
}

void log_bug(const base::Logger& logger, const char* what, const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    logger.error(fmt::format("worker: {} ended: {}", what, error.what()));
  }
}

}  // namespace

Shared::Shared(asio::any_io_executor loop, const config::Config& configuration, Listener& ear,
               StatusBoard& status, base::Logger log, const Timing& times)
    : executor(std::move(loop)),
      config(configuration),
      settings(settings_of(configuration)),
      listener(ear),
      board(status),
      logger(std::move(log)),
      timing(times),
      paths(configuration.host_root),
      watcher(std::make_shared<PathWatcher>(executor)),
      random_engine(std::random_device{}()) {
  settings.pace = timing.pace;
}

void spawn(const std::shared_ptr<Shared>& shared, asio::awaitable<void> coroutine, const char* what) {
  asio::co_spawn(shared->executor, std::move(coroutine), [shared, what](const std::exception_ptr& failure) {
    if (failure) log_bug(shared->logger, what, failure);
  });
}

std::shared_ptr<Supervisor> add_supervisor(const std::shared_ptr<Shared>& shared,
                                           const engines::EngineRow& row, SocketPlace place, bool optional) {
  const int id = shared->board.add(std::string(row.name), shared->config.host_root + place.path, optional);
  auto supervisor = std::make_shared<Supervisor>(shared, row, std::move(place), id);
  shared->supervisors.push_back(supervisor);
  return supervisor;
}

Followers::Followers(asio::any_io_executor executor, const config::Config& config, Listener& listener,
                     StatusBoard& board, base::Logger logger, const Timing& timing)
    : shared_(
          std::make_shared<Shared>(std::move(executor), config, listener, board, std::move(logger), timing)) {
  shared_->fetcher = std::make_shared<Fetcher>(shared_);
  if (config.local_sources) shared_->local = std::make_shared<LocalReader>(shared_);
  shared_->orphans = std::make_shared<Orphans>(shared_);
  std::vector<UserSockets::Engine> users;
  for (const engines::EngineRow& row : engines::registry()) {
    const config::SocketEngine& configured = config.*row.configured;
    if (!configured.enabled) continue;
    for (const std::string& path : configured.sockets) {
      add_supervisor(shared_, row, place_of(path, configured.sockets_given), false);
    }
    if (row.configured == &config::Config::podman && config.podman_user_sockets) {
      users.push_back({&row, "/podman/podman.sock"});
    }
    if (row.configured == &config::Config::docker && config.discover && !configured.sockets_given) {
      users.push_back({&row, "/docker.sock"});
    }
  }
  if (!users.empty()) user_sockets_ = std::make_shared<UserSockets>(shared_, std::move(users));
  if (config.discover) discovery_ = std::make_shared<Discovery>(shared_);
  if (user_sockets_ != nullptr) board.begin_discovery();
  if (discovery_ != nullptr) board.begin_discovery();
  board.end_discovery();
}

Followers::~Followers() {
  shared_->supervisors.clear();
}

void Followers::run() {
  spawn(shared_, shared_->watcher->run(), "the watch over paths");
  for (const std::shared_ptr<Supervisor>& supervisor : shared_->supervisors) {
    spawn(shared_, supervisor->run(), "the supervisor of a socket");
  }
  if (user_sockets_ != nullptr) spawn(shared_, user_sockets_->run(), "the search for users' sockets");
  if (discovery_ != nullptr)
    spawn(shared_, discovery_->run(), "the search for sockets that nobody configured");
  const std::string obstacle = shared_->paths.obstacle();
  if (!obstacle.empty()) shared_->logger.warning(obstacle);
  if (!base::has_statx()) {
    shared_->logger.warning(
        "the system call statx is refused, by a seccomp profile that is older than it: files are read more "
        "slowly; let the profile of Falco's container allow it");
  }
}

void Followers::request(LookupRequest request) {
  shared_->fetcher->request(std::move(request));
}
void Followers::read_bundle(BundleRequest request) {
  if (shared_->local != nullptr) shared_->local->read_bundle(std::move(request));
}
void Followers::forget(const std::string& full_id, core::Owner owner) {
  shared_->fetcher->forget(full_id, owner);
}
void Followers::orphaned(std::string full_id, std::string cgroup_path, core::Owner owner) {
  shared_->orphans->note(std::move(full_id), std::move(cgroup_path), owner);
}

}  // namespace worker
