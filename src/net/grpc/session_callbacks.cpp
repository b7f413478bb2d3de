// nghttp2's C callbacks, forwarded to the Session. An exception must not cross nghttp2's C frames: here it is
// turned into nghttp2's own error, which ends the connection.
#include <string_view>
#include <utility>

#include "net/grpc/session.h"

namespace net::grpc {

struct Callbacks {
  static Session& of(void* user_data) { return *static_cast<Session*>(user_data); }

  static std::string_view view(const uint8_t* data, size_t size) {
    return {reinterpret_cast<const char*>(data), size};
  }

  template <typename Action>
  static int guarded(Action&& action) {
    try {
      return std::forward<Action>(action)();
    } catch (...) {
      return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
  }

  static int frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    return guarded([&] { return of(user).on_frame(*frame) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE; });
  }

  static int header(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                    const uint8_t* value, size_t value_size, uint8_t, void* user) {
    return guarded([&] {
      const bool fine =
          of(user).on_header(frame->hd.stream_id, view(name, name_size), view(value, value_size));
      return fine ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // resets this stream only
    });
  }

  static int data(nghttp2_session*, uint8_t, int32_t stream_id, const uint8_t* data, size_t size,
                  void* user) {
    return guarded([&] {
      of(user).on_data(stream_id, view(data, size));
      return 0;
    });
  }

  static int stream_closed(nghttp2_session*, int32_t stream_id, uint32_t error, void* user) {
    return guarded([&] {
      of(user).on_stream_closed(stream_id, error);
      return 0;
    });
  }

  // A request that could not be sent any more, because the peer said GOAWAY in the meantime.
  static int frame_not_sent(nghttp2_session*, const nghttp2_frame* frame, int, void* user) {
    return guarded([&] {
      if (frame->hd.type == NGHTTP2_HEADERS) {
        of(user).on_stream_closed(frame->hd.stream_id, NGHTTP2_REFUSED_STREAM);
      }
      return 0;
    });
  }

  static int error(nghttp2_session*, int, const char* message, size_t size, void* user) {
    return guarded([&] {
      of(user).last_error_ = decode_message({message, size});
      return 0;
    });
  }
};

nghttp2_session* new_http2_session(Session& owner) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_option* options = nullptr;
  nghttp2_session* session = nullptr;
  if (nghttp2_session_callbacks_new(&callbacks) == 0 && nghttp2_option_new(&options) == 0) {
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::frame);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::stream_closed);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, Callbacks::frame_not_sent);
    nghttp2_session_callbacks_set_error_callback2(callbacks, Callbacks::error);
    nghttp2_option_set_no_auto_window_update(options, 1);
    if (nghttp2_session_client_new2(&session, callbacks, &owner, options) != 0) session = nullptr;
  }
  nghttp2_option_del(options);
  nghttp2_session_callbacks_del(callbacks);
  return session;
}

}  // namespace net::grpc
