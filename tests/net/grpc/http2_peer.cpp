// See http2_peer.h.
#include "http2_peer.h"

#include <nghttp2/nghttp2.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "net/grpc/message.h"
#include "raw_peer.h"

namespace net::grpc::test {

PeerReply reply_with(const std::vector<std::string>& messages) {
  PeerReply reply;
  for (const std::string& message : messages) reply.data += frame_message(message);
  return reply;
}

PeerReply reply_status(const std::string& code, const std::string& message) {
  PeerReply reply;
  reply.trailers_only = true;
  reply.trailers = Fields{{"grpc-status", code}, {"grpc-message", message}};
  return reply;
}

struct Http2Peer::Connection {
  struct Open {
    PeerRequest request;
    std::string body;
    PeerReply reply;
    size_t sent = 0;
  };
  Http2Peer* peer = nullptr;
  base::UniqueFd fd;
  nghttp2_session* session = nullptr;
  std::map<int32_t, Open> streams;
  std::string out;
  bool broken = false;
  ~Connection() { nghttp2_session_del(session); }
};

struct Http2Peer::PeerCallbacks {
  static Connection& of(void* user) { return *static_cast<Connection*>(user); }

  static int begin(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    of(user).streams[frame->hd.stream_id];
    return 0;
  }
  static int header(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                    const uint8_t* value, size_t value_size, uint8_t, void* user) {
    PeerRequest& request = of(user).streams[frame->hd.stream_id].request;
    const std::string key(reinterpret_cast<const char*>(name), name_size);
    request.headers[key].assign(reinterpret_cast<const char*>(value), value_size);
    if (key == ":path") request.path = request.headers[key];
    return 0;
  }
  static int chunk(nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size, void* user) {
    of(user).streams[id].body.append(reinterpret_cast<const char*>(data), size);
    return 0;
  }
  static int frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Connection& connection = of(user);
    if (frame->hd.type == NGHTTP2_RST_STREAM) ++connection.peer->resets_;
    if (frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK) == 0)
      ++connection.peer->pings_;
    const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if ((frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) && ends) {
      connection.peer->answer(connection, frame->hd.stream_id);
    }
    return 0;
  }
  static int closed(nghttp2_session*, int32_t id, uint32_t, void* user) {
    of(user).streams.erase(id);
    return 0;
  }
  static ssize_t body(nghttp2_session* session, int32_t id, uint8_t* buffer, size_t size, uint32_t* flags,
                      nghttp2_data_source*, void* user) {
    Connection& connection = of(user);
    const auto found = connection.streams.find(id);
    if (found == connection.streams.end()) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    Connection::Open& open = found->second;
    const size_t count = std::min(size, open.reply.data.size() - open.sent);
    std::copy_n(open.reply.data.data() + open.sent, count, buffer);
    open.sent += count;
    connection.peer->data_sent_ += count;
    if (open.sent < open.reply.data.size()) return static_cast<ssize_t>(count);
    const ssize_t deferred = NGHTTP2_ERR_DEFERRED;
    if (open.reply.stays_open) return count > 0 ? static_cast<ssize_t>(count) : deferred;
    if (open.reply.reset) {
      if (count > 0) return static_cast<ssize_t>(count);
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, *open.reply.reset);
      return NGHTTP2_ERR_DEFERRED;
    }
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (open.reply.trailers) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      const auto fields = to_nv(*open.reply.trailers);
      nghttp2_submit_trailer(session, id, fields.data(), fields.size());
    }
    return static_cast<ssize_t>(count);
  }
  static std::vector<nghttp2_nv> to_nv(const Fields& fields) {
    const auto bytes = [](const std::string& text) {
      return const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(text.data()));
    };
    std::vector<nghttp2_nv> out;
    for (const auto& [name, value] : fields) {
      out.push_back({bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
    }
    return out;
  }
};

Http2Peer::Http2Peer(Handler handler)
    : path_(temporary_socket_path()),
      listener_(listen_at(path_)),
      wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      handler_(std::move(handler)),
      thread_(&Http2Peer::serve, this) {}

Http2Peer::~Http2Peer() {
  stop_ = true;
  post([](Connection&) {});
  thread_.join();
  ::unlink(path_.c_str());
}

void Http2Peer::answer(Connection& connection, int32_t stream_id) {
  Connection::Open& open = connection.streams[stream_id];
  if (open.body.size() >= 5) open.request.message = open.body.substr(5);
  ++requests_;
  open.reply = handler_(open.request);
  if (open.reply.silent) return;
  Fields headers = open.reply.headers;
  if (open.reply.trailers_only) {
    headers.insert(headers.end(), open.reply.trailers->begin(), open.reply.trailers->end());
  }
  const auto fields = PeerCallbacks::to_nv(headers);
  nghttp2_data_provider body{};
  body.read_callback = PeerCallbacks::body;
  nghttp2_submit_response(connection.session, stream_id, fields.data(), fields.size(),
                          open.reply.trailers_only ? nullptr : &body);
}

void Http2Peer::accept_one() {
  base::UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd.valid()) return;
  auto connection = std::make_unique<Connection>();
  connection->peer = this;
  connection->fd = std::move(fd);
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, PeerCallbacks::begin);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, PeerCallbacks::header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, PeerCallbacks::chunk);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, PeerCallbacks::frame);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, PeerCallbacks::closed);
  nghttp2_session_server_new(&connection->session, callbacks, connection.get());
  nghttp2_session_callbacks_del(callbacks);
  nghttp2_submit_settings(connection->session, NGHTTP2_FLAG_NONE, nullptr, 0);
  connections_.push_back(std::move(connection));
  ++accepted_;
  open_ = static_cast<int>(connections_.size());
}

void Http2Peer::post(Action action) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(action));
  }
  const uint64_t one = 1;
  if (::write(wake_.get(), &one, sizeof(one)) < 0) return;
}

void Http2Peer::run_posted() {
  uint64_t count = 0;
  if (::read(wake_.get(), &count, sizeof(count)) < 0) return;
  std::vector<Action> actions;
  {
    const std::lock_guard lock(mutex_);
    actions.swap(posted_);
  }
  for (const Action& action : actions) {
    for (const auto& connection : connections_) action(*connection);
  }
}

void Http2Peer::send(std::string bytes, bool end) {
  post([bytes = std::move(bytes), end](Connection& connection) {
    for (auto& [id, open] : connection.streams) {
      if (!open.reply.stays_open) continue;
      open.reply.data += bytes;
      open.reply.stays_open = !end;
      nghttp2_session_resume_data(connection.session, id);
    }
  });
}

void Http2Peer::goaway(int32_t last_stream_id) {
  post([last_stream_id](Connection& connection) {
    nghttp2_submit_goaway(connection.session, NGHTTP2_FLAG_NONE, last_stream_id, NGHTTP2_NO_ERROR, nullptr,
                          0);
  });
}

void Http2Peer::drop_connections() {
  post([](Connection& connection) { connection.broken = true; });
}

namespace {

// Moves bytes both ways; false when the connection is over.
bool pump(int fd, nghttp2_session* session, std::string& out, bool readable) {
  if (readable) {
    uint8_t buffer[16384];
    const ssize_t count = ::recv(fd, buffer, sizeof(buffer), 0);
    if (count == 0 || (count < 0 && errno != EAGAIN)) return false;
    if (count > 0 && nghttp2_session_mem_recv(session, buffer, static_cast<size_t>(count)) < 0) return false;
  }
  while (out.size() < 65536) {
    const uint8_t* data = nullptr;
    const ssize_t count = nghttp2_session_mem_send(session, &data);
    if (count < 0) return false;
    if (count == 0) break;
    out.append(reinterpret_cast<const char*>(data), static_cast<size_t>(count));
  }
  const ssize_t sent = out.empty() ? 0 : ::send(fd, out.data(), out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && errno != EAGAIN) return false;
  if (sent > 0) out.erase(0, static_cast<size_t>(sent));
  return nghttp2_session_want_read(session) != 0 || nghttp2_session_want_write(session) != 0;
}

}  // namespace

void Http2Peer::serve() {
  while (!stop_) {
    std::vector<pollfd> fds = {{listener_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
    for (const auto& connection : connections_) {
      const bool wants = !connection->out.empty() || nghttp2_session_want_write(connection->session) != 0;
      fds.push_back({connection->fd.get(), static_cast<short>(wants ? POLLIN | POLLOUT : POLLIN), 0});
    }
    ::poll(fds.data(), fds.size(), -1);
    if (fds[1].revents != 0) run_posted();
    for (size_t i = 0; i < connections_.size(); ++i) {
      Connection& connection = *connections_[i];
      const bool alive =
          pump(connection.fd.get(), connection.session, connection.out, fds[i + 2].revents != 0);
      connection.broken = connection.broken || !alive;
    }
    std::erase_if(connections_, [](const auto& connection) { return connection->broken; });
    open_ = static_cast<int>(connections_.size());
    if (fds[0].revents != 0) accept_one();
  }
}

}  // namespace net::grpc::test
