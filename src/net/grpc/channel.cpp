// The public face of the gRPC client, see channel.h.
#include "net/grpc/channel.h"

#include <boost/asio/use_awaitable.hpp>

#include "net/grpc/session.h"
#include "net/unix_stream.h"

namespace net::grpc {
namespace asio = boost::asio;
namespace {

using Clock = std::chrono::steady_clock;

// Whoever waits for a call and goes away, for any reason, takes the call with it.
class CallGuard {
 public:
  CallGuard(std::shared_ptr<Session> session, std::shared_ptr<Call> call)
      : session_(std::move(session)), call_(std::move(call)) {}
  ~CallGuard() { session_->abandon(*call_); }
  CallGuard(const CallGuard&) = delete;
  CallGuard& operator=(const CallGuard&) = delete;

 private:
  std::shared_ptr<Session> session_;
  std::shared_ptr<Call> call_;
};

// GCC 12 gets `co_return Status{...}` wrong in some coroutines: they take statuses that are made elsewhere.
Status too_late(const char* what) {
  return {Code::kDeadlineExceeded, what, false};
}
Status cancelled() {
  return {Code::kCancelled, "cancelled", false};
}

// What next() answers once there is something to answer.
CallResult<std::optional<std::string>> result_of(Session& session, Call& call) {
  if (!call.messages.empty()) return std::optional<std::string>(session.take_message(call));
  if (call.outcome->code != Code::kOk) return *call.outcome;
  return std::optional<std::string>();
}

}  // namespace

Stream::Stream(std::shared_ptr<Session> session, std::shared_ptr<Call> call)
    : session_(std::move(session)), call_(std::move(call)) {}

Stream::~Stream() {
  session_->abandon(*call_);
}

asio::awaitable<CallResult<std::optional<std::string>>> Stream::next(TimePoint deadline) {
  const std::shared_ptr<Session> session = session_;
  const std::shared_ptr<Call> call = call_;
  while (call->messages.empty() && !call->outcome) {
    if (Clock::now() >= deadline) {
      co_return too_late("no message in time");
    }
    if (!co_await Session::wait(call->changed, deadline)) {
      co_return cancelled();
    }
  }
  co_return result_of(*session, *call);
}

Channel::Channel(std::shared_ptr<Session> session) : session_(std::move(session)) {}

Channel::~Channel() {
  close();
}

asio::awaitable<base::Result<std::shared_ptr<Channel>>> Channel::connect(UnixAddress address,
                                                                         TimePoint deadline,
                                                                         Options options) {
  base::Result<UnixSocket> socket = co_await connect_unix(address, deadline);
  if (!socket.ok()) co_return base::Error{socket.error()};
  auto session = std::make_shared<Session>(*std::move(socket), options);
  auto channel = std::make_shared<Channel>(session);  // closes the session whatever happens below
  session->start();
  const Status status = co_await Session::wait_ready(session, deadline);
  if (status.code != Code::kOk) co_return base::Error{address.shown + ": " + status.message};
  co_return channel;
}

asio::awaitable<CallResult<std::string>> Channel::unary(std::string method, std::string request,
                                                        Metadata metadata, TimePoint deadline) {
  const std::shared_ptr<Session> session = session_;
  CallResult<std::shared_ptr<Call>> opened = session->open(method, request, metadata, deadline, true);
  if (!opened.ok()) co_return opened.status();
  const std::shared_ptr<Call> call = *opened;
  const CallGuard guard(session, call);
  while (!call->outcome) {
    if (Clock::now() >= deadline) co_return too_late("no answer in time");
    if (!co_await Session::wait(call->changed, deadline)) {
      co_return cancelled();
    }
  }
  if (call->outcome->code != Code::kOk) co_return *call->outcome;
  co_return std::move(call->messages.front());
}

CallResult<std::shared_ptr<Stream>> Channel::server_stream(const std::string& method,
                                                           const std::string& request,
                                                           const Metadata& metadata) {
  CallResult<std::shared_ptr<Call>> opened = session_->open(method, request, metadata, kNoDeadline, false);
  if (!opened.ok()) return opened.status();
  return std::make_shared<Stream>(session_, *opened);
}

bool Channel::is_open() const {
  return session_->is_open();
}

std::string Channel::close_reason() const {
  return session_->close_reason();
}

void Channel::close() {
  session_->close({Code::kCancelled, "the connection was closed", false});
}

}  // namespace net::grpc
