// See session.h.
#include "host/session.h"

#include <utility>

#include "host/thread_events.h"

namespace host {

Session::~Session() {
  close();
}

base::Status Session::add_plugin(std::shared_ptr<const PluginLibrary> library, InstanceOptions options) {
  auto instance = PluginInstance::create(std::move(library), tables_, std::move(options));
  if (!instance) return base::Error{instance.error()};
  plugins_.push_back(std::move(*instance));
  return base::Ok{};
}

base::Status Session::open(bool live) {
  open_ = true;
  for (const auto& plugin : plugins_) {
    if (!live) break;
    if (const auto started = plugin->start_async(); !started) return base::Error{started.error()};
  }
  for (const auto& plugin : plugins_) {
    if (const auto opened = plugin->capture_open(); !opened) return base::Error{opened.error()};
  }
  return base::Ok{};
}

void Session::close() {
  if (!open_) return;
  open_ = false;
  // What fails here fails on the way out; the instance's destructor goes on with the rest.
  for (const auto& plugin : plugins_) {
    if (const auto closed = plugin->capture_close(); !closed) last_parse_error_ = closed.error();
  }
  for (const auto& plugin : plugins_) {
    if (const auto stopped = plugin->stop_async(); !stopped) last_parse_error_ = stopped.error();
  }
}

base::Status Session::feed(const EventBytes& bytes, const OnEvent& on_event) {
  const auto event = EventView::parse(bytes);
  if (!event) return base::Error{event.error()};
  ++number_;
  apply_event(threads(), *event);
  for (const auto& plugin : plugins_) {
    if (const auto parsed = plugin->parse(*event, number_); !parsed) {
      ++parse_failures_;
      last_parse_error_ = parsed.error();
    }
  }
  if (on_event) on_event({*event, number_, std::as_const(threads()).find(event->tid())});
  finish_event(threads(), *event);
  return base::Ok{};
}

size_t Session::feed_pushed(const OnEvent& on_event) {
  size_t count = 0;
  for (const auto& plugin : plugins_) {
    while (auto bytes = plugin->queue().pop()) {
      if (feed(*bytes, on_event)) ++count;
    }
  }
  return count;
}

}  // namespace host
