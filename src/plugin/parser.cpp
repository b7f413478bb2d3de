// See parser.h.
#include "plugin/parser.h"

#include <algorithm>
#include <array>
#include <utility>

#include "plugin/payload.h"

namespace plugin {
namespace {

// What an engine, a bundle, a file or a cgroup has told this plugin itself.
bool is_ours(const Cache::Entry& known) {
  const core::Container& container = known.record->container;
  const bool local = container.source == core::Source::kBundle || container.source == core::Source::kDisk;
  return known.from_worker || local || core::id_is_name(container.type);
}

// Parameters of the exec events (docs/plugin.md, "Events").
constexpr uint32_t kExe = 1;
constexpr uint32_t kArgs = 2;

constexpr uint32_t kCloneUid = 16;
constexpr uint32_t kExecUid = 26;

}  // namespace

constexpr Parser::Handler Parser::kHandlers[] = {
    {api::kEventCloneExit, &Parser::new_thread},     {api::kEventForkExit, &Parser::new_thread},
    {api::kEventVforkExit, &Parser::new_thread},     {api::kEventClone3Exit, &Parser::new_thread},
    {api::kEventExecve16Exit, &Parser::new_program}, {api::kEventExecve17Exit, &Parser::new_program},
    {api::kEventExecve18Exit, &Parser::new_program}, {api::kEventExecve19Exit, &Parser::new_program},
    {api::kEventExecveatExit, &Parser::new_program}, {api::kEventChrootExit, &Parser::new_root},
    {api::kEventProcexit, &Parser::thread_exit},     {api::kEventAsync, &Parser::container},
    {api::kEventContainer, &Parser::container},      {api::kEventContainerJson, &Parser::container},
    {api::kEventContainerJson2, &Parser::container},
};

const std::span<const Parser::Handler> Parser::handlers() {
  return kHandlers;
}

std::span<const uint16_t> Parser::event_types() {
  static constexpr auto kTypes = [] {
    std::array<uint16_t, std::size(kHandlers)> types{};
    std::transform(std::begin(kHandlers), std::end(kHandlers), types.begin(),
                   [](const Handler& handler) { return handler.type; });
    return types;
  }();
  return kTypes;
}

base::Status Parser::parse(const EventView& event, const api::EventParseInput& input, bool live,
                           uint64_t now_ns) {
  for (const Handler& handler : handlers()) {
    if (handler.type == event.type()) {
      return (this->*handler.parse)({event, input.table_reader_ext, input.table_writer_ext, live, now_ns});
    }
  }
  return base::Ok{};
}

base::Status Parser::new_thread(const Call& call) {
  const auto result = call.event.param_i64(0);
  if (!result) return base::Error{"the result of a clone or fork is missing or of a wrong size"};
  if (*result < 0) return base::Ok{};
  const ThreadEntry thread = threads_.find(call.reader, static_cast<int64_t>(call.event.tid()));
  if (!thread) return base::Ok{};
  // In the parent (result > 0) nothing has changed; it is only looked at when nobody has done so before.
  const bool seen = threads_.key(call.reader, thread.get()).kind != ThreadKey::Kind::kUnseen;
  if (*result > 0 && seen) return base::Ok{};
  const bool is_child = *result == 0;
  const Occasion occasion{
      is_child ? Occasion::Kind::kCloned : Occasion::Kind::kSeen, {}, {}, call.event.param_u32(kCloneUid)};
  attribution_.attach(call.reader, call.writer, thread.get(), occasion, call.now_ns);
  if (is_child) probes_.mark_child(call.reader, call.writer, thread.get());
  return base::Ok{};
}

base::Status Parser::new_program(const Call& call) {
  const auto result = call.event.param_i64(0);
  if (!result) return base::Error{"the result of an exec is missing or of a wrong size"};
  if (*result < 0) return base::Ok{};
  const auto tid = static_cast<int64_t>(call.event.tid());
  const ThreadEntry thread = threads_.find(call.reader, tid);
  if (!thread) return base::Ok{};
  Occasion occasion{Occasion::Kind::kExecuted,
                    call.event.param_text(kExe).value_or(std::string_view()),
                    {},
                    call.event.param_u32(kExecUid)};
  if (const auto args = call.event.param(kArgs)) {
    occasion.args = {reinterpret_cast<const char*>(args->data()), args->size()};
  }
  attribution_.attach(call.reader, call.writer, thread.get(), occasion, call.now_ns);
  announcements_.program_started(call.reader, thread.get(), call.event, call.now_ns);
  if (const Cache::Entry* entry = attribution_.container_of(call.reader, thread.get(), call.now_ns)) {
    probes_.mark_program(call.reader, call.writer, thread.get(), tid, entry->record->container);
  }
  return base::Ok{};
}

base::Status Parser::new_root(const Call& call) {
  const auto result = call.event.param_i64(0);
  if (!result) return base::Error{"the result of a chroot is missing or of a wrong size"};
  if (*result < 0) return base::Ok{};
  const ThreadEntry thread = threads_.find(call.reader, static_cast<int64_t>(call.event.tid()));
  if (thread) attribution_.attach(call.reader, call.writer, thread.get(), Occasion{}, call.now_ns);
  return base::Ok{};
}

base::Status Parser::thread_exit(const Call& call) {
  const ThreadEntry thread = threads_.find(call.reader, static_cast<int64_t>(call.event.tid()));
  if (thread) attribution_.detach(call.reader, thread.get(), call.now_ns);
  return base::Ok{};
}

base::Status Parser::container(const Call& call) {
  const Payload kind = payload_of(call.event);
  if (kind == Payload::kNone) return base::Ok{};
  // Our own come back, and say nothing new. Removals are read: should the container's event have been
  // forgotten on its way, and so been taken for another's, this ends what it began.
  if (call.live && kind == Payload::kContainer && call.event.type() == api::kEventAsync) {
    const AsyncText text = async_text(call.event);
    if (sent_.take(text.name, text.data)) return base::Ok{};
  }
  auto container = read_payload(call.event);
  if (!container) return base::Error{container.error()};
  const core::ContainerKey key = core::key_of(*container);
  if (call.live) {
    // Others' (another plugin's) tell of what is not known here.
    const Cache::Entry* known = cache_.find(key);
    if (known != nullptr && is_ours(*known)) return base::Ok{};
  } else if (!std::exchange(first_seen_, true) && !tells_owner(call.event)) {
    attribution_.set_without_owners();
  }
  if (!core::may_exist(key)) return base::Ok{};
  if (kind == Payload::kRemoved) {
    cache_.remove(core::key_of(*container), call.now_ns);
  } else {
    cache_.put(std::move(*container), call.now_ns);
  }
  return base::Ok{};
}

}  // namespace plugin
