// See race_host.h.
#include "bench/race/race_host.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <utility>

#include "api/events.h"
#include "host/proc_scan.h"
#include "host/thread_events.h"

namespace bench::race {
namespace {

constexpr std::array kFieldNames = {"container.id", "container.name", "container.image"};
constexpr double kPerMillisecond = 1e6;

uint64_t clock_ns(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
}

std::string text_of(const api::ExtractField& field) {
  return field.res_len == 0 ? std::string() : std::string(field.res.str[0]);
}

}  // namespace

uint64_t monotonic_ns() {
  return clock_ns(CLOCK_MONOTONIC);
}

uint64_t wall_clock_ns() {
  return clock_ns(CLOCK_REALTIME);
}

base::Result<std::unique_ptr<RaceHost>> RaceHost::start(const std::string& plugin, const std::string& config,
                                                        bool live, Observer observer) {
  std::unique_ptr<RaceHost> host(new RaceHost(std::move(observer)));
  if (live) {
    auto connector = host::ProcConnector::open();  // before the scan: nothing in between is missed
    if (!connector) return base::Error{connector.error()};
    host->connector_.emplace(std::move(*connector));
    host->proc_.learn_pid_namespaces();
    host::scan_proc(host->proc_, host->session_.threads());
    host->live_.emplace(host->proc_, host->session_.threads());
  }
  if (auto opened = host->open_plugin(plugin, config); !opened) return base::Error{opened.error()};
  return host;
}

RaceHost::~RaceHost() {
  session_.close();
}

base::Status RaceHost::open_plugin(const std::string& plugin, const std::string& config) {
  auto library = host::PluginLibrary::load(plugin);
  if (!library) return base::Error{library.error()};
  functions_ = &(*library)->functions();
  host::InstanceOptions options;
  options.config = config;
  options.queue_capacity = 1 << 16;  // synthetic starts come in bursts
  if (auto added = session_.add_plugin(*library, std::move(options)); !added)
    return base::Error{added.error()};
  if (auto opened = session_.open(true); !opened) return base::Error{opened.error()};
  host::PluginInstance& instance = *session_.plugins().front();
  call_ = instance.raw_call();
  if (functions_->get_parse_event_types != nullptr) {
    uint32_t count = 0;
    const uint16_t* types = functions_->get_parse_event_types(&count, call_.state);
    parse_types_.assign(types, types + count);
  }
  for (size_t i = 0; i < kFields; ++i) {
    const auto& published = instance.fields();
    const auto found = std::find_if(published.begin(), published.end(), [&](const host::PluginField& field) {
      return field.name == kFieldNames[i];
    });
    if (found == published.end())
      return base::Error{fmt::format("the plugin has no field {}", kFieldNames[i])};
    fields_[i].field_id = static_cast<uint32_t>(found - published.begin());
    fields_[i].field = kFieldNames[i];
  }
  return base::Ok{};
}

bool RaceHost::wants(uint16_t type) const {
  return parse_types_.empty() ||
         std::find(parse_types_.begin(), parse_types_.end(), type) != parse_types_.end();
}

void RaceHost::call_plugin(const host::EventView& event, Answers& answers, Cost& cost) {
  const api::EventInput input{reinterpret_cast<const api::Event*>(event.bytes().data()), number_, "syscall"};
  const bool parse = wants(event.type());
  const bool extract = event.type() != api::kEventAsync;  // of those no thread is asked about
  const uint64_t cpu_before = clock_ns(CLOCK_THREAD_CPUTIME_ID);
  const uint64_t wall_before = monotonic_ns();
  if (parse && functions_->parse_event(call_.state, &input, &call_.parse) != api::kSuccess) ++parse_failures_;
  for (size_t i = 0; extract && i < kFields; ++i) {
    call_.extract.num_fields = 1;  // one call for each field: so does libsinsp
    call_.extract.fields = &fields_[i];
    functions_->extract_fields(call_.state, &input, &call_.extract);
    // What is extracted lives until the next extraction. Copying it is not the plugin's work, but takes less
    // time than the clock.
    (i == 0 ? answers.id : i == 1 ? answers.name : answers.image) = text_of(fields_[i]);
  }
  cost.wall_ns = monotonic_ns() - wall_before;
  cost.cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu_before;
}

base::Status RaceHost::feed(const host::EventBytes& bytes, bool unread) {
  const auto event = host::EventView::parse(bytes);
  if (!event) return base::Error{event.error()};
  ++number_;
  host::apply_event(session_.threads(), *event);
  Answers answers;
  Cost cost;
  call_plugin(*event, answers, cost);
  const host::Thread* thread = std::as_const(session_.threads()).find(event->tid());
  observer_({{*event, number_, thread}, answers, cost, unread, monotonic_ns()});
  host::finish_event(session_.threads(), *event);
  return base::Ok{};
}

void RaceHost::feed_pushed() {
  while (auto bytes = session_.plugins().front()->queue().pop()) {
    // Checked when the plugin pushed it.
    if (const auto fed = feed(*bytes); !fed) ++parse_failures_;
  }
}

base::Status RaceHost::catch_up() {
  // A round hands over a bounded number of events; on a busy machine there is always one more.
  constexpr int kRounds = 100;
  for (int i = 0; i < kRounds; ++i) {
    const uint64_t before = number_;
    if (auto pumped = pump(0); !pumped) return pumped;
    if (number_ == before) break;
  }
  lags_ms_.clear();
  return base::Ok{};
}

base::Status RaceHost::pump(int timeout_ms) {
  std::vector<host::ProcessEvent> batch;
  const auto wake = connector_->wait(batch, timeout_ms, -1);
  if (!wake) return base::Error{wake.error()};
  for (const host::ProcessEvent& event : batch) {
    const uint64_t vanished = live_->vanished();
    const host::EventBytes bytes = live_->convert(event, wall_clock_ns());
    const uint64_t now = monotonic_ns();
    if (event.when_ns != 0 && now > event.when_ns) {
      lags_ms_.push_back(static_cast<double>(now - event.when_ns) / kPerMillisecond);
    }
    if (auto fed = feed(bytes, live_->vanished() != vanished); !fed) return fed;
    feed_pushed();
  }
  if (*wake == host::ProcConnector::Wake::kOverrun) {
    for (const host::EventBytes& event : live_->rescan(wall_clock_ns())) {
      if (auto fed = feed(event); !fed) return fed;
    }
  }
  feed_pushed();
  return base::Ok{};
}

}  // namespace bench::race
