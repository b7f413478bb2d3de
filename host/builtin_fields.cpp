// See builtin_fields.h.
#include "host/builtin_fields.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <array>

#include "api/events.h"

namespace host {
namespace {

struct TypeName {
  uint16_t type;
  const char* name;
};
constexpr std::array kTypeNames{
    TypeName{api::kEventProcexit, "procexit"},       TypeName{api::kEventCloneExit, "clone"},
    TypeName{api::kEventForkExit, "fork"},           TypeName{api::kEventVforkExit, "vfork"},
    TypeName{api::kEventClone3Exit, "clone3"},       TypeName{api::kEventExecve16Exit, "execve"},
    TypeName{api::kEventExecve17Exit, "execve"},     TypeName{api::kEventExecve18Exit, "execve"},
    TypeName{api::kEventExecve19Exit, "execve"},     TypeName{api::kEventExecveatExit, "execveat"},
    TypeName{api::kEventChrootExit, "chroot"},       TypeName{api::kEventContainer, "container"},
    TypeName{api::kEventContainerJson, "container"}, TypeName{api::kEventContainerJson2, "container"},
    TypeName{api::kEventAsync, "asyncevent"}};

FieldValue text(std::string value) {
  if (value.empty()) return {api::kFieldString, {}};
  return {api::kFieldString, {std::move(value)}};
}

FieldValue number(uint64_t value) {
  return {api::kFieldUint64, {value}};
}

// Ids that are not known are negative, or all ones.
FieldValue known_id(int64_t value) {
  if (value < 0) return {api::kFieldUint64, {}};
  return number(static_cast<uint64_t>(value));
}

FieldValue event_time(const EventContext& context) {
  const auto seconds = static_cast<time_t>(context.event.ts() / 1'000'000'000u);
  tm parts{};
  ::localtime_r(&seconds, &parts);
  return text(fmt::format("{:02}:{:02}:{:02}.{:09}", parts.tm_hour, parts.tm_min, parts.tm_sec,
                          context.event.ts() % 1'000'000'000u));
}

FieldValue async_type(const EventContext& context) {
  if (context.event.type() != api::kEventAsync) return text("");
  return text(std::string(context.event.text(1).value_or("")));
}

FieldValue command_line(const EventContext& context) {
  if (context.thread == nullptr) return text("");
  std::string line = context.thread->comm;
  for (const std::string& arg : context.thread->args) line.append(" ").append(arg);
  return text(std::move(line));
}

template <auto Member>
FieldValue thread_text(const EventContext& context) {
  return text(context.thread == nullptr ? std::string() : context.thread->*Member);
}
template <auto Member>
FieldValue thread_id(const EventContext& context) {
  return known_id(context.thread == nullptr ? -1 : context.thread->*Member);
}
template <auto Member>
FieldValue user_id(const EventContext& context) {
  const uint32_t id = context.thread == nullptr ? UINT32_MAX : context.thread->*Member;
  return known_id(id == UINT32_MAX ? -1 : int64_t{id});
}

constexpr std::array kFields{
    BuiltinField{"evt.num", api::kFieldUint64, "number of the event, from 1",
                 [](const EventContext& context) { return number(context.number); }},
    BuiltinField{"evt.time", api::kFieldString, "time of the event, with nanoseconds", event_time},
    BuiltinField{"evt.rawtime", api::kFieldAbstime, "time of the event in ns since the epoch",
                 [](const EventContext& context) {
                   return FieldValue{api::kFieldAbstime, {context.event.ts()}};
                 }},
    BuiltinField{"evt.type", api::kFieldString, "type of the event: clone, execve, procexit, asyncevent, ...",
                 [](const EventContext& context) { return text(event_type_name(context.event.type())); }},
    BuiltinField{"evt.asynctype", api::kFieldString, "name of an event that a plugin pushed", async_type},
    BuiltinField{"proc.name", api::kFieldString, "name of the process, without arguments",
                 thread_text<&Thread::comm>},
    BuiltinField{"proc.exe", api::kFieldString, "first argument of the command line",
                 thread_text<&Thread::exe>},
    BuiltinField{"proc.exepath", api::kFieldString, "path of the executable", thread_text<&Thread::exe_path>},
    BuiltinField{"proc.cmdline", api::kFieldString, "name of the process and its arguments", command_line},
    BuiltinField{"proc.cwd", api::kFieldString, "current directory", thread_text<&Thread::cwd>},
    BuiltinField{"proc.pid", api::kFieldUint64, "process id", thread_id<&Thread::pid>},
    BuiltinField{"proc.ppid", api::kFieldUint64, "id of the parent", thread_id<&Thread::ptid>},
    BuiltinField{"proc.vpid", api::kFieldUint64, "process id inside its own pid namespace",
                 thread_id<&Thread::vpid>},
    BuiltinField{"thread.tid", api::kFieldUint64, "thread that made the event",
                 [](const EventContext& context) { return known_id(context.event.tid()); }},
    BuiltinField{"thread.vtid", api::kFieldUint64, "thread id inside its own pid namespace",
                 thread_id<&Thread::vtid>},
    BuiltinField{"user.uid", api::kFieldUint64, "user id", user_id<&Thread::uid>},
    BuiltinField{"group.gid", api::kFieldUint64, "group id", user_id<&Thread::gid>},
};

}  // namespace

std::span<const BuiltinField> builtin_fields() {
  return kFields;
}

std::string event_type_name(uint16_t type) {
  const auto* found = std::find_if(kTypeNames.begin(), kTypeNames.end(),
                                   [type](const TypeName& row) { return row.type == type; });
  return found == kTypeNames.end() ? fmt::format("type-{}", type) : found->name;
}

}  // namespace host
