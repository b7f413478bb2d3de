// Finds engines that nobody configured: the kernel's table of unix sockets names every one at which somebody
// listens, and engines' sockets have names of their own. Spec: docs/engines.md, "Sockets that are found".
// Owned by Followers; worker's thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engines/registry.h"
#include "worker/socket_path.h"

namespace worker {

class Supervisor;
struct Shared;

// The path in a line of /proc/net/unix at which a stream socket listens; "" for any other line. A path may
// hold any byte but NUL, so lines may be anything.
std::string_view listening_path(std::string_view line);

class Discovery : public std::enable_shared_from_this<Discovery> {
 public:
  explicit Discovery(std::shared_ptr<Shared> shared);

  // Looks now, and every few seconds; less often where the table is so long that this would cost more than
  // 1/200 of a processor. For good.
  boost::asio::awaitable<void> run();

 private:
  struct Followed {
    std::shared_ptr<Supervisor> supervisor;
    unsigned absent = 0;  // looks in a row at which nobody listened there
  };

  boost::asio::awaitable<std::set<std::string>> listeners();
  void take_lines(std::string& text, std::set<std::string>& paths) const;
  void look_at(const std::string& path);
  bool is_room_for(const SocketPlace& place) const;
  void refuse(const std::string& path, const char* why);
  void retire_absent(const std::set<std::string>& present);
  const engines::EngineRow* row_for(std::string_view path) const;

  std::shared_ptr<Shared> shared_;
  std::string table_;
  std::map<std::string, Followed> followed_;  // by path
  std::set<std::string> refused_;             // said already
};

}  // namespace worker
