// See client.h.
#include "net/grpc/client.h"

#include <utility>

#include <fmt/format.h>

namespace net::grpc {

namespace asio = boost::asio;

namespace {

// Answers that say something about what was asked for: no failures of the peer.
bool is_answer(Code code) {
  return code == Code::kNotFound || code == Code::kUnimplemented;
}

Status not_connected() {
  return {Code::kUnavailable, "not connected", true};
}

}  // namespace

asio::awaitable<base::Status> Client::connect() {
  close();
  base::Result<std::shared_ptr<Channel>> channel = co_await Channel::connect(address_, deadline(), Options());
  if (!channel.ok()) {
    ++counters_.errors;
    co_return base::Error{channel.error()};
  }
  channel_ = *channel;
  co_return base::Ok{};
}

asio::awaitable<CallResult<std::string>> Client::call(std::string method, std::string request,
                                                      Metadata metadata) {
  // The caller may close, or connect again, while this waits.
  const std::shared_ptr<Channel> channel = channel_;
  if (channel == nullptr) co_return not_connected();
  CallResult<std::string> answer =
      co_await channel->unary(std::move(method), std::move(request), std::move(metadata), deadline());
  if (!answer.ok() && channel == channel_) failed(answer.status());
  co_return std::move(answer);
}

CallResult<std::shared_ptr<Stream>> Client::stream(std::string_view method, const std::string& request,
                                                   const Metadata& metadata) {
  if (channel_ == nullptr) return not_connected();
  CallResult<std::shared_ptr<Stream>> opened =
      channel_->server_stream(std::string(method), request, metadata);
  if (!opened.ok()) failed(opened.status());
  return opened;
}

void Client::failed(const Status& status) {
  if (is_answer(status.code)) return;
  ++counters_.errors;
  if (status.code == Code::kDeadlineExceeded) ++counters_.timeouts;
  // One that is too large says nothing against the peer: its call alone has ended.
  if (status.broken && status.code != Code::kResourceExhausted) close();
}

void Client::failed_to_decode() {
  ++counters_.errors;
  close();
}

std::string Client::sentence(std::string_view method, const Status& status) const {
  return fmt::format("{} at {}: {}: {}", method, address_.shown, code_name(status.code), status.message);
}

void Client::close() {
  if (channel_ != nullptr) channel_->close();
  channel_.reset();
}

}  // namespace net::grpc
