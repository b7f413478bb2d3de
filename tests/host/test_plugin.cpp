// A small plugin for the tests of the host: reads `threads`, adds a field to it, publishes a table, pushes
// and dumps an event. Compiled several times with other PLUGIN_FLAWs, each breaking one rule of the
// interface.
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "api/events.h"
#include "api/plugin_api.h"
#include "host/event_builder.h"

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {

// The flaws that a library can be compiled with.
enum Flaw { kNone, kNewerApi, kOtherMajor, kNoDestroy, kHalfExtraction, kBadVersion, kBadFields };
constexpr int kFlaw = PLUGIN_FLAW;

struct OwnRow {
  std::string name;
  uint32_t count = 0;
};

struct Plugin {
  std::string config;
  std::string error;
  api::Owner* owner = nullptr;
  api::LogFn log = nullptr;
  api::Table* threads = nullptr;
  api::TableField* comm = nullptr;
  api::TableField* tag = nullptr;
  api::TableField* cgroups = nullptr;
  api::TableField* second = nullptr;
  const char* (*owner_error)(api::Owner*) = nullptr;
  std::map<std::string, OwnRow> rows{{"one", {"first row", 1}}, {"two", {"second row", 2}}};
  uint64_t parsed = 0;
  bool leak = false;
  std::string text;
  const char* text_result = nullptr;
  uint64_t number_result = 0;
  std::vector<const char*> list_result{"a", "b"};
  api::Bool flag_result = 1;
  api::AsyncEventHandler handler = nullptr;
  std::thread pusher;
  api::TableReader reader{};
  api::TableWriter writer{};
  api::TableFields fields{};
};

Plugin* plugin_of(void* state) {
  return static_cast<Plugin*>(state);
}

// The published table `own`: fields name and count; read-only.
int kNameField = 0;
int kCountField = 0;
const api::TableFieldInfo kOwnFields[] = {{"name", api::kStateString, 1}, {"count", api::kStateUint32, 1}};

const api::TableFieldInfo* own_list(api::Table*, uint32_t* count) {
  *count = 2;
  return kOwnFields;
}
api::TableField* own_field(api::Table*, const char* name, api::StateType) {
  if (std::strcmp(name, "name") == 0) return &kNameField;
  return std::strcmp(name, "count") == 0 ? &kCountField : nullptr;
}
api::TableField* own_add(api::Table*, const char*, api::StateType) {
  return nullptr;
}
const char* own_name(api::Table*) {
  return "own";
}
uint64_t own_size(api::Table* table) {
  return plugin_of(table)->rows.size();
}
api::TableEntry* own_entry(api::Table* table, const api::StateData* key) {
  const auto found = plugin_of(table)->rows.find(key->str);
  return found == plugin_of(table)->rows.end() ? nullptr : &found->second;
}
api::Rc own_read(api::Table*, api::TableEntry* entry, const api::TableField* field, api::StateData* out) {
  const auto* row = static_cast<const OwnRow*>(entry);
  if (field == &kNameField)
    out->str = row->name.c_str();
  else
    out->u32 = row->count;
  return api::kSuccess;
}
void own_release(api::Table*, api::TableEntry*) {}
api::Bool own_iterate(api::Table* table, api::TableIterator iterator, api::IteratorState* state) {
  for (auto& [key, row] : plugin_of(table)->rows) {
    if (iterator(state, &row) == 0) return 0;
  }
  return 1;
}
api::Rc own_clear(api::Table*) {
  return api::kFailure;
}
api::Rc own_erase(api::Table*, const api::StateData*) {
  return api::kFailure;
}
api::TableEntry* own_create(api::Table*) {
  return nullptr;
}
void own_destroy(api::Table*, api::TableEntry*) {}
api::TableEntry* own_insert(api::Table*, const api::StateData*, api::TableEntry*) {
  return nullptr;
}
api::Rc own_write(api::Table*, api::TableEntry*, const api::TableField*, const api::StateData*) {
  return api::kFailure;
}

bool publish(Plugin& plugin, const api::InitTablesInput& tables) {
  plugin.reader = {own_name, own_size, own_entry, own_read, own_release, own_iterate};
  plugin.writer = {own_clear, own_erase, own_create, own_destroy, own_insert, own_write};
  plugin.fields = {own_list, own_field, own_add};
  api::TableInput input{};
  input.name = "own";
  input.key_type = api::kStateString;
  input.table = &plugin;
  input.reader_ext = &plugin.reader;
  input.writer_ext = &plugin.writer;
  input.fields_ext = &plugin.fields;
  return tables.add_table(plugin.owner, &input) == api::kSuccess;
}

// Accessors of a table inside an entry come from an entry made for the purpose.
bool find_fields(Plugin& plugin, const api::InitTablesInput& tables) {
  plugin.threads = tables.get_table(plugin.owner, "threads", api::kStateInt64);
  if (plugin.threads == nullptr) return false;
  plugin.comm = tables.fields_ext->get_table_field(plugin.threads, "comm", api::kStateString);
  plugin.cgroups = tables.fields_ext->get_table_field(plugin.threads, "cgroups", api::kStateTable);
  plugin.tag = tables.fields_ext->add_table_field(plugin.threads, "tag", api::kStateString);
  if (plugin.comm == nullptr || plugin.cgroups == nullptr || plugin.tag == nullptr) return false;
  api::TableEntry* entry = tables.writer_ext->create_table_entry(plugin.threads);
  api::StateData data{};
  tables.reader_ext->read_entry_field(plugin.threads, entry, plugin.cgroups, &data);
  plugin.second = tables.fields_ext->get_table_field(data.table, "second", api::kStateString);
  tables.writer_ext->destroy_table_entry(plugin.threads, entry);
  return plugin.second != nullptr;
}

api::Rc push(Plugin& plugin, api::AsyncEventHandler handler, const char* name, std::string data) {
  const host::EventBytes bytes = host::make_async(UINT64_MAX, name, data);
  char error[api::kMaxErrorLength] = {};
  const api::Rc rc = handler(plugin.owner, reinterpret_cast<const api::Event*>(bytes.data()), error);
  if (rc != api::kSuccess) plugin.error = error;
  return rc;
}

[[maybe_unused]] std::string first_cgroup(Plugin& plugin, const api::TableReader& reader,
                                          api::TableEntry* thread) {
  api::StateData list{};
  if (reader.read_entry_field(plugin.threads, thread, plugin.cgroups, &list) != api::kSuccess) return {};
  api::StateData key{};
  key.u64 = 0;
  api::TableEntry* entry = reader.get_table_entry(list.table, &key);
  if (entry == nullptr) return {};
  api::StateData value{};
  const api::Rc rc = reader.read_entry_field(list.table, entry, plugin.second, &value);
  std::string out = rc == api::kSuccess ? value.str : "";
  reader.release_table_entry(list.table, entry);
  return out;
}

}  // namespace

EXPORT const char* plugin_get_required_api_version() {
  switch (kFlaw) {
    case kNewerApi:
      return "3.99.0";
    case kOtherMajor:
      return "4.0.0";
    case kBadVersion:
      return "three";
    default:
      return "3.10.0";
  }
}
EXPORT const char* plugin_get_name() {
  return "test";
}
EXPORT const char* plugin_get_description() {
  return "for the tests of the host";
}
EXPORT const char* plugin_get_contact() {
  return "none";
}
EXPORT const char* plugin_get_version() {
  return "0.0.1";
}
EXPORT const char* plugin_get_last_error(void* state) {
  return plugin_of(state)->error.c_str();
}

EXPORT void* plugin_init(const api::InitInput* input, api::Rc* rc) {
  auto* plugin = new Plugin;
  plugin->config = input->config;
  plugin->owner = input->owner;
  plugin->log = input->log_fn;
  plugin->owner_error = input->get_owner_last_error;
  plugin->leak = plugin->config == "leak";
  *rc = api::kSuccess;
  if (plugin->config == "refuse") {
    plugin->error = "the configuration says refuse";
    *rc = api::kFailure;
  } else if (!find_fields(*plugin, *input->tables) ||
             (plugin->config != "unpublished" && !publish(*plugin, *input->tables))) {
    plugin->error = input->get_owner_last_error(input->owner);
    *rc = api::kFailure;
  }
  plugin->log(plugin->owner, nullptr, "started", api::kLogInfo);
  return plugin;
}

#if PLUGIN_FLAW != 3
EXPORT void plugin_destroy(void* state) {
  Plugin* plugin = plugin_of(state);
  plugin->log(plugin->owner, "test", "destroyed", api::kLogInfo);
  delete plugin;
}
#endif

EXPORT const char* plugin_get_fields() {
  if (kFlaw == kBadFields) return R"([{"name":"test.text","type":"text","desc":"x"}])";
  return R"([{"name":"test.text","type":"string","desc":"the thread's comm"},
    {"name":"test.count","type":"uint64","desc":"events parsed"},
    {"name":"test.flag","type":"bool","desc":"always true"},
    {"name":"test.echo","type":"string","desc":"its argument","arg":{"isRequired":true,"isKey":true,"isIndex":true}},
    {"name":"test.list","type":"string","isList":true,"desc":"two values"},
    {"name":"test.cgroup","type":"string","desc":"the thread's first cgroup path","addOutput":true},
    {"name":"test.fails","type":"string","desc":"cannot be extracted"}])";
}

#if PLUGIN_FLAW != 4
EXPORT api::Rc plugin_extract_fields(void* state, const api::EventInput* event,
                                     const api::FieldExtractInput* input) {
  Plugin& plugin = *plugin_of(state);
  api::ExtractField& field = input->fields[0];
  field.res_len = 0;
  if (field.field_id == 6) {
    plugin.error = "this field cannot be extracted";
    return api::kFailure;
  }
  if (field.field_id == 0 || field.field_id == 5) {
    const api::TableReader& reader = *input->table_reader_ext;
    api::StateData key{};
    key.s64 = static_cast<int64_t>(event->evt->tid);
    api::TableEntry* entry = reader.get_table_entry(plugin.threads, &key);
    if (entry == nullptr) return api::kSuccess;
    if (field.field_id == 0) {
      api::StateData value{};
      reader.read_entry_field(plugin.threads, entry, plugin.comm, &value);
      plugin.text = value.str;
    } else {
      plugin.text = first_cgroup(plugin, reader, entry);
    }
    if (!plugin.leak) reader.release_table_entry(plugin.threads, entry);
  }
  if (field.field_id == 3) {
    plugin.text = std::string(field.arg_key) + "/" + std::to_string(field.arg_index);
  }
  plugin.text_result = plugin.text.c_str();
  plugin.number_result = plugin.parsed;
  field.res_len = field.field_id == 4 ? 2 : 1;
  if (field.field_id == 1)
    field.res.u64 = &plugin.number_result;
  else if (field.field_id == 2)
    field.res.boolean = &plugin.flag_result;
  else if (field.field_id == 4)
    field.res.str = plugin.list_result.data();
  else
    field.res.str = &plugin.text_result;
  return api::kSuccess;
}
#endif

EXPORT uint16_t* plugin_get_parse_event_types(uint32_t* count, void*) {
  static uint16_t types[] = {api::kEventCloneExit, api::kEventExecve19Exit, api::kEventAsync};
  *count = 3;
  return types;
}

EXPORT api::Rc plugin_parse_event(void* state, const api::EventInput* event,
                                  const api::EventParseInput* input) {
  Plugin& plugin = *plugin_of(state);
  ++plugin.parsed;
  // Against the rules when the handler was taken back: the host must refuse it.
  if (plugin.config == "late" && plugin.handler != nullptr) push(plugin, plugin.handler, "hello", "late");
  api::StateData key{};
  key.s64 = static_cast<int64_t>(event->evt->tid);
  api::TableEntry* entry = input->table_reader_ext->get_table_entry(plugin.threads, &key);
  if (entry == nullptr) {
    plugin.error = plugin.owner_error(plugin.owner);
    return api::kFailure;
  }
  api::StateData tag{};
  tag.str = "tagged";
  input->table_writer_ext->write_entry_field(plugin.threads, entry, plugin.tag, &tag);
  input->table_reader_ext->release_table_entry(plugin.threads, entry);
  return api::kSuccess;
}

EXPORT const char* plugin_get_async_events() {
  return R"(["hello"])";
}

EXPORT api::Rc plugin_set_async_event_handler(void* state, api::Owner*, api::AsyncEventHandler handler) {
  Plugin& plugin = *plugin_of(state);
  if (plugin.pusher.joinable()) plugin.pusher.join();
  if (handler == nullptr) {
    if (plugin.config != "late") plugin.handler = nullptr;
    return api::kSuccess;
  }
  plugin.handler = handler;
  plugin.pusher = std::thread([&plugin, handler] {
    push(plugin, handler, "hello", "world");
    push(plugin, handler, "unlisted", "refused");
  });
  return api::kSuccess;
}

EXPORT api::Rc plugin_dump_state(void* state, api::Owner*, api::AsyncEventHandler handler) {
  return push(*plugin_of(state), handler, "hello", "dumped");
}

EXPORT api::Metric* plugin_get_metrics(void* state, uint32_t* count) {
  static api::Metric metrics[1];
  metrics[0].name = "parsed";
  metrics[0].type = api::kMetricMonotonic;
  metrics[0].value_type = api::kMetricU64;
  metrics[0].value.u64 = plugin_of(state)->parsed;
  *count = 1;
  return metrics;
}

EXPORT api::Rc plugin_capture_open(void* state, const api::CaptureListenInput* input) {
  Plugin& plugin = *plugin_of(state);
  if (plugin.config == "closed") {
    plugin.error = "no capture today";
    return api::kFailure;
  }
  struct Walk {
    Plugin& plugin;
    const api::CaptureListenInput& input;
  } walk{plugin, *input};
  input->table_reader_ext->iterate_entries(
      plugin.threads,
      [](api::IteratorState* opaque, api::TableEntry* entry) -> api::Bool {
        auto& w = *static_cast<Walk*>(opaque);
        api::StateData tag{};
        tag.str = "walked";
        w.input.table_writer_ext->write_entry_field(w.plugin.threads, entry, w.plugin.tag, &tag);
        return 1;
      },
      &walk);
  return api::kSuccess;
}

EXPORT api::Rc plugin_capture_close(void*, const api::CaptureListenInput*) {
  return api::kSuccess;
}
