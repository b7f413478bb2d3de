// Finds the Podman sockets of users, also of those who log in later: one supervisor for each directory
// /run/user/<uid>. Owned by Followers; worker's thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <string>

#include "engines/registry.h"
#include "net/signal.h"
#include "worker/path_watcher.h"

namespace worker {

class Supervisor;
struct Shared;

class UserSockets : public std::enable_shared_from_this<UserSockets> {
 public:
  UserSockets(std::shared_ptr<Shared> shared, const engines::EngineRow& row);

  // Looks for users now, and again whenever one comes or goes. For good.
  boost::asio::awaitable<void> run();

 private:
  void scan();

  std::shared_ptr<Shared> shared_;
  const engines::EngineRow& row_;
  std::shared_ptr<net::Signal> changed_;
  std::shared_ptr<PathWatcher::Watch> watch_;
  std::map<std::string, std::shared_ptr<Supervisor>> users_;  // by uid
};

}  // namespace worker
