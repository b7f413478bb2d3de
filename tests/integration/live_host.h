// libcontainer.so in our host with this machine's live process events, driven from the test's thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/live_capture.h"
#include "host/proc_connector.h"
#include "host/proc_reader.h"
#include "host/session.h"

namespace test {

class LiveHost {
 public:
  // Loads the plugin, scans /proc, opens a live capture. Fails with the reason, for example a missing
  // permission.
  static base::Result<std::unique_ptr<LiveHost>> start(const std::string& config);

  // Handles events until `done` holds (checked after each batch) or 30 s are over; whether it held.
  bool run_until(const std::function<bool()>& done);

  // Like run_until, and calls `on_event` for each event.
  bool run_until(const std::function<bool()>& done, const host::Session::OnEvent& on_event);

  // A field's answer to an event of that thread now, as text; "<NA>" for none.
  std::string ask(int64_t tid, std::string_view field);
  // The same within the handling of an event.
  std::string answer(const host::EventContext& context, std::string_view field);

  std::string thread_text(int64_t tid, std::string_view field);
  uint64_t metric(std::string_view name);
  host::Session& session() { return session_; }

 private:
  explicit LiveHost(host::ProcConnector connector) : proc_(""), connector_(std::move(connector)) {}

  host::Session session_;
  host::ProcReader proc_;
  host::ProcConnector connector_;
};

}  // namespace test
