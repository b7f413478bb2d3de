// `ctrmeta run`: the process events of this machine through the plugin, with container metadata.
#include <fmt/format.h>

#include <optional>
#include <set>

#include "api/events.h"
#include "host/formatter.h"
#include "host/live_capture.h"
#include "host/proc_scan.h"
#include "tools/commands/commands.h"
#include "tools/plugin_session.h"
#include "tools/stop_signal.h"

namespace tools {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kDefaultFormat =
    "%evt.num %evt.time %evt.type %proc.name %proc.pid %container.id %container.name %container.image";
constexpr size_t kIdsRemembered = 100'000;

// What the summary tells.
class Statistics {
 public:
  // The plugin may be another than ours: fields that it does not have are not counted.
  explicit Statistics(host::FieldCatalog& catalog)
      : catalog_(catalog),
        id_(find("container.id")),
        name_(find("container.name")),
        image_(find("container.image")) {}

  // True when the event happened in a container.
  bool count(const host::EventContext& context) {
    if (context.event.type() == api::kEventAsync) {
      ++pushed_;
      return false;
    }
    ++process_events_;
    const std::string id = value(id_, context);
    if (id.empty() || id == "host") return false;
    ++container_events_;
    if (ids_.size() < kIdsRemembered) ids_.insert(id);
    if (!value(name_, context).empty() && !value(image_, context).empty()) ++enriched_;
    return true;
  }

  void print(const Console& console, Clock::duration elapsed, const host::LiveStatistics& live) const {
    const double seconds = std::chrono::duration<double>(elapsed).count();
    console.note(fmt::format("{} process events in {:.1f} s, {} of them in {} containers", process_events_,
                             seconds, container_events_, ids_.size()));
    if (container_events_ > 0) {
      const double percent = 100.0 * static_cast<double>(enriched_) / static_cast<double>(container_events_);
      console.note(fmt::format("enriched: {:.1f} % ({} with name and image, {} with the id only)", percent,
                               enriched_, container_events_ - enriched_));
    }
    console.note(fmt::format("container events from the plugin: {}", pushed_));
    if (live.overruns > 0) {
      console.note(
          fmt::format("the kernel lost events {} times; /proc was read again each time", live.overruns));
    }
    if (live.vanished > 0) {
      console.note(fmt::format("{} processes were gone before /proc could be read", live.vanished));
    }
  }

 private:
  std::optional<host::FieldRef> find(const char* name) {
    auto field = catalog_.resolve(name);
    return field ? std::optional(std::move(*field)) : std::nullopt;
  }
  std::string value(const std::optional<host::FieldRef>& field, const host::EventContext& context) {
    if (!field) return "";
    const host::FieldValue value = catalog_.value(*field, context);
    return value.is_set() ? host::to_text(value) : "";
  }

  host::FieldCatalog& catalog_;
  std::optional<host::FieldRef> id_, name_, image_;
  uint64_t process_events_ = 0;
  uint64_t container_events_ = 0;
  uint64_t enriched_ = 0;
  uint64_t pushed_ = 0;
  std::set<std::string> ids_;
};

// From here on everything is set up; what is left is the loop.
ExitCode capture(const RunOptions& options, host::Session& session, host::ProcConnector& connector,
                 host::ProcReader& proc, const host::Formatter& formatter, Statistics& statistics,
                 const StopSignal& stop, Console& console) {
  if (const auto opened = session.open(true); !opened) {
    console.error(opened.error());
    return kRuntimeFailure;
  }
  host::LiveOptions live;
  live.stop_fd = stop.fd();
  if (options.duration_s) live.duration = to_milliseconds(*options.duration_s);
  const auto begin = Clock::now();
  const auto result = host::run_live(session, connector, proc, live, [&](const host::EventContext& context) {
    const bool in_container = statistics.count(context);
    if (options.containers_only && !in_container) return console.open();
    console.data(options.json ? formatter.json(context) : formatter.line(context));
    return console.flush();
  });
  session.close();
  if (!result) {
    console.error(result.error());
    return kRuntimeFailure;
  }
  statistics.print(console, Clock::now() - begin, *result);
  if (session.parse_failures() > 0) {
    console.note(fmt::format("the plugin could not parse {} events; the last time: {}",
                             session.parse_failures(), printable(session.last_parse_error())));
  }
  return console.failed() ? kRuntimeFailure : kFine;
}

}  // namespace

ExitCode run(const RunOptions& options, Console& console) {
  const auto fail = [&](ExitCode code, const std::string& message) {
    console.error(message);
    return code;
  };
  const auto settings = load_settings(options.common);
  if (!settings) return fail(kUsage, settings.error());
  auto library = load_plugin(options.plugin_file);
  if (!library) return fail(kRuntimeFailure, library.error());
  const auto stop = StopSignal::create();  // before the plugin starts threads
  if (!stop) return fail(kRuntimeFailure, stop.error());

  host::Session session;
  if (const auto added = add_plugin(session, *library, *settings); !added) return fail(kUsage, added.error());
  host::FieldCatalog catalog(session);
  const auto formatter =
      host::Formatter::compile(options.format.empty() ? kDefaultFormat : options.format, catalog);
  if (!formatter) return fail(kUsage, formatter.error());
  Statistics statistics(catalog);

  host::ProcReader proc(settings->config.host_root);
  if (const auto checked = proc.check(); !checked) return fail(kRuntimeFailure, checked.error());
  auto connector = host::ProcConnector::open();  // before the scan: nothing in between is missed
  if (!connector) return fail(kNoPermission, connector.error());
  host::scan_proc(proc, session.threads());
  return capture(options, session, *connector, proc, *formatter, statistics, *stop, console);
}

}  // namespace tools
