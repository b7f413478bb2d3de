// See plugin.h.
#include "plugin/plugin.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <utility>

#include "base/utf8.h"
#include "config/cgroup_engines.h"
#include "core/limits.h"
#include "plugin/async_event.h"

namespace plugin {
namespace {

constexpr uint64_t kNsPerSecond = 1'000'000'000;
// One line about broken events in ten seconds.
constexpr base::RateLimit kRefusalLog(1, 10 * kNsPerSecond);

// Of one line in Falco's log. Longer than any sentence of ours; what engines say may be without end.
constexpr size_t kMaxLogLine = 2048;

// Where lines leave for Falco's log: whatever peers, files and configurations had in them, it is one line of
// characters that no terminal takes for a command.
base::Logger make_logger(const api::InitInput& input, base::Severity threshold) {
  if (input.log_fn == nullptr) return {};
  return base::Logger(
      [owner = input.owner, log = input.log_fn](base::Severity severity, const std::string& line) {
        log(owner, nullptr, base::excerpt(line, kMaxLogLine).c_str(),
            static_cast<api::LogSeverity>(severity));
      },
      threshold);
}

uint64_t steady_now_ns() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

uint64_t system_now_ns() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

}  // namespace

base::Result<std::unique_ptr<Plugin>> Plugin::create(const api::InitInput& input) {
  const char* root = std::getenv("HOST_ROOT");  // NOLINT(concurrency-mt-unsafe): read once, before any thread
  auto config = config::parse(input.config != nullptr ? input.config : "", root != nullptr ? root : "");
  if (!config) return base::Error{"configuration: " + config.error()};
  auto threads = ThreadTable::open(input);
  if (!threads) return base::Error{threads.error()};

  base::Logger logger = make_logger(input, config->verbosity);
  for (const std::string& warning : config->warnings) logger.warning(warning);
  std::unique_ptr<Plugin> plugin(new Plugin(std::move(*config), std::move(logger), *threads));
  if (input.tables->add_table == nullptr ||
      input.tables->add_table(input.owner, &plugin->table_.input()) != api::kSuccess) {
    const char* words =
        input.get_owner_last_error != nullptr ? input.get_owner_last_error(input.owner) : nullptr;
    return base::Error{std::string("cannot publish the table 'containers': ") +
                       (words != nullptr ? words : "the host gives no reason")};
  }
  return plugin;
}

Plugin::Plugin(config::Config config, base::Logger logger, ThreadTable threads)
    : config_(std::move(config)),
      logger_(std::move(logger)),
      threads_(threads),
      known_paths_(config::cgroup_engines(config_), config_.cache_max),
      cache_({config_.cache_max, config_.grace_period_s * kNsPerSecond}, &known_paths_),
      table_(cache_),
      async_(config_, logger_),
      sources_(config_, logger_),
      processes_(config_.host_root),
      attribution_(config_, cache_, known_paths_, threads_, processes_, hooks()),
      announcements_(threads_, processes_, cache_, attribution_, sources_, announcement_hooks()),
      parser_(threads_, cache_, attribution_, announcements_, async_.sent_events()),
      extractor_(threads_, cache_, attribution_),
      refusals_(kRefusalLog),
      now_ns_(system_now_ns()) {}

AttributionHooks Plugin::hooks() {
  AttributionHooks hooks;
  hooks.read_state = [this](const core::cgroup::Match& match, core::Owner owner) {
    return sources_.by_cgroup(match, owner);
  };
  hooks.ask = [this](worker::LookupRequest request) {
    if (worker::Worker* worker = async_.worker(); worker != nullptr) worker->request(std::move(request));
  };
  hooks.forget = [this](const core::ContainerKey& container) {
    worker::Worker* worker = async_.worker();
    if (worker != nullptr) worker->forget(std::string(container.full_id), container.owner);
  };
  hooks.orphaned = [this](const core::ContainerKey& container, const std::string& cgroup_path) {
    if (worker::Worker* worker = async_.worker(); worker != nullptr) {
      worker->orphaned(std::string(container.full_id), cgroup_path, container.owner);
    }
  };
  hooks.appeared = [this](const core::Container& container) { async_.send(kContainerEvent, container); };
  hooks.disappeared = [this](const core::Container& container) {
    async_.send(kContainerRemovedEvent, container);
  };
  return hooks;
}

AnnouncementHooks Plugin::announcement_hooks() {
  AnnouncementHooks hooks;
  hooks.appeared = [this](const core::Container& container) { async_.send(kContainerEvent, container); };
  hooks.read_bundle = [this](const core::ContainerKey& container, const std::string& directory,
                             const std::string& name_hint) {
    if (worker::Worker* worker = async_.worker(); worker != nullptr) {
      worker->read_bundle(std::string(container.full_id), directory, name_hint, container.owner);
    }
  };
  return hooks;
}

void Plugin::set_clock(uint64_t event_ts) {
  // An event that the host has not stamped yet has the largest number.
  if (event_ts != kStampedByHost) now_ns_ = event_ts;
}

void Plugin::take_mail(Amount amount) {
  if (!async_.has_mail()) return;
  worker::Mailbox& mailbox = async_.mailbox();
  if (amount == Amount::kAll) {
    while (const auto item = mailbox.take()) take_over(*item);
    return;
  }
  const uint64_t end = steady_now_ns() + core::limits::kMailNsPerCall;
  for (size_t taken = 0; taken < core::limits::kMailPerCall; ++taken) {
    const auto item = mailbox.try_take();
    if (!item) return;
    take_over(*item);
    if (steady_now_ns() >= end) return;
  }
}

void Plugin::take_over(const worker::Mailbox::Item& item) {
  Cache::Entry& entry = cache_.put(*item.container, now_ns_);
  // What the worker itself read from disk has no engine that follows it.
  entry.from_worker = entry.from_worker || core::told_by_engine(item.container->source);
  // Also of a container that came and went since the last mail: its threads' late events still ask for it.
  if (item.removed) cache_.remove(core::key_of(*item.container), now_ns_);
}

bool Plugin::take_mail_about(const core::ContainerKey& container) {
  if (!async_.has_mail()) return false;
  const auto items = async_.mailbox().try_take_about(container.owner, container.full_id);
  bool any = false;
  for (const worker::Mailbox::Item& item : items) {
    if (item.container == nullptr) continue;
    take_over(item);
    any = true;
  }
  return any;
}

void Plugin::extract(const api::EventInput& event, const api::FieldExtractInput& input) {
  if (extractor_.is_new(event)) {
    set_clock(event.evt->ts);
    take_mail(Amount::kSome);
    extractor_.begin(event, input.table_reader_ext, now_ns_);
    // What this very event needs does not wait for its turn.
    const auto lacking = extractor_.lacks_metadata();
    if (lacking && take_mail_about(*lacking)) extractor_.begin(event, input.table_reader_ext, now_ns_);
    const auto pod = extractor_.lacks_pod();
    if (pod && take_mail_about(*pod)) extractor_.begin(event, input.table_reader_ext, now_ns_);
  }
  extractor_.extract(input);
}

base::Status Plugin::parse(const api::EventInput& event, const api::EventParseInput& input) {
  const EventView view(event.evt);
  set_clock(view.ts());
  take_mail(Amount::kSome);
  extractor_.forget();
  cache_.expire(now_ns_, [this](const Cache::Entry& entry) {
    // Of all others somebody has told already that they are gone.
    if (entry.from_worker) return;
    const core::Container& container = entry.record->container;
    const bool local = container.source == core::Source::kBundle || container.source == core::Source::kDisk;
    if (local) async_.send(kContainerRemovedEvent, container);
  });
  auto status = parser_.parse(view, input, async_.live(), now_ns_);
  attribution_.look_again(input.table_reader_ext, input.table_writer_ext, now_ns_);
  if (status) return status;

  ++refused_events_;
  const std::string problem =
      fmt::format("event {} (type {}) refused: {}", event.evtnum, view.type(), status.error());
  if (refusals_.allow(now_ns_)) {
    const uint64_t silent = refusals_.take_suppressed();
    logger_.warning(silent == 0 ? problem
                                : fmt::format("{} ({} more since the last such line)", problem, silent));
  }
  return base::Error{problem};
}

void Plugin::capture_open(const api::CaptureListenInput& input) {
  async_.wait_for_running_containers();
  take_mail(Amount::kAll);
  cache_.reset_threads();

  uint64_t threads = 0;
  threads_.for_each(input.table_reader_ext, [&](api::TableEntry* thread) {
    attribution_.attach_anew(input.table_reader_ext, input.table_writer_ext, thread, now_ns_);
    ++threads;
  });
  announcements_.look_back(input.table_reader_ext, input.table_writer_ext, now_ns_);
  logger_.debug(
      fmt::format("capture opened: {} threads looked at, {} containers known", threads, cache_.size()));
}

void Plugin::set_async_handler(api::Owner* owner, api::AsyncEventHandler handler) {
  if (handler == nullptr) {
    sources_.set_live(false);
    processes_.set_live(false);
    async_.stop();
    return;
  }
  async_.start(owner, handler);
  sources_.set_live(true);
  processes_.set_live(true);
  attribution_.ask_for_all();
}

base::Status Plugin::dump_state(api::Owner* owner, api::AsyncEventHandler handler) {
  take_mail(Amount::kAll);
  size_t refused = 0;
  cache_.for_each([&](const Cache::Entry& entry) {
    // A container of which only the cgroup is known needs no event: the capture has the cgroup too.
    if (!entry.has_metadata()) return;
    // The host writes a dump as it is: it stamps no time.
    if (!AsyncChannel::send_to(owner, handler, kContainerEvent, entry.record->container, now_ns_)) ++refused;
  });
  if (refused > 0) return base::Error{fmt::format("the host refused {} of the containers to dump", refused)};
  return base::Ok{};
}

std::vector<api::Metric>& Plugin::metrics() {
  take_mail(Amount::kSome);
  Counters counters;
  counters.refused_events = refused_events_;
  counters.unknown_yet = extractor_.unknown_yet();
  counters.async_sent = async_.sent();
  counters.async_refused = async_.refused();
  counters.local = sources_.counters();
  counters.left_out = async_.left_out();
  counters.lost_bundles = announcements_.lost_paths();
  return metrics_.collect(cache_, counters, async_.worker());
}

}  // namespace plugin
