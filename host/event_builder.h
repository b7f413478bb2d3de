// Builds events in the host's memory layout (see event_view.h): the ones that the live source and the tests
// feed to plugins, and, piece by piece, broken ones. Pure; any thread.
// Parameters and their order: event table of the Falco libs 0.20 (schema 3.x/4.x).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/event_view.h"
#include "host/thread.h"

namespace host {

class EventBuilder {
 public:
  // type: one of api/events.h; ts: ns since the epoch.
  EventBuilder(uint16_t type, int64_t tid, uint64_t ts);

  EventBuilder& i64(int64_t value) { return raw(&value, sizeof value); }
  EventBuilder& u64(uint64_t value) { return raw(&value, sizeof value); }
  EventBuilder& i32(int32_t value) { return raw(&value, sizeof value); }
  EventBuilder& u32(uint32_t value) { return raw(&value, sizeof value); }
  EventBuilder& u8(uint8_t value) { return raw(&value, sizeof value); }
  EventBuilder& text(std::string_view value);                 // with its NUL
  EventBuilder& texts(std::span<const std::string> values);   // each with its NUL
  EventBuilder& cgroups(std::span<const CgroupPath> values);  // "subsystem=path", each with its NUL
  EventBuilder& bytes(std::string_view value) { return raw(value.data(), value.size()); }  // as it is
  EventBuilder& empty() { return raw("", 0); }

  // Lies for tests: what the header and the length table say instead of the truth.
  EventBuilder& claim_length(uint32_t len);
  EventBuilder& claim_param_count(uint32_t count);
  EventBuilder& claim_param_length(uint32_t index, uint32_t len);

  EventBytes build() const;

 private:
  EventBuilder& raw(const void* data, size_t size);

  api::Event header_{};
  std::vector<std::string> params_;
  std::vector<std::pair<uint32_t, uint32_t>> claimed_lengths_;
  uint32_t claimed_len_ = 0;
  bool claims_len_ = false;
  uint32_t claimed_count_ = 0;
  bool claims_count_ = false;
};

// type: api::kEventCloneExit, kEventForkExit, kEventVforkExit or kEventClone3Exit. res: what the call
// returned; 0 is the child's own exit, `thread` is then the child.
EventBytes make_clone_exit(uint16_t type, const ThreadData& thread, uint64_t ts, int64_t res = 0);

// type: api::kEventExecve16Exit/17/18/19 or kEventExecveatExit; the older ones have fewer parameters.
EventBytes make_exec_exit(uint16_t type, const ThreadData& thread, uint64_t ts, int64_t res = 0);

// status: as wait(2) gives it; reaper: the thread that inherits the children.
EventBytes make_procexit(int64_t tid, uint64_t ts, int64_t status = 0, int64_t reaper = -1);

EventBytes make_chroot_exit(int64_t tid, uint64_t ts, std::string_view path, int64_t res = 0);

// The container events of old captures. type of the JSON ones: kEventContainerJson or kEventContainerJson2.
EventBytes make_container(uint64_t ts, std::string_view id, uint32_t type, std::string_view name,
                          std::string_view image);
EventBytes make_container_json(uint16_t type, uint64_t ts, std::string_view json);

// name: "container" or "container_removed"; data: the payload, its NUL is added.
EventBytes make_async(uint64_t ts, std::string_view name, std::string_view data, int64_t tid = 0);

}  // namespace host
