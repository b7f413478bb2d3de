// See raw_peer.h.
#include "raw_peer.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <utility>

namespace net::grpc::test {
namespace {

constexpr int kPollMs = 2;

bool wait_for(int fd, short events, const std::atomic<bool>& stop) {
  while (!stop) {
    pollfd entry{fd, events, 0};
    if (::poll(&entry, 1, kPollMs) > 0) return true;
  }
  return false;
}

}  // namespace

std::string temporary_socket_path() {
  static std::atomic<int> counter = 0;
  const auto name = "grpc-test-" + std::to_string(::getpid()) + "-" + std::to_string(counter++) + ".sock";
  return (std::filesystem::temp_directory_path() / name).string();
}

base::UniqueFd listen_at(const std::string& path, int backlog) {
  base::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  ::unlink(path.c_str());
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
      ::listen(fd.get(), backlog) != 0) {
    throw std::runtime_error("cannot listen at " + path);
  }
  return fd;
}

std::string http2_frame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload) {
  std::string frame;
  for (const int shift : {16, 8, 0}) frame.push_back(static_cast<char>(payload.size() >> shift & 0xff));
  frame.push_back(static_cast<char>(type));
  frame.push_back(static_cast<char>(flags));
  for (const int shift : {24, 16, 8, 0}) frame.push_back(static_cast<char>(stream >> shift & 0xff));
  return frame.append(payload);
}

std::string hpack(std::string_view name, std::string_view value) {
  std::string field(1, '\0');
  field.push_back(static_cast<char>(name.size()));
  field.append(name);
  field.push_back(static_cast<char>(value.size()));
  return field.append(value);
}

bool RawPeer::Connection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!wait_for(fd_, POLLOUT, stop_)) return false;
    const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

bool RawPeer::Connection::read_some() {
  if (!wait_for(fd_, POLLIN, stop_)) return false;
  char buffer[4096];
  const ssize_t count = ::recv(fd_, buffer, sizeof(buffer), 0);
  if (count <= 0) return false;
  received_.append(buffer, static_cast<size_t>(count));
  return true;
}

bool RawPeer::Connection::read_at_least(size_t count) {
  while (received_.size() < count) {
    if (!read_some()) return false;
  }
  return true;
}

void RawPeer::Connection::drain() {
  while (read_some()) {
  }
}

RawPeer::RawPeer(std::function<void(Connection&)> script)
    : path_(temporary_socket_path()),
      listener_(listen_at(path_)),
      script_(std::move(script)),
      thread_(&RawPeer::serve, this) {}

RawPeer::~RawPeer() {
  stop_ = true;
  thread_.join();
  ::unlink(path_.c_str());
}

void RawPeer::serve() {
  while (wait_for(listener_.get(), POLLIN, stop_)) {
    base::UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!fd.valid()) continue;
    Connection connection(fd.get(), stop_);
    script_(connection);
  }
}

}  // namespace net::grpc::test
