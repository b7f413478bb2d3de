// See live_host.h.
#include "live_host.h"

#include <chrono>

#include "host/event_builder.h"
#include "host/plugin_library.h"
#include "host/proc_scan.h"

namespace test {
namespace {

constexpr auto kPatience = std::chrono::seconds(30);
constexpr auto kBatch = std::chrono::milliseconds(20);

}  // namespace

base::Result<std::unique_ptr<LiveHost>> LiveHost::start(const std::string& config) {
  auto connector = host::ProcConnector::open();
  if (!connector) return base::Error{connector.error()};
  auto library = host::PluginLibrary::load(PLUGIN_PATH);
  if (!library) return base::Error{library.error()};
  std::unique_ptr<LiveHost> live(new LiveHost(std::move(*connector)));
  live->proc_.learn_pid_namespaces();
  host::scan_proc(live->proc_, live->session_.threads());
  host::InstanceOptions options;
  options.config = config;
  if (auto added = live->session_.add_plugin(*library, std::move(options)); !added)
    return base::Error{added.error()};
  if (auto opened = live->session_.open(true); !opened) return base::Error{opened.error()};
  return live;
}

bool LiveHost::run_until(const std::function<bool()>& done) {
  return run_until(done, [](const host::EventContext&) {});
}

bool LiveHost::run_until(const std::function<bool()>& done, const host::Session::OnEvent& on_event) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    host::LiveOptions options;
    options.duration = kBatch;
    const auto statistics =
        host::run_live(session_, connector_, proc_, options, [&](const host::EventContext& context) {
          on_event(context);
          return true;
        });
    if (!statistics) return false;
  }
  return true;
}

std::string LiveHost::answer(const host::EventContext& context, std::string_view field) {
  host::PluginInstance& plugin = *session_.plugins().front();
  const auto request = host::parse_field_request(plugin.fields(), field);
  if (!request || !*request) return "error: no such field";
  const auto value = plugin.extract(context.event, context.number, **request);
  if (!value) return "error: " + value.error();
  if (!value->is_set()) return "<NA>";
  const host::Scalar& scalar = value->values.front();
  if (const auto* text = std::get_if<std::string>(&scalar)) return *text;
  if (const auto* number = std::get_if<uint64_t>(&scalar)) return std::to_string(*number);
  return std::get<bool>(scalar) ? "true" : "false";
}

std::string LiveHost::ask(int64_t tid, std::string_view field) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto ts = static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
  std::string text = "error: the event was not handed over";
  (void)session_.feed(host::EventBuilder(0, tid, ts).build(),
                      [&](const host::EventContext& context) { text = answer(context, field); });
  return text;
}

std::string LiveHost::thread_text(int64_t tid, std::string_view field) {
  const host::Thread* thread = session_.threads().find(tid);
  return thread != nullptr ? session_.threads().dynamic_text(*thread, field) : "error: no such thread";
}

uint64_t LiveHost::metric(std::string_view name) {
  for (const auto& sample : session_.plugins().front()->metrics()) {
    if (sample.name == name) return std::get<uint64_t>(sample.value);
  }
  return UINT64_MAX;
}

}  // namespace test
