// A peer that is no HTTP/2 server: writes whatever bytes a test wants, when it wants. One connection at a
// time, in a thread of its own.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "base/unique_fd.h"

namespace net::grpc::test {

// A fresh socket path below the temporary directory.
std::string temporary_socket_path();

// Binds and listens; backlog as for listen(2).
base::UniqueFd listen_at(const std::string& path, int backlog = 16);

// One HTTP/2 frame.
std::string http2_frame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload);

// Frame types and flags of RFC 9113.
inline constexpr uint8_t kData = 0, kHeaders = 1, kRstStream = 3, kSettings = 4, kPing = 6, kGoaway = 7,
                         kWindowUpdate = 8;
inline constexpr uint8_t kEndStream = 1, kAck = 1, kEndHeaders = 4;

// A header field, literal without indexing and without Huffman coding (at most 126 bytes each).
std::string hpack(std::string_view name, std::string_view value);

class RawPeer {
 public:
  class Connection {
   public:
    Connection(int fd, const std::atomic<bool>& stop) : fd_(fd), stop_(stop) {}
    // False once the other side is gone or the test is over.
    bool write(std::string_view bytes);
    // Reads until at least `count` bytes came in all; false when the other side closed.
    bool read_at_least(size_t count);
    // Reads and drops until the other side closes or the test is over.
    void drain();
    bool stopped() const { return stop_; }
    const std::string& received() const { return received_; }

   private:
    bool read_some();
    int fd_;
    const std::atomic<bool>& stop_;
    std::string received_;
  };

  // script: runs in the peer's thread for every connection; the connection is closed when it returns.
  explicit RawPeer(std::function<void(Connection&)> script);
  ~RawPeer();

  const std::string& path() const { return path_; }

 private:
  void serve();

  std::string path_;
  base::UniqueFd listener_;
  std::function<void(Connection&)> script_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace net::grpc::test
