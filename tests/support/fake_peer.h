// An HTTP server on a Unix socket that does what a test wants, mostly wrong things. One thread per
// connection.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/unique_fd.h"

namespace support {

// One connection, as the code that plays the peer sees it.
class FakeConnection {
 public:
  explicit FakeConnection(int descriptor) : descriptor_(descriptor) {}

  // The target of the next request ("/_ping"); "" when the client is gone or the peer is being stopped.
  std::string read_request();
  // False when the client is gone.
  bool write(std::string_view bytes);
  // A whole answer with Content-Length.
  bool answer(unsigned status, const std::string& body, const std::string& headers = "");
  // The header of a chunked answer, and one chunk.
  bool begin_chunked();
  bool chunk(std::string_view bytes);
  // Waits until the client closes, or the peer is stopped.
  void hold();

 private:
  base::UniqueFd descriptor_;
  std::string buffer_;
  friend class FakePeer;
};

class FakePeer {
 public:
  using Play = std::function<void(FakeConnection&)>;

  // Listens at `path` at once (an older socket there is removed) and plays `play` on each connection.
  FakePeer(std::string path, Play play);
  ~FakePeer();  // stops, removes the socket
  FakePeer(const FakePeer&) = delete;
  FakePeer& operator=(const FakePeer&) = delete;

  // Closes all connections and the listening socket; the path is removed when `remove_path`.
  void stop(bool remove_path = true);
  // How many connections were accepted so far.
  int connections() const { return connections_; }

 private:
  void accept_all();

  std::string path_;
  Play play_;
  base::UniqueFd listener_;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> connections_ = 0;
  std::mutex mutex_;
  std::list<FakeConnection> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace support
