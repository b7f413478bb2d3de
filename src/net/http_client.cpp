// See http_client.h. The only translation unit with Boost.Beast in it: it takes 20 s to compile.
#include "net/http_client.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <set>
#include <vector>

#include "net/json_splitter.h"

namespace net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr size_t kReadPiece = 16 * 1024;
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

http::request<http::empty_body> make_request(const std::string& target) {
  http::request<http::empty_body> request(http::verb::get, target, 11);
  request.set(http::field::host, "localhost");
  request.set(http::field::user_agent, "falco-container-plugin");
  request.set(http::field::accept, "application/json");
  return request;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

// A socket that its client knows of, so that close() reaches it wherever it is being waited on.
struct Connection {
  Connection(UnixSocket connected, std::set<Connection*>& all) : socket(std::move(connected)), open(all) {
    open.insert(this);
  }
  ~Connection() { open.erase(this); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void close() {
    error_code ignored;
    socket.close(ignored);
  }

  UnixSocket socket;
  beast::flat_buffer buffer{};
  std::set<Connection*>& open;
};

// What came of one request on one connection.
struct Exchange {
  error_code error;
  bool timed_out = false;
  bool answered = false;  // at least one byte came back
  bool reusable = false;
  HttpResponse response;
};

}  // namespace

class HttpClient::Impl : public std::enable_shared_from_this<HttpClient::Impl> {
 public:
  Impl(asio::any_io_executor executor, UnixAddress address, const HttpLimits& limits)
      : executor_(std::move(executor)), address_(std::move(address)), limits_(limits) {}

  asio::awaitable<base::Result<HttpResponse>> get(std::string target);
  asio::awaitable<base::Result<std::unique_ptr<HttpStream>>> stream(std::string target);

  void close() {
    ++generation_;
    idle_.clear();
    for (Connection* connection : open_) connection->close();
  }

  base::Error failed(const std::string& target, const std::string& why, bool timed_out) {
    ++counters_.errors;
    if (timed_out) ++counters_.timeouts;
    return base::Error{"GET " + target + " at " + address_.shown + ": " + why};
  }

  const Counters& counters() const { return counters_; }
  const std::string& path() const { return address_.shown; }
  const asio::any_io_executor& executor() const { return executor_; }
  const HttpLimits& limits() const { return limits_; }

 private:
  asio::awaitable<base::Result<std::unique_ptr<Connection>>> connect(Clock::time_point deadline);
  asio::awaitable<void> exchange(Connection& connection, const std::string& target,
                                 Clock::time_point deadline, Exchange& outcome);
  std::string explain(const Exchange& outcome) const;

  asio::any_io_executor executor_;
  UnixAddress address_;
  HttpLimits limits_;
  Counters counters_;
  uint64_t generation_ = 0;     // counts close(): a request that began before must not leave its connection
  std::set<Connection*> open_;  // every connection there is; before idle_, whose connections leave it
  std::vector<std::unique_ptr<Connection>> idle_;
};

asio::awaitable<base::Result<std::unique_ptr<Connection>>> HttpClient::Impl::connect(
    Clock::time_point deadline) {
  const uint64_t generation = generation_;
  base::Result<UnixSocket> socket = co_await connect_unix(address_, deadline);
  if (!socket) co_return base::Error{socket.error()};
  if (generation != generation_) co_return base::Error{"the connection was closed"};
  co_return std::make_unique<Connection>(std::move(*socket), open_);
}

asio::awaitable<void> HttpClient::Impl::exchange(Connection& connection, const std::string& target,
                                                 Clock::time_point deadline, Exchange& outcome) {
  Deadline guard(connection.socket, deadline);
  http::request<http::empty_body> request = make_request(target);
  const auto [write_error, written] = co_await http::async_write(connection.socket, request, kAwait);
  outcome.error = write_error;
  if (!outcome.error) {
    http::response_parser<http::string_body> parser;
    parser.header_limit(static_cast<uint32_t>(limits_.max_header));
    parser.body_limit(limits_.max_body);
    const auto [read_error, received] =
        co_await http::async_read(connection.socket, connection.buffer, parser, kAwait);
    outcome.error = read_error;
    outcome.answered = received > 0 || parser.got_some();
    if (!outcome.error) {
      outcome.reusable = parser.keep_alive() && connection.buffer.size() == 0;
      auto message = parser.release();
      outcome.response.status = message.result_int();
      outcome.response.body = std::move(message.body());
      for (const auto& field : message) {
        const std::string_view name(field.name_string().data(), field.name_string().size());
        const std::string_view value(field.value().data(), field.value().size());
        outcome.response.headers.insert_or_assign(lower(name), std::string(value));
      }
    }
  }
  outcome.timed_out = guard.passed();
}

std::string HttpClient::Impl::explain(const Exchange& outcome) const {
  if (outcome.timed_out) {
    return "no whole answer within " + std::to_string(limits_.timeout.count()) + " ms";
  }
  if (outcome.error == http::error::body_limit) {
    return "the answer is larger than " + std::to_string(limits_.max_body) + " bytes";
  }
  if (outcome.error == http::error::header_limit || outcome.error == http::error::buffer_overflow) {
    return "the answer's header is larger than " + std::to_string(limits_.max_header) + " bytes";
  }
  if (outcome.error == http::error::end_of_stream || outcome.error == http::error::partial_message ||
      outcome.error == asio::error::eof) {
    return "the peer closed the connection before the answer was complete";
  }
  return outcome.error.message();
}

asio::awaitable<base::Result<HttpResponse>> HttpClient::Impl::get(std::string target) {
  const std::shared_ptr<Impl> self = shared_from_this();
  const Clock::time_point deadline = Clock::now() + limits_.timeout;
  const uint64_t generation = generation_;
  while (true) {
    std::unique_ptr<Connection> connection;
    const bool reused = !idle_.empty();
    if (reused) {
      connection = std::move(idle_.back());
      idle_.pop_back();
    } else {
      base::Result<std::unique_ptr<Connection>> fresh = co_await connect(deadline);
      if (!fresh) co_return failed(target, fresh.error(), Clock::now() >= deadline);
      connection = std::move(*fresh);
    }
    Exchange outcome;
    co_await exchange(*connection, target, deadline, outcome);
    if (!outcome.error) {
      if (outcome.reusable && generation == generation_ && idle_.size() < limits_.max_idle) {
        idle_.push_back(std::move(connection));
      }
      co_return std::move(outcome.response);
    }
    // The peer may have closed an idle connection just before: that says nothing about this request.
    const bool stale = reused && !outcome.answered && !outcome.timed_out && generation == generation_;
    if (!stale) co_return failed(target, explain(outcome), outcome.timed_out);
  }
}

namespace {

class Stream final : public HttpStream {
 public:
  Stream(std::shared_ptr<void> owner, std::unique_ptr<Connection> connection, const HttpLimits& limits,
         std::string name)
      : owner_(std::move(owner)),
        connection_(std::move(connection)),
        splitter_(limits.max_object),
        timeout_(limits.timeout),
        name_(std::move(name)) {
    parser_.header_limit(static_cast<uint32_t>(limits.max_header));
    parser_.body_limit(boost::none);
  }

  asio::awaitable<base::Result<std::string>> next() override;
  const std::optional<HttpResponse>& refusal() const override { return refusal_; }
  bool is_garbled() const override { return garbled_; }
  void close() override { connection_->close(); }

 private:
  asio::awaitable<base::Status> read_header();
  asio::awaitable<void> read_refusal();
  base::Error ended(const error_code& error) const;

  std::shared_ptr<void> owner_;  // the client, whose list the connection is in
  std::unique_ptr<Connection> connection_;
  http::response_parser<http::buffer_body> parser_;
  JsonSplitter splitter_;
  std::chrono::milliseconds timeout_;  // of reading what stands in place of a stream
  std::string name_;
  std::optional<HttpResponse> refusal_;
  bool garbled_ = false;
  std::vector<char> piece_ = std::vector<char>(kReadPiece);
};

base::Error Stream::ended(const error_code& error) const {
  const bool by_peer = error == http::error::end_of_stream || error == asio::error::eof ||
                       error == http::error::partial_message;
  return base::Error{name_ + ": " + (by_peer ? "the peer ended the stream" : error.message())};
}

asio::awaitable<base::Status> Stream::read_header() {
  const auto [error, received] =
      co_await http::async_read_header(connection_->socket, connection_->buffer, parser_, kAwait);
  if (error) co_return ended(error);
  if (parser_.get().result() != http::status::ok) {
    co_await read_refusal();
    co_return base::Error{name_ + ": answered " + std::to_string(refusal_->status)};
  }
  co_return base::Ok{};
}

// Why there is no stream: the peer's own words, as far as they come in time and fit into one piece.
asio::awaitable<void> Stream::read_refusal() {
  Deadline guard(connection_->socket, Clock::now() + timeout_);
  refusal_.emplace().status = parser_.get().result_int();
  parser_.get().body().data = piece_.data();
  parser_.get().body().size = piece_.size();
  while (!parser_.is_done() && parser_.get().body().size > 0) {
    const auto [error, received] =
        co_await http::async_read_some(connection_->socket, connection_->buffer, parser_, kAwait);
    if (error) break;
  }
  refusal_->body.assign(piece_.data(), piece_.size() - parser_.get().body().size);
}

asio::awaitable<base::Result<std::string>> Stream::next() {
  if (!parser_.is_header_done()) {
    base::Status header = co_await read_header();
    if (!header) co_return base::Error{header.error()};
  }
  while (true) {
    if (std::optional<std::string> object = splitter_.take()) co_return std::move(*object);
    if (parser_.is_done()) co_return base::Error{name_ + ": the peer ended the stream"};
    parser_.get().body().data = piece_.data();
    parser_.get().body().size = piece_.size();
    const auto [error, received] =
        co_await http::async_read_some(connection_->socket, connection_->buffer, parser_, kAwait);
    const size_t size = piece_.size() - parser_.get().body().size;
    if (size > 0) {
      base::Status fed = splitter_.feed(std::string_view(piece_.data(), size));
      garbled_ = !fed;
      if (garbled_) co_return base::Error{name_ + ": " + fed.error()};
    }
    if (error && error != http::error::need_buffer) co_return ended(error);
  }
}

}  // namespace

asio::awaitable<base::Result<std::unique_ptr<HttpStream>>> HttpClient::Impl::stream(std::string target) {
  const std::shared_ptr<Impl> self = shared_from_this();
  const Clock::time_point deadline = Clock::now() + limits_.timeout;
  base::Result<std::unique_ptr<Connection>> connection = co_await connect(deadline);
  if (!connection) co_return failed(target, connection.error(), Clock::now() >= deadline);
  Deadline guard((*connection)->socket, deadline);
  http::request<http::empty_body> request = make_request(target);
  const auto [error, written] = co_await http::async_write((*connection)->socket, request, kAwait);
  if (error || guard.passed()) {
    co_return failed(target, guard.passed() ? "the request was not taken in time" : error.message(),
                     guard.passed());
  }
  guard.dismiss();
  std::unique_ptr<HttpStream> result =
      std::make_unique<Stream>(self, std::move(*connection), limits_,
                               "stream GET " + target.substr(0, target.find('?')) + " at " + address_.shown);
  co_return std::move(result);
}

HttpClient::HttpClient(asio::any_io_executor executor, UnixAddress address, const HttpLimits& limits)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(address), limits)) {}

HttpClient::~HttpClient() {
  impl_->close();
}

asio::awaitable<base::Result<HttpResponse>> HttpClient::get(std::string target) {
  return impl_->get(std::move(target));
}

asio::awaitable<base::Result<std::unique_ptr<HttpStream>>> HttpClient::stream(std::string target) {
  return impl_->stream(std::move(target));
}

void HttpClient::close() {
  impl_->close();
}
const Counters& HttpClient::counters() const {
  return impl_->counters();
}
const std::string& HttpClient::path() const {
  return impl_->path();
}
const asio::any_io_executor& HttpClient::executor() const {
  return impl_->executor();
}

std::string_view HttpResponse::header(std::string_view name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

bool is_plain_in_target(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
  });
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string result;
  result.reserve(text.size() * 3);
  for (const char c : text) {
    if (is_plain_in_target(std::string_view(&c, 1))) {
      result += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      result += '%';
      result += kDigits[byte >> 4];
      result += kDigits[byte & 15];
    }
  }
  return result;
}

}  // namespace net
