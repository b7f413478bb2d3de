// See fake_peer.h.
#include "support/fake_peer.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstring>
#include <utility>

namespace support {

namespace {

constexpr int kPollMs = 20;  // how soon a stop is noticed

}  // namespace

std::string FakeConnection::read_request() {
  size_t end = buffer_.find("\r\n\r\n");
  while (end == std::string::npos) {
    std::array<char, 4096> piece{};
    const ssize_t size = ::recv(descriptor_.get(), piece.data(), piece.size(), 0);
    if (size <= 0) return "";
    buffer_.append(piece.data(), static_cast<size_t>(size));
    end = buffer_.find("\r\n\r\n");
  }
  const std::string head = buffer_.substr(0, end);
  buffer_.erase(0, end + 4);
  const size_t from = head.find(' ');
  const size_t to = head.find(' ', from + 1);
  return from == std::string::npos || to == std::string::npos ? "" : head.substr(from + 1, to - from - 1);
}

bool FakeConnection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::send(descriptor_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(size));
  }
  return true;
}

bool FakeConnection::answer(unsigned status, const std::string& body, const std::string& headers) {
  return write("HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: application/json\r\n" + headers +
               "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

bool FakeConnection::begin_chunked() {
  return write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
}

bool FakeConnection::chunk(std::string_view bytes) {
  std::array<char, 32> size{};
  std::snprintf(size.data(), size.size(), "%zx\r\n", bytes.size());
  return write(std::string(size.data()) + std::string(bytes) + "\r\n");
}

void FakeConnection::hold() {
  std::array<char, 4096> piece{};
  while (::recv(descriptor_.get(), piece.data(), piece.size(), 0) > 0) {
  }
}

FakePeer::FakePeer(std::string path, Play play) : path_(std::move(path)), play_(std::move(play)) {
  ::unlink(path_.c_str());
  listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (::bind(listener_.get(), generic, sizeof address) != 0 || ::listen(listener_.get(), 64) != 0) {
    std::abort();
  }
  acceptor_ = std::thread([this] { accept_all(); });
}

FakePeer::~FakePeer() {
  stop();
}

void FakePeer::accept_all() {
  while (!stopping_) {
    pollfd waiting{listener_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, kPollMs) <= 0) continue;
    const int descriptor = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) continue;
    const std::lock_guard lock(mutex_);
    FakeConnection& connection = open_.emplace_back(descriptor);
    ++connections_;
    threads_.emplace_back([this, &connection] {
      play_(connection);
      ::shutdown(connection.descriptor_.get(), SHUT_RDWR);
    });
  }
}

void FakePeer::stop(bool remove_path) {
  if (stopping_.exchange(true)) return;
  acceptor_.join();
  listener_.reset();
  if (remove_path) ::unlink(path_.c_str());
  {
    const std::lock_guard lock(mutex_);
    for (FakeConnection& connection : open_) ::shutdown(connection.descriptor_.get(), SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
  open_.clear();
}

}  // namespace support
