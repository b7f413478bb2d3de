// See proc_connector.h.
#include "host/proc_connector.h"

#include <fmt/format.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <optional>

namespace host {
namespace {

constexpr int kAnswerTimeoutMs = 1000;
constexpr int kDatagramsPerWait = 512;
constexpr size_t kHeaders = sizeof(nlmsghdr) + sizeof(cn_msg);
constexpr size_t kAligned = 4;  // of netlink messages

// Up to Linux 6.5 its headers have the enumeration inside proc_event.
using What = decltype(proc_event::what);

// One connector message; nothing when it is not the process connector's.
std::optional<proc_event> event_of(const std::byte* message, size_t size) {
  cn_msg head;
  if (size < kHeaders) return std::nullopt;
  std::memcpy(&head, message + sizeof(nlmsghdr), sizeof head);
  if (head.id.idx != CN_IDX_PROC || head.id.val != CN_VAL_PROC) return std::nullopt;
  proc_event event{};
  const size_t payload = std::min<size_t>({head.len, size - kHeaders, sizeof event});
  if (payload < offsetof(proc_event, event_data)) return std::nullopt;
  std::memcpy(&event, message + kHeaders, payload);
  return event;
}

std::vector<proc_event> events_of(const void* data, size_t size) {
  std::vector<proc_event> out;
  const auto* at = static_cast<const std::byte*>(data);
  while (size >= sizeof(nlmsghdr)) {
    nlmsghdr head;
    std::memcpy(&head, at, sizeof head);
    if (head.nlmsg_len < sizeof head || head.nlmsg_len > size) break;
    if (const auto event = event_of(at, head.nlmsg_len)) out.push_back(*event);
    const size_t step = std::min<size_t>((head.nlmsg_len + kAligned - 1) & ~(kAligned - 1), size);
    at += step;
    size -= step;
  }
  return out;
}

std::optional<ProcessEvent> translate(const proc_event& event) {
  switch (event.what) {
    case What::PROC_EVENT_FORK: {
      const auto& fork = event.event_data.fork;
      return ProcessEvent{ProcessEvent::Kind::kFork, fork.child_pid,   fork.child_tgid,
                          fork.parent_pid,           fork.parent_tgid, 0};
    }
    case What::PROC_EVENT_EXEC: {
      const auto& exec = event.event_data.exec;
      return ProcessEvent{ProcessEvent::Kind::kExec, exec.process_pid, exec.process_tgid, 0, 0, 0};
    }
    case What::PROC_EVENT_EXIT: {
      const auto& exit = event.event_data.exit;
      return ProcessEvent{ProcessEvent::Kind::kExit,           exit.process_pid, exit.process_tgid, 0, 0,
                          static_cast<int64_t>(exit.exit_code)};
    }
    default:
      return std::nullopt;
  }
}

bool send_operation(int fd, proc_cn_mcast_op operation) {
  std::array<std::byte, kHeaders + sizeof(operation)> buffer{};
  nlmsghdr netlink{};
  netlink.nlmsg_len = buffer.size();
  netlink.nlmsg_type = NLMSG_DONE;
  netlink.nlmsg_pid = static_cast<uint32_t>(::getpid());
  cn_msg connector{};
  connector.id = {CN_IDX_PROC, CN_VAL_PROC};
  connector.len = sizeof operation;
  std::memcpy(buffer.data(), &netlink, sizeof netlink);
  std::memcpy(buffer.data() + sizeof netlink, &connector, sizeof connector);
  std::memcpy(buffer.data() + kHeaders, &operation, sizeof operation);
  return ::send(fd, buffer.data(), buffer.size(), 0) == static_cast<ssize_t>(buffer.size());
}

base::Error refused(const char* step, int error) {
  const char* help = error == EPERM || error == EACCES
                         ? "; run it as root or with CAP_NET_ADMIN, in the host's own namespaces"
                         : "; the kernel needs CONFIG_CONNECTOR and CONFIG_PROC_EVENTS";
  return base::Error{
      fmt::format("live process events are not available: {}: {}{}", step, std::strerror(error), help)};
}

}  // namespace

std::vector<ProcessEvent> parse_process_messages(const void* data, size_t size) {
  std::vector<ProcessEvent> out;
  for (const proc_event& event : events_of(data, size)) {
    auto translated = translate(event);
    if (!translated) continue;
    translated->when_ns = event.timestamp_ns;
    out.push_back(*translated);
  }
  return out;
}

base::Result<ProcConnector> ProcConnector::open(int receive_buffer) {
  base::UniqueFd fd(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR));
  if (!fd.valid()) return refused("netlink socket", errno);
  // The forcing form may exceed the system's limit and needs CAP_NET_ADMIN; the other one takes what it gets.
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer) != 0) {
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = CN_IDX_PROC;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return refused("joining the process connector's group", errno);
  }
  ProcConnector connector(std::move(fd));
  if (const auto subscribed = connector.subscribe(); !subscribed) return base::Error{subscribed.error()};
  return connector;
}

ProcConnector::~ProcConnector() {
  if (fd_.valid()) send_operation(fd_.get(), PROC_CN_MCAST_IGNORE);
}

// Outside the initial namespaces the kernel takes the request without a word and never sends anything: only
// its acknowledgement shows that events will come.
base::Status ProcConnector::subscribe() {
  if (!send_operation(fd_.get(), PROC_CN_MCAST_LISTEN)) return refused("asking for events", errno);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kAnswerTimeoutMs);
  std::array<std::byte, 8192> buffer;
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd wait{fd_.get(), POLLIN, 0};
    const int ready = left.count() <= 0 ? 0 : ::poll(&wait, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) {
      return base::Error{
          "live process events are not available: the kernel does not answer; run it in the host's own pid "
          "and "
          "user namespaces (--pid=host in a container), on a kernel with CONFIG_PROC_EVENTS"};
    }
    const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (got < 0 && (errno == EINTR || errno == EAGAIN || errno == ENOBUFS)) continue;
    if (got < 0) return refused("waiting for the kernel's answer", errno);
    for (const proc_event& event : events_of(buffer.data(), static_cast<size_t>(got))) {
      if (event.what != What::PROC_EVENT_NONE) return base::Ok{};
      const auto error = static_cast<int>(event.event_data.ack.err);
      if (error != 0) return refused("asking for events", error);
      return base::Ok{};
    }
  }
}

bool ProcConnector::receive(std::vector<ProcessEvent>& out) {
  std::array<std::byte, 8192> buffer;
  for (int i = 0; i < kDatagramsPerWait; ++i) {
    sockaddr_nl sender{};
    socklen_t length = sizeof sender;
    const ssize_t got =
        ::recvfrom(fd_.get(), buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&sender), &length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == ENOBUFS) {
      ++overruns_;
      return false;
    }
    if (got < 0) return true;
    if (sender.nl_pid != 0) continue;  // only the kernel is believed
    const auto events = parse_process_messages(buffer.data(), static_cast<size_t>(got));
    out.insert(out.end(), events.begin(), events.end());
  }
  return true;
}

base::Result<ProcConnector::Wake> ProcConnector::wait(std::vector<ProcessEvent>& out, int timeout_ms,
                                                      int stop_fd) {
  std::array<pollfd, 2> fds{pollfd{fd_.get(), POLLIN, 0}, pollfd{stop_fd, POLLIN, 0}};
  const int ready = ::poll(fds.data(), fds.size(), timeout_ms);  // a negative fd is skipped
  if (ready < 0 && errno == EINTR) return Wake::kTimeout;
  if (ready < 0) return base::Error{fmt::format("waiting for process events: {}", std::strerror(errno))};
  if (ready == 0) return Wake::kTimeout;
  if (fds[1].revents != 0) return Wake::kStopped;
  return receive(out) ? Wake::kEvents : Wake::kOverrun;
}

}  // namespace host
