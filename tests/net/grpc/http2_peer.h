// An in-process gRPC server on nghttp2's server side, in a thread of its own, that also misbehaves when it is
// told to. It counts what clients do, so that tests can check the client's half of the protocol.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/unique_fd.h"

struct nghttp2_session;

namespace net::grpc::test {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct PeerRequest {
  std::string path;
  std::map<std::string, std::string> headers;
  std::string message;  // the first message, without its prefix
};

// What the peer does with a request; as it stands: an answer without messages and status 0.
struct PeerReply {
  bool silent = false;         // no answer at all
  bool trailers_only = false;  // only one HEADERS frame: headers and trailers in one
  Fields headers = {{":status", "200"}, {"content-type", "application/grpc"}};
  std::string data;         // DATA bytes, as they are
  bool stays_open = false;  // do not end the stream: more comes by Http2Peer::send()
  std::optional<Fields> trailers = Fields{{"grpc-status", "0"}};  // nullopt: END_STREAM on the DATA
  std::optional<uint32_t> reset;  // RST_STREAM with this code once the data is out, instead of an end
};

// A reply with these messages and status OK.
PeerReply reply_with(const std::vector<std::string>& messages);
// A trailers-only reply.
PeerReply reply_status(const std::string& code, const std::string& message);

class Http2Peer {
 public:
  using Handler = std::function<PeerReply(const PeerRequest&)>;

  // handler: called in the peer's thread once per request, when the request is complete.
  explicit Http2Peer(Handler handler);
  ~Http2Peer();

  const std::string& path() const { return path_; }

  // Appends DATA bytes to every stream that stays open; `end` ends them with status 0.
  void send(std::string bytes, bool end = false);
  // GOAWAY: the peer takes no more calls; streams above `last_stream_id` are refused.
  void goaway(int32_t last_stream_id);
  // Closes every connection at once.
  void drop_connections();

  int requests() const { return requests_; }
  int resets() const { return resets_; }  // RST_STREAM frames received
  int pings() const { return pings_; }    // PING frames received, without ACKs
  int connections() const { return accepted_; }
  int open_connections() const { return open_; }
  uint64_t data_sent() const { return data_sent_; }  // DATA bytes handed to the client so far

 private:
  struct Connection;
  struct PeerCallbacks;
  using Action = std::function<void(Connection&)>;

  void serve();
  void accept_one();
  void post(Action action);
  void run_posted();
  void answer(Connection& connection, int32_t stream_id);

  std::string path_;
  base::UniqueFd listener_;
  base::UniqueFd wake_;
  Handler handler_;
  std::mutex mutex_;
  std::vector<Action> posted_;  // guarded by mutex_
  std::vector<std::unique_ptr<Connection>> connections_;
  std::atomic<bool> stop_ = false;
  std::atomic<int> requests_ = 0, resets_ = 0, pings_ = 0, accepted_ = 0, open_ = 0;
  std::atomic<uint64_t> data_sent_ = 0;
  std::thread thread_;
};

}  // namespace net::grpc::test
