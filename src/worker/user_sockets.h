// Finds the Podman and Docker sockets of users, also of those who log in later: supervisors for each
// directory /run/user/<uid>. Owned by Followers; worker's thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engines/registry.h"
#include "net/signal.h"
#include "worker/path_watcher.h"

namespace worker {

class Supervisor;
struct Shared;

class UserSockets : public std::enable_shared_from_this<UserSockets> {
 public:
  // An engine that users run, and its socket's path below /run/user/<uid>.
  struct Engine {
    const engines::EngineRow* row;
    std::string path;
  };

  UserSockets(std::shared_ptr<Shared> shared, std::vector<Engine> engines);

  // Looks for users now, and again whenever one comes or goes. For good.
  boost::asio::awaitable<void> run();

 private:
  void scan();

  std::shared_ptr<Shared> shared_;
  std::vector<Engine> engines_;
  std::shared_ptr<net::Signal> changed_;
  std::shared_ptr<PathWatcher::Watch> watch_;
  std::map<std::string, std::vector<std::shared_ptr<Supervisor>>> users_;  // by uid
};

}  // namespace worker
