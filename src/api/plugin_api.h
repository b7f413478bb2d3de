// The C interface between a Falco plugin and its host, version 3.10.0, as our own declarations.
// Shared by the plugin (src/plugin/) and the host (host/); plain C layouts, no code.
// Source of the facts: plugin_api.h and plugin_types.h of Debian's libfalcosecurity0-dev 0.20.0; tests/api
// compares every size, offset and number here with the packages of 0.20 (API 3.10) and 0.23 (API 3.12).
#pragma once

#include <cstddef>
#include <cstdint>

namespace api {

inline constexpr const char* kRequiredApiVersion = "3.10.0";
inline constexpr size_t kMaxErrorLength = 1024;  // bytes of the async handler's error buffer

using Bool = uint32_t;

// Opaque things of the host and of the plugin.
using Owner = void;
using PluginState = void;
using Table = void;
using TableEntry = void;
using TableField = void;
using Routine = void;
using RoutineState = void;
using IteratorState = void;

enum Rc : int32_t { kSuccess = 0, kFailure = 1, kTimeout = -1, kEof = 2, kNotSupported = 3 };

enum FieldType : uint32_t {
  kFieldUint64 = 8,
  kFieldString = 9,
  kFieldReltime = 20,  // ns
  kFieldAbstime = 21,  // ns since the epoch
  kFieldBool = 25,
  kFieldIpAddr = 40,
  kFieldIpNet = 41,
};

enum SchemaType : uint32_t { kSchemaNone = 0, kSchemaJson = 1 };

enum StateType : uint32_t {
  kStateInt8 = 1,
  kStateInt16 = 2,
  kStateInt32 = 3,
  kStateInt64 = 4,
  kStateUint8 = 5,
  kStateUint16 = 6,
  kStateUint32 = 7,
  kStateUint64 = 8,
  kStateString = 9,
  kStateTable = 10,
  kStateBool = 25,
};

enum LogSeverity : uint32_t {
  kLogFatal = 1,
  kLogCritical = 2,
  kLogError = 3,
  kLogWarning = 4,
  kLogNotice = 5,
  kLogInfo = 6,
  kLogDebug = 7,
  kLogTrace = 8,
};

enum MetricValueType : uint32_t {
  kMetricU32 = 0,
  kMetricS32 = 1,
  kMetricU64 = 2,
  kMetricS64 = 3,
  kMetricDouble = 4,
  kMetricFloat = 5,
  kMetricInt = 6,
};

enum MetricType : uint32_t { kMetricMonotonic = 0, kMetricNonMonotonic = 1 };

// Header of an event in memory, 26 bytes without padding. The parameters' lengths follow, then their values,
// all of them unaligned.
#pragma pack(push, 1)
struct Event {
  uint64_t ts;   // ns since the epoch; UINT64_MAX lets the host fill it in
  uint64_t tid;  // thread that made the event
  uint32_t len;  // bytes in all, this header included
  uint16_t type;
  uint32_t nparams;
};
#pragma pack(pop)
static_assert(sizeof(Event) == 26);

struct EventInput {
  const Event* evt;
  uint64_t evtnum;
  const char* evtsrc;
};

struct ByteBuffer {
  uint32_t len;
  const void* ptr;
};

struct ExtractField {
  union {
    const char** str;
    uint64_t* u64;
    uint32_t* u32;
    Bool* boolean;
    ByteBuffer* buf;
  } res;             // out: array of values, owned by the plugin until the next extraction
  uint64_t res_len;  // out: 0 when there is no value, else 1 for fields that are no lists
  uint32_t field_id;
  const char* field;
  const char* arg_key;
  uint64_t arg_index;
  Bool arg_present;
  uint32_t ftype;
  Bool flist;
};

union StateData {
  int8_t s8;
  int16_t s16;
  int32_t s32;
  int64_t s64;
  uint8_t u8;
  uint16_t u16;
  uint32_t u32;
  uint64_t u64;
  const char* str;
  Bool b;
  Table* table;
};

struct TableInfo {
  const char* name;
  StateType key_type;
};

struct TableFieldInfo {
  const char* name;
  StateType field_type;
  Bool read_only;
};

// The three function tables of a state table. The API carries each twice: an older, shorter form by value
// and the present one by pointer.
struct TableFields {
  const TableFieldInfo* (*list_table_fields)(Table*, uint32_t* count);
  TableField* (*get_table_field)(Table*, const char* name, StateType);
  TableField* (*add_table_field)(Table*, const char* name, StateType);
};

struct TableReaderOld {
  const char* (*get_table_name)(Table*);
  uint64_t (*get_table_size)(Table*);
  TableEntry* (*get_table_entry)(Table*, const StateData* key);
  Rc (*read_entry_field)(Table*, TableEntry*, const TableField*, StateData* out);
};

using TableIterator = Bool (*)(IteratorState*, TableEntry*);

struct TableReader {
  const char* (*get_table_name)(Table*);
  uint64_t (*get_table_size)(Table*);
  TableEntry* (*get_table_entry)(Table*, const StateData* key);
  Rc (*read_entry_field)(Table*, TableEntry*, const TableField*, StateData* out);
  void (*release_table_entry)(Table*, TableEntry*);
  Bool (*iterate_entries)(Table*, TableIterator, IteratorState*);
};

struct TableWriter {
  Rc (*clear_table)(Table*);
  Rc (*erase_table_entry)(Table*, const StateData* key);
  TableEntry* (*create_table_entry)(Table*);
  void (*destroy_table_entry)(Table*, TableEntry*);
  TableEntry* (*add_table_entry)(Table*, const StateData* key, TableEntry*);
  Rc (*write_entry_field)(Table*, TableEntry*, const TableField*, const StateData* in);
};
using TableWriterOld = TableWriter;  // same members in both forms

// What a plugin hands over to publish a table of its own.
struct TableInput {
  const char* name;
  StateType key_type;
  Table* table;
  TableReaderOld reader;
  TableWriterOld writer;
  TableFields fields;
  TableReader* reader_ext;
  TableWriter* writer_ext;
  TableFields* fields_ext;
};

struct InitTablesInput {
  TableInfo* (*list_tables)(Owner*, uint32_t* count);
  Table* (*get_table)(Owner*, const char* name, StateType key_type);
  Rc (*add_table)(Owner*, const TableInput*);
  TableFields fields;
  TableFields* fields_ext;
  TableReader* reader_ext;
  TableWriter* writer_ext;
};

using LogFn = void (*)(Owner*, const char* component, const char* message, LogSeverity);

struct InitInput {
  const char* config;
  Owner* owner;
  const char* (*get_owner_last_error)(Owner*);
  const InitTablesInput* tables;
  LogFn log_fn;
};

struct FieldExtractInput {
  Owner* owner;
  const char* (*get_owner_last_error)(Owner*);
  uint32_t num_fields;
  ExtractField* fields;
  TableReaderOld table_reader;
  TableReader* table_reader_ext;
};

struct EventParseInput {
  Owner* owner;
  const char* (*get_owner_last_error)(Owner*);
  TableReaderOld table_reader;
  TableWriterOld table_writer;
  TableReader* table_reader_ext;
  TableWriter* table_writer_ext;
};

struct SetConfigInput {
  const char* config;
};

struct RoutineTable {
  Routine* (*subscribe)(Owner*, Bool (*fn)(PluginState*, RoutineState*), RoutineState*);
  Rc (*unsubscribe)(Owner*, Routine*);
};

struct CaptureListenInput {
  Owner* owner;
  RoutineTable* routine;
  TableReader* table_reader_ext;
  TableWriter* table_writer_ext;
  const char* (*get_owner_last_error)(Owner*);
};

// err: nullptr or kMaxErrorLength bytes, filled in on failure.
using AsyncEventHandler = Rc (*)(Owner*, const Event*, char* err);

union MetricValue {
  uint32_t u32;
  int32_t s32;
  uint64_t u64;
  int64_t s64;
  double d;
  float f;
  int i;
};

struct Metric {
  const char* name;
  MetricType type;
  MetricValue value;
  MetricValueType value_type;
};

// Types of the functions that a plugin exports as plugin_<name>. A host looks them up by name.
using GetStringFn = const char* (*)();
using GetInitSchemaFn = const char* (*)(SchemaType*);
using InitFn = PluginState* (*)(const InitInput*, Rc*);
using DestroyFn = void (*)(PluginState*);
using GetLastErrorFn = const char* (*)(PluginState*);
using GetRequiredEventSchemaVersionFn = const char* (*)(PluginState*);
using GetEventTypesFn = uint16_t* (*)(uint32_t* count, PluginState*);
using ExtractFieldsFn = Rc (*)(PluginState*, const EventInput*, const FieldExtractInput*);
using ParseEventFn = Rc (*)(PluginState*, const EventInput*, const EventParseInput*);
using SetAsyncEventHandlerFn = Rc (*)(PluginState*, Owner*, AsyncEventHandler);
using DumpStateFn = Rc (*)(PluginState*, Owner*, AsyncEventHandler);
using SetConfigFn = Rc (*)(PluginState*, const SetConfigInput*);
using GetMetricsFn = Metric* (*)(PluginState*, uint32_t* count);
using CaptureFn = Rc (*)(PluginState*, const CaptureListenInput*);

}  // namespace api
