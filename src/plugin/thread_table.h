// The host's table of threads as this plugin uses it: which fields it reads, which it adds.
// Opened once at init; used on Falco's thread only. Facts: docs/plugin.md, "State tables".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "api/plugin_api.h"
#include "base/result.h"
#include "core/container.h"
#include "plugin/thread_key.h"

namespace plugin {

// An entry got from the host; gives it back when it goes out of scope.
class ThreadEntry {
 public:
  ThreadEntry() = default;
  ThreadEntry(const api::TableReader* reader, api::Table* table, api::TableEntry* entry)
      : reader_(reader), table_(table), entry_(entry) {}
  ThreadEntry(ThreadEntry&& other) noexcept
      : reader_(other.reader_), table_(other.table_), entry_(std::exchange(other.entry_, nullptr)) {}
  ThreadEntry& operator=(ThreadEntry&& other) noexcept {
    if (this != &other) {
      release();
      reader_ = other.reader_;
      table_ = other.table_;
      entry_ = std::exchange(other.entry_, nullptr);
    }
    return *this;
  }
  ThreadEntry(const ThreadEntry&) = delete;
  ThreadEntry& operator=(const ThreadEntry&) = delete;
  ~ThreadEntry() { release(); }

  // Not every event has a thread: a missing entry is normal.
  explicit operator bool() const { return entry_ != nullptr; }
  api::TableEntry* get() const { return entry_; }

 private:
  void release() {
    if (entry_ != nullptr) reader_->release_table_entry(table_, entry_);
    entry_ = nullptr;
  }
  const api::TableReader* reader_ = nullptr;
  api::Table* table_ = nullptr;
  api::TableEntry* entry_ = nullptr;
};

class ThreadTable {
 public:
  // Finds the table and its fields, and adds this plugin's own:
  // - container_id (string): the short id, "" on the host; the host itself reads it.
  // - container_key (string): what this plugin looks a thread's container up by, see thread_key.h.
  // - container_probe (u64): which probes of its container the thread is, see probe_processes.h.
  // Fails with the host's own words when the table or a field that cannot be done without is missing.
  static base::Result<ThreadTable> open(const api::InitInput& input);

  ThreadEntry find(const api::TableReader* reader, int64_t tid) const;
  api::Table* table() const { return table_; }

  // Values of one thread. Texts point into the host's memory: valid until the thread changes.
  std::string_view container_id(const api::TableReader* reader, api::TableEntry* entry) const;
  std::string_view container_key(const api::TableReader* reader, api::TableEntry* entry) const;
  ThreadKey key(const api::TableReader* reader, api::TableEntry* entry) const {
    return ThreadKey::parse(container_key(reader, entry));
  }
  std::string_view exe(const api::TableReader* reader, api::TableEntry* entry) const;
  // "" when the host does not know it.
  std::string_view cwd(const api::TableReader* reader, api::TableEntry* entry) const;
  // 0 when the host does not know it.
  int64_t tid(const api::TableReader* reader, api::TableEntry* entry) const;
  int64_t pid(const api::TableReader* reader, api::TableEntry* entry) const;
  int64_t ptid(const api::TableReader* reader, api::TableEntry* entry) const;
  int64_t vpid(const api::TableReader* reader, api::TableEntry* entry) const;
  // Whether it is in another pid namespace than the host's.
  bool in_pid_namespace(const api::TableReader* reader, api::TableEntry* entry) const {
    const int64_t inner = vpid(reader, entry);
    return inner > 0 && inner != pid(reader, entry);
  }
  // The effective one; nullopt when the host does not know it.
  std::optional<uint32_t> uid(const api::TableReader* reader, api::TableEntry* entry) const;
  uint64_t pidns_init_start_ts(const api::TableReader* reader, api::TableEntry* entry) const;  // ns
  uint64_t container_probe(const api::TableReader* reader, api::TableEntry* entry) const;

  // Calls visit(api::TableEntry*) for each thread.
  template <typename Visit>
  void for_each(const api::TableReader* reader, Visit visit) const {
    reader->iterate_entries(
        table_,
        [](api::IteratorState* opaque, api::TableEntry* thread) -> api::Bool {
          (*static_cast<Visit*>(opaque))(thread);
          return 1;
        },
        &visit);
  }

  // Calls visit(const char* path) for each cgroup path until it returns false.
  template <typename Visit>
  void for_each_cgroup(const api::TableReader* reader, api::TableEntry* entry, Visit&& visit) const {
    for_each_text(reader, entry, cgroups_, cgroup_path_, visit);
  }
  // The same for the arguments of the command line, without argv[0].
  template <typename Visit>
  void for_each_arg(const api::TableReader* reader, api::TableEntry* entry, Visit&& visit) const {
    for_each_text(reader, entry, args_, arg_value_, visit);
  }

  // id and key: NUL-terminated.
  void write_container(const api::TableWriter* writer, api::TableEntry* entry, const char* id,
                       const char* key) const;

  void write_probe(const api::TableWriter* writer, api::TableEntry* entry, uint64_t probes) const;

 private:
  uint64_t read_u64(const api::TableReader* reader, api::TableEntry* entry,
                    const api::TableField* field) const;
  std::string_view read_text(const api::TableReader* reader, api::TableEntry* entry,
                             const api::TableField* field) const;
  int64_t read_i64(const api::TableReader* reader, api::TableEntry* entry,
                   const api::TableField* field) const;

  template <typename Visit>
  void for_each_text(const api::TableReader* reader, api::TableEntry* entry, const api::TableField* list,
                     const api::TableField* value, Visit& visit) const {
    api::StateData data{};
    if (list == nullptr || reader->read_entry_field(table_, entry, list, &data) != api::kSuccess ||
        data.table == nullptr) {
      return;
    }
    struct State {
      const api::TableReader* reader;
      api::Table* table;
      const api::TableField* value;
      Visit* visit;
    } state{reader, data.table, value, &visit};
    reader->iterate_entries(
        data.table,
        [](api::IteratorState* opaque, api::TableEntry* item) -> api::Bool {
          auto& s = *static_cast<State*>(opaque);
          api::StateData text{};
          if (s.reader->read_entry_field(s.table, item, s.value, &text) != api::kSuccess ||
              text.str == nullptr) {
            return 1;
          }
          return (*s.visit)(text.str) ? 1 : 0;
        },
        &state);
  }

  api::Table* table_ = nullptr;
  api::TableField* container_id_ = nullptr;
  api::TableField* container_key_ = nullptr;
  api::TableField* container_probe_ = nullptr;
  api::TableField* cgroups_ = nullptr;
  api::TableField* cgroup_path_ = nullptr;
  api::TableField* args_ = nullptr;
  api::TableField* arg_value_ = nullptr;
  api::TableField* exe_ = nullptr;
  api::TableField* cwd_ = nullptr;  // nullptr: the host has no such field
  api::TableField* tid_ = nullptr;
  api::TableField* pid_ = nullptr;
  api::TableField* ptid_ = nullptr;
  api::TableField* vpid_ = nullptr;
  api::TableField* uid_ = nullptr;  // nullptr: the host has no such field
  api::TableField* pidns_init_start_ts_ = nullptr;
};

}  // namespace plugin
