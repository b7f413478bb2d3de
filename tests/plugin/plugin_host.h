// A host with libcontainer.so loaded, for tests: threads and events go in, answers of fields come out.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "core/container.h"
#include "host/event_builder.h"
#include "host/session.h"

namespace test {

inline constexpr const char* kNoValue = "<NA>";
// 64 hex digits; the short id is the beginning.
inline const std::string kIdA = "aaaaaaaaaaaa0123456789abcdef0123456789abcdef0123456789abcdef0123";
inline const std::string kIdB = "bbbbbbbbbbbb0123456789abcdef0123456789abcdef0123456789abcdef0123";
inline constexpr uint64_t kSecond = 1'000'000'000;
inline constexpr uint64_t kStart = 1'700'000'000 * kSecond;

// Engines with sockets are off: nothing outside the test is asked.
inline constexpr const char* kNoSockets =
    R"({"engines":{"docker":{"enabled":true,"sockets":["/nonexistent/docker.sock"]},"podman":{"enabled":true,"sockets":["/nonexistent/podman.sock"]},"containerd":{"enabled":true,"sockets":["/nonexistent/containerd.sock"]},"cri":{"enabled":true,"sockets":["/nonexistent/cri.sock"]}}})";

// A thread of a process of its own in that cgroup ("" for none known).
host::ThreadData thread(int64_t tid, std::string_view cgroup, int64_t ptid = 1);
std::string docker_cgroup(const std::string& id);

// A container with every member set.
core::Container full_container(const std::string& id);

class PluginHost {
 public:
  // Loads the library and initialises an instance; ok() says whether that worked.
  explicit PluginHost(const std::string& config = kNoSockets);

  bool ok() const { return error_.empty(); }
  const std::string& error() const { return error_; }
  host::Session& session() { return session_; }
  host::PluginInstance& instance() { return *session_.plugins().front(); }

  // Puts a thread into the table, as the host's own scan does.
  void put(const host::ThreadData& data) { session_.threads().put(data); }
  void open(bool live = false);

  // Feeds an event; the plugin's verdict on it.
  bool feed(const host::EventBytes& event);
  // Feeds an event and returns the field's answer to it, as text ("true", "123", kNoValue).
  std::string ask(const host::EventBytes& event, std::string_view field);
  // The answer to an event of no consequence of that thread.
  std::string ask(int64_t tid, std::string_view field);
  // The answer before the plugin has parsed the event.
  std::string ask_before_parsing(const host::EventBytes& event, std::string_view field);

  // A `container` event (402) with the container's JSON.
  bool announce(const core::Container& container);
  bool announce_removed(const core::Container& container);

  // What the plugin wrote on a thread.
  std::string thread_text(int64_t tid, std::string_view field);

  void set_now(uint64_t ts) { now_ = ts; }
  uint64_t now() const { return now_; }
  std::vector<std::string> log();
  uint64_t metric(std::string_view name);

 private:
  std::string extract(const host::EventView& event, uint64_t number, std::string_view field);

  struct Lines {
    std::mutex mutex;
    std::vector<std::string> lines;
  };
  std::shared_ptr<Lines> lines_ = std::make_shared<Lines>();
  host::Session session_;
  std::string error_;
  uint64_t now_ = kStart;
};

}  // namespace test
