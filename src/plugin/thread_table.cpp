// See thread_table.h.
#include "plugin/thread_table.h"

#include <limits>
#include <string>

namespace plugin {
namespace {

std::string host_words(const api::InitInput& input) {
  const char* words =
      input.get_owner_last_error != nullptr ? input.get_owner_last_error(input.owner) : nullptr;
  return words != nullptr && *words != '\0' ? std::string(" (") + words + ")" : std::string();
}

// The field `name` of the table behind the thread field `list`. Only an entry leads to such a table, so one
// is made for the purpose and thrown away.
api::TableField* subtable_field(const api::InitTablesInput& tables, api::Table* threads,
                                api::TableField* list, const char* name) {
  api::TableEntry* entry = tables.writer_ext->create_table_entry(threads);
  if (entry == nullptr) return nullptr;
  api::TableField* field = nullptr;
  api::StateData data{};
  if (tables.reader_ext->read_entry_field(threads, entry, list, &data) == api::kSuccess &&
      data.table != nullptr) {
    field = tables.fields_ext->get_table_field(data.table, name, api::kStateString);
  }
  tables.writer_ext->destroy_table_entry(threads, entry);
  return field;
}

}  // namespace

base::Result<ThreadTable> ThreadTable::open(const api::InitInput& input) {
  const api::InitTablesInput* tables = input.tables;
  if (tables == nullptr || tables->fields_ext == nullptr || tables->reader_ext == nullptr ||
      tables->writer_ext == nullptr) {
    return base::Error{"the host offers no state tables: a host with plugin API 3.10 or newer is needed"};
  }
  ThreadTable threads;
  threads.table_ = tables->get_table(input.owner, "threads", api::kStateInt64);
  if (threads.table_ == nullptr) {
    return base::Error{"the host has no table 'threads'" + host_words(input)};
  }
  const api::TableFields& fields = *tables->fields_ext;

  struct Own {
    const char* name;
    api::StateType type;
    api::TableField* ThreadTable::*member;
  };
  for (const Own& own : {Own{"container_id", api::kStateString, &ThreadTable::container_id_},
                         Own{"container_key", api::kStateString, &ThreadTable::container_key_},
                         Own{"container_probe", api::kStateUint64, &ThreadTable::container_probe_}}) {
    // Looked for first: libsinsp 0.20 has a container_id of its own, and adding it again is an error there.
    threads.*own.member = fields.get_table_field(threads.table_, own.name, own.type);
    if (threads.*own.member == nullptr) {
      threads.*own.member = fields.add_table_field(threads.table_, own.name, own.type);
    }
    if (threads.*own.member == nullptr) {
      return base::Error{std::string("cannot add the field '") + own.name + "' to the table 'threads'" +
                         host_words(input)};
    }
  }

  struct Known {
    const char* name;
    api::StateType type;
    api::TableField* ThreadTable::*member;
  };
  for (const Known& known :
       {Known{"cgroups", api::kStateTable, &ThreadTable::cgroups_},
        Known{"args", api::kStateTable, &ThreadTable::args_},
        Known{"exe", api::kStateString, &ThreadTable::exe_},
        Known{"tid", api::kStateInt64, &ThreadTable::tid_},
        Known{"pid", api::kStateInt64, &ThreadTable::pid_},
        Known{"ptid", api::kStateInt64, &ThreadTable::ptid_},
        Known{"vpid", api::kStateInt64, &ThreadTable::vpid_},
        Known{"pidns_init_start_ts", api::kStateUint64, &ThreadTable::pidns_init_start_ts_}}) {
    threads.*known.member = fields.get_table_field(threads.table_, known.name, known.type);
    if (threads.*known.member == nullptr) {
      return base::Error{std::string("the table 'threads' has no field '") + known.name + "'" +
                         host_words(input)};
    }
  }
  // Not every host has it; it is missed only by a runtime that names its bundle relative to its directory.
  threads.cwd_ = fields.get_table_field(threads.table_, "cwd", api::kStateString);
  // Without it nobody knows who started what ran before the capture.
  threads.uid_ = fields.get_table_field(threads.table_, "uid", api::kStateUint32);
  threads.cgroup_path_ = subtable_field(*tables, threads.table_, threads.cgroups_, "second");
  threads.arg_value_ = subtable_field(*tables, threads.table_, threads.args_, "value");
  if (threads.cgroup_path_ == nullptr || threads.arg_value_ == nullptr) {
    return base::Error{"the fields 'cgroups.second' and 'args.value' of the table 'threads' cannot be read" +
                       host_words(input)};
  }
  return threads;
}

ThreadEntry ThreadTable::find(const api::TableReader* reader, int64_t tid) const {
  api::StateData key{};
  key.s64 = tid;
  return ThreadEntry(reader, table_, reader->get_table_entry(table_, &key));
}

std::string_view ThreadTable::read_text(const api::TableReader* reader, api::TableEntry* entry,
                                        const api::TableField* field) const {
  api::StateData data{};
  if (reader->read_entry_field(table_, entry, field, &data) != api::kSuccess || data.str == nullptr)
    return {};
  return data.str;
}

int64_t ThreadTable::read_i64(const api::TableReader* reader, api::TableEntry* entry,
                              const api::TableField* field) const {
  api::StateData data{};
  return reader->read_entry_field(table_, entry, field, &data) == api::kSuccess ? data.s64 : 0;
}

std::string_view ThreadTable::container_id(const api::TableReader* reader, api::TableEntry* entry) const {
  return read_text(reader, entry, container_id_);
}

std::string_view ThreadTable::container_key(const api::TableReader* reader, api::TableEntry* entry) const {
  return read_text(reader, entry, container_key_);
}

std::string_view ThreadTable::exe(const api::TableReader* reader, api::TableEntry* entry) const {
  return read_text(reader, entry, exe_);
}

std::string_view ThreadTable::cwd(const api::TableReader* reader, api::TableEntry* entry) const {
  return cwd_ != nullptr ? read_text(reader, entry, cwd_) : std::string_view();
}

int64_t ThreadTable::tid(const api::TableReader* reader, api::TableEntry* entry) const {
  return read_i64(reader, entry, tid_);
}

int64_t ThreadTable::pid(const api::TableReader* reader, api::TableEntry* entry) const {
  return read_i64(reader, entry, pid_);
}

int64_t ThreadTable::ptid(const api::TableReader* reader, api::TableEntry* entry) const {
  return read_i64(reader, entry, ptid_);
}

int64_t ThreadTable::vpid(const api::TableReader* reader, api::TableEntry* entry) const {
  return read_i64(reader, entry, vpid_);
}

std::optional<uint32_t> ThreadTable::uid(const api::TableReader* reader, api::TableEntry* entry) const {
  api::StateData data{};
  const bool known = uid_ != nullptr && reader->read_entry_field(table_, entry, uid_, &data) == api::kSuccess;
  if (!known || data.u32 == std::numeric_limits<uint32_t>::max()) return std::nullopt;
  return data.u32;
}

uint64_t ThreadTable::read_u64(const api::TableReader* reader, api::TableEntry* entry,
                               const api::TableField* field) const {
  api::StateData data{};
  return reader->read_entry_field(table_, entry, field, &data) == api::kSuccess ? data.u64 : 0;
}

uint64_t ThreadTable::pidns_init_start_ts(const api::TableReader* reader, api::TableEntry* entry) const {
  return read_u64(reader, entry, pidns_init_start_ts_);
}

uint64_t ThreadTable::container_probe(const api::TableReader* reader, api::TableEntry* entry) const {
  return read_u64(reader, entry, container_probe_);
}

void ThreadTable::write_probe(const api::TableWriter* writer, api::TableEntry* entry, uint64_t probes) const {
  api::StateData data{};
  data.u64 = probes;
  writer->write_entry_field(table_, entry, container_probe_, &data);
}

void ThreadTable::write_container(const api::TableWriter* writer, api::TableEntry* entry, const char* id,
                                  const char* key) const {
  api::StateData data{};
  data.str = id;
  writer->write_entry_field(table_, entry, container_id_, &data);
  data.str = key;
  writer->write_entry_field(table_, entry, container_key_, &data);
}

}  // namespace plugin
