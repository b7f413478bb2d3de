// An HTTP/1.1 client for the engines' local sockets: single GETs, and one kind of endless answer, a stream of
// JSON objects. Owned by an engine; worker's thread. The only file that includes Boost.Beast is
// http_client.cpp.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/unix_stream.h"

namespace net {

struct HttpResponse {
  unsigned status = 0;
  std::map<std::string, std::string, std::less<>> headers;  // names in lower case
  std::string body;

  // The header's value, or "" when there is none. name: in lower case.
  std::string_view header(std::string_view name) const;
};

struct HttpLimits {
  std::chrono::milliseconds timeout{5000};  // total, of one request from connecting to the last byte
  size_t max_header = 64 * 1024;            // bytes
  size_t max_body = 16 * 1024 * 1024;       // bytes of one answer
  size_t max_object = 1024 * 1024;          // bytes of one object of a stream
  size_t max_idle = 8;                      // connections kept open for the next request
};

// An endless answer. Destroying it closes its connection.
class HttpStream {
 public:
  virtual ~HttpStream() = default;
  // The next JSON object of the answer, "{...}"; waits for it as long as it takes. Fails when the peer ends
  // the answer or sends anything else than objects, and after close(). One call at a time.
  virtual boost::asio::awaitable<base::Result<std::string>> next() = 0;
  // After a failed next(): what the peer answered in place of a stream, with the first bytes of its body,
  // when its status was not 200.
  virtual const std::optional<HttpResponse>& refusal() const = 0;
  // After a failed next(): the peer sent what is no JSON object, or one that is too large.
  virtual bool is_garbled() const = 0;
  virtual void close() = 0;
};

class HttpClient {
 public:
  HttpClient(boost::asio::any_io_executor executor, UnixAddress address, const HttpLimits& limits);
  ~HttpClient();  // close()
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // GET `target` ("/containers/json?all=true"). Any status is a result; errors are: no connection, no whole
  // answer in time, one that is no HTTP or larger than the limits. The error names socket and target.
  // Several may run at once, each on a connection of its own; idle connections are used again.
  boost::asio::awaitable<base::Result<HttpResponse>> get(std::string target);

  // Sends GET `target` within the timeout and returns without waiting for the answer: engines send its header
  // along with the first object. A status other than 200 is an error of the stream's first next(); see
  // refusal().
  boost::asio::awaitable<base::Result<std::unique_ptr<HttpStream>>> stream(std::string target);

  // Fails everything in flight, streams included, and closes all connections. Later requests connect anew.
  void close();

  const Counters& counters() const;
  const std::string& path() const;
  const boost::asio::any_io_executor& executor() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;  // shared with requests in flight
};

// True when `text` can stand in a target as it is: letters, digits and "-._~" only.
bool is_plain_in_target(std::string_view text);
// `text` with everything else as %XX.
std::string percent_encode(std::string_view text);

}  // namespace net
