// See event_builder.h.
#include "host/event_builder.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "api/events.h"

namespace host {
namespace {

void append(EventBytes& out, const void* data, size_t size) {
  if (size == 0) return;
  const size_t end = out.size();
  out.resize(end + size);
  std::memcpy(out.data() + end, data, size);
}

// How many parameters each generation of the execve event has.
struct ExecShape {
  uint16_t type;
  uint32_t params;
};
constexpr std::array kExecShapes{
    ExecShape{api::kEventExecve16Exit, 16}, ExecShape{api::kEventExecve17Exit, 17},
    ExecShape{api::kEventExecve18Exit, 17}, ExecShape{api::kEventExecve19Exit, 30},
    ExecShape{api::kEventExecveatExit, 30}};

uint32_t exec_param_count(uint16_t type) {
  const auto* found = std::find_if(kExecShapes.begin(), kExecShapes.end(),
                                   [type](const ExecShape& shape) { return shape.type == type; });
  return found == kExecShapes.end() ? 30 : found->params;
}

// The fifteen parameters that clone and execve begin with.
void add_common(EventBuilder& event, const ThreadData& thread, int64_t res) {
  event.i64(res)
      .text(thread.exe)
      .texts(thread.args)
      .i64(thread.tid)
      .i64(thread.pid)
      .i64(thread.ptid)
      .text(thread.cwd)
      .i64(1024)  // limit of open files
      .u64(0)     // page faults, major and minor
      .u64(0)
      .u32(0)  // memory: size, resident, swapped
      .u32(0)
      .u32(0)
      .text(thread.comm)
      .cgroups(thread.cgroups);
}

}  // namespace

EventBuilder::EventBuilder(uint16_t type, int64_t tid, uint64_t ts) {
  header_.type = type;
  header_.tid = static_cast<uint64_t>(tid);
  header_.ts = ts;
}

EventBuilder& EventBuilder::raw(const void* data, size_t size) {
  params_.emplace_back(static_cast<const char*>(data), size);
  return *this;
}

EventBuilder& EventBuilder::text(std::string_view value) {
  params_.emplace_back(value).push_back('\0');
  return *this;
}

EventBuilder& EventBuilder::texts(std::span<const std::string> values) {
  std::string& param = params_.emplace_back();
  for (const std::string& value : values) param.append(value).push_back('\0');
  return *this;
}

EventBuilder& EventBuilder::cgroups(std::span<const CgroupPath> values) {
  std::string& param = params_.emplace_back();
  for (const CgroupPath& value : values) {
    param.append(value.subsystem).append("=").append(value.path).push_back('\0');
  }
  return *this;
}

EventBuilder& EventBuilder::claim_length(uint32_t len) {
  claims_len_ = true;
  claimed_len_ = len;
  return *this;
}

EventBuilder& EventBuilder::claim_param_count(uint32_t count) {
  claims_count_ = true;
  claimed_count_ = count;
  return *this;
}

EventBuilder& EventBuilder::claim_param_length(uint32_t index, uint32_t len) {
  claimed_lengths_.emplace_back(index, len);
  return *this;
}

EventBytes EventBuilder::build() const {
  const bool large = is_large_payload(header_.type);
  std::vector<uint32_t> lengths;
  lengths.reserve(params_.size());
  size_t total = sizeof(api::Event);
  for (const std::string& param : params_) {
    // What 16 bits cannot say is cut off, as the drivers do with long arguments.
    const size_t size = large ? param.size() : std::min<size_t>(param.size(), UINT16_MAX);
    lengths.push_back(static_cast<uint32_t>(size));
    total += size + (large ? sizeof(uint32_t) : sizeof(uint16_t));
  }
  std::vector<uint32_t> written = lengths;
  for (const auto& [index, len] : claimed_lengths_) {
    if (index < written.size()) written[index] = len;
  }

  api::Event header = header_;
  header.len = claims_len_ ? claimed_len_ : static_cast<uint32_t>(total);
  header.nparams = claims_count_ ? claimed_count_ : static_cast<uint32_t>(params_.size());
  EventBytes out;
  out.reserve(total);
  append(out, &header, sizeof header);
  for (const uint32_t length : written) {
    const auto narrow = static_cast<uint16_t>(length);
    append(out, large ? static_cast<const void*>(&length) : &narrow, large ? sizeof length : sizeof narrow);
  }
  for (size_t i = 0; i < params_.size(); ++i) append(out, params_[i].data(), lengths[i]);
  return out;
}

EventBytes make_clone_exit(uint16_t type, const ThreadData& thread, uint64_t ts, int64_t res) {
  EventBuilder event(type, thread.tid, ts);
  add_common(event, thread, res);
  return event
      .u32(0)  // flags
      .u32(thread.uid)
      .u32(thread.gid)
      .i64(thread.vtid)
      .i64(thread.vpid)
      .u64(thread.pidns_init_start_ts)
      .build();
}

EventBytes make_exec_exit(uint16_t type, const ThreadData& thread, uint64_t ts, int64_t res) {
  EventBuilder event(type, thread.tid, ts);
  add_common(event, thread, res);
  event.empty();  // environment
  const uint32_t params = exec_param_count(type);
  if (params > 16) event.i32(0);  // terminal
  if (params > 17) {
    event.i64(thread.pgid)
        .u32(UINT32_MAX)  // login uid
        .u32(0)           // flags
        .u64(0)           // capabilities: inheritable, permitted, effective
        .u64(0)
        .u64(0)
        .u64(0)  // the file's inode, its change and modification times
        .u64(0)
        .u64(0)
        .u32(thread.uid)
        .text(thread.exe_path)
        .i64(thread.pgid)
        .u32(thread.gid);
  }
  return event.build();
}

EventBytes make_procexit(int64_t tid, uint64_t ts, int64_t status, int64_t reaper) {
  return EventBuilder(api::kEventProcexit, tid, ts)
      .i64(status)
      .i64((status >> 8) & 0xff)
      .u8(static_cast<uint8_t>(status & 0x7f))
      .u8((status & 0x80) != 0 ? 1 : 0)
      .i64(reaper)
      .build();
}

EventBytes make_chroot_exit(int64_t tid, uint64_t ts, std::string_view path, int64_t res) {
  return EventBuilder(api::kEventChrootExit, tid, ts).i64(res).text(path).build();
}

EventBytes make_container(uint64_t ts, std::string_view id, uint32_t type, std::string_view name,
                          std::string_view image) {
  return EventBuilder(api::kEventContainer, 0, ts).text(id).u32(type).text(name).text(image).build();
}

EventBytes make_container_json(uint16_t type, uint64_t ts, std::string_view json) {
  return EventBuilder(type, 0, ts).text(json).build();
}

EventBytes make_async(uint64_t ts, std::string_view name, std::string_view data, int64_t tid) {
  return EventBuilder(api::kEventAsync, tid, ts).u32(0).text(name).text(data).build();
}

}  // namespace host
