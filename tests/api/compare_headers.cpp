// Compares src/api/ with the headers that Falco's developers ship: nothing runs, the assertions are the test.
// Compiled by compare_headers.sh once per packaged version; EXPECTED_API_MINOR says which one it must be.
#include <plugin/plugin_api.h>

#include <cstddef>
#include <type_traits>

#include "api/events.h"
#include "api/plugin_api.h"
#include "driver/ppm_events_public.h"

namespace {

static_assert(PLUGIN_API_VERSION_MAJOR == 3);
static_assert(PLUGIN_API_VERSION_MINOR == EXPECTED_API_MINOR);
static_assert(PLUGIN_MAX_ERRLEN == api::kMaxErrorLength);

consteval int number_at(const char* text, int index) {
  int value = 0;
  for (; *text != '\0'; ++text) {
    if (*text == '.') {
      if (index-- == 0) break;
      value = 0;
    } else {
      value = value * 10 + (*text - '0');
    }
  }
  return value;
}
// What the plugin asks for must be what every supported host offers.
static_assert(number_at(api::kRequiredApiVersion, 0) == PLUGIN_API_VERSION_MAJOR);
static_assert(number_at(api::kRequiredApiVersion, 1) <= PLUGIN_API_VERSION_MINOR);

// Are values of types A and B passed in the same way? Pointers to data all are; numbers need the same size
// and sign; pointers to functions the same number of arguments, each passed in the same way.
template <typename A, typename B>
struct SameCall;
template <typename A, typename B>
consteval bool same_passing() {
  if constexpr (std::is_void_v<A> || std::is_void_v<B>) {
    return std::is_void_v<A> && std::is_void_v<B>;
  } else if constexpr (std::is_pointer_v<A> && std::is_pointer_v<B>) {
    using ToA = std::remove_pointer_t<A>;
    using ToB = std::remove_pointer_t<B>;
    if constexpr (std::is_function_v<ToA> || std::is_function_v<ToB>) {
      return SameCall<ToA, ToB>::value;
    } else {
      return std::is_const_v<ToA> == std::is_const_v<ToB>;
    }
  } else if constexpr (std::is_enum_v<A>) {
    return same_passing<std::underlying_type_t<A>, B>();
  } else if constexpr (std::is_enum_v<B>) {
    return same_passing<A, std::underlying_type_t<B>>();
  } else if constexpr (std::is_arithmetic_v<A> && std::is_arithmetic_v<B>) {
    return sizeof(A) == sizeof(B) && std::is_signed_v<A> == std::is_signed_v<B> &&
           std::is_floating_point_v<A> == std::is_floating_point_v<B>;
  } else {
    const bool structs = std::is_class_v<A> && std::is_class_v<B>;
    const bool unions = std::is_union_v<A> && std::is_union_v<B>;
    return (structs || unions) && sizeof(A) == sizeof(B);
  }
}
template <typename A, typename B>
struct SameCall : std::false_type {};
template <typename RA, typename... ArgsA, typename RB, typename... ArgsB>
requires(sizeof...(ArgsA) == sizeof...(ArgsB)) struct SameCall<RA(ArgsA...), RB(ArgsB...)>
    : std::bool_constant<same_passing<RA, RB>() && (same_passing<ArgsA, ArgsB>() && ...)> {
};

// offsetof takes names, so this cannot be a function.
#define SAME_MEMBER_AS(ours, our_member, theirs, their_member)                      \
  static_assert(offsetof(api::ours, our_member) == offsetof(theirs, their_member)); \
  static_assert(same_passing<decltype(api::ours::our_member), decltype(theirs::their_member)>())
#define SAME_MEMBER(ours, theirs, member) SAME_MEMBER_AS(ours, member, theirs, member)
#define SAME_SIZE(ours, theirs) \
  static_assert(sizeof(api::ours) == sizeof(theirs) && alignof(api::ours) == alignof(theirs))
#define SAME_NUMBER(ours, theirs) static_assert(static_cast<long long>(api::ours) == (theirs))
#define SAME_FUNCTION(ours, member) static_assert(same_passing<api::ours, decltype(plugin_api::member)>())

SAME_SIZE(Bool, ss_plugin_bool);
SAME_SIZE(Rc, ss_plugin_rc);
SAME_NUMBER(kSuccess, SS_PLUGIN_SUCCESS);
SAME_NUMBER(kFailure, SS_PLUGIN_FAILURE);
SAME_NUMBER(kTimeout, SS_PLUGIN_TIMEOUT);
SAME_NUMBER(kEof, SS_PLUGIN_EOF);
SAME_NUMBER(kNotSupported, SS_PLUGIN_NOT_SUPPORTED);

SAME_SIZE(FieldType, ss_plugin_field_type);
SAME_NUMBER(kFieldUint64, FTYPE_UINT64);
SAME_NUMBER(kFieldString, FTYPE_STRING);
SAME_NUMBER(kFieldReltime, FTYPE_RELTIME);
SAME_NUMBER(kFieldAbstime, FTYPE_ABSTIME);
SAME_NUMBER(kFieldBool, FTYPE_BOOL);
SAME_NUMBER(kFieldIpAddr, FTYPE_IPADDR);
SAME_NUMBER(kFieldIpNet, FTYPE_IPNET);

SAME_SIZE(SchemaType, ss_plugin_schema_type);
SAME_NUMBER(kSchemaNone, SS_PLUGIN_SCHEMA_NONE);
SAME_NUMBER(kSchemaJson, SS_PLUGIN_SCHEMA_JSON);

SAME_SIZE(StateType, ss_plugin_state_type);
SAME_NUMBER(kStateInt8, SS_PLUGIN_ST_INT8);
SAME_NUMBER(kStateInt16, SS_PLUGIN_ST_INT16);
SAME_NUMBER(kStateInt32, SS_PLUGIN_ST_INT32);
SAME_NUMBER(kStateInt64, SS_PLUGIN_ST_INT64);
SAME_NUMBER(kStateUint8, SS_PLUGIN_ST_UINT8);
SAME_NUMBER(kStateUint16, SS_PLUGIN_ST_UINT16);
SAME_NUMBER(kStateUint32, SS_PLUGIN_ST_UINT32);
SAME_NUMBER(kStateUint64, SS_PLUGIN_ST_UINT64);
SAME_NUMBER(kStateString, SS_PLUGIN_ST_STRING);
SAME_NUMBER(kStateTable, SS_PLUGIN_ST_TABLE);
SAME_NUMBER(kStateBool, SS_PLUGIN_ST_BOOL);

SAME_SIZE(LogSeverity, ss_plugin_log_severity);
SAME_NUMBER(kLogFatal, SS_PLUGIN_LOG_SEV_FATAL);
SAME_NUMBER(kLogCritical, SS_PLUGIN_LOG_SEV_CRITICAL);
SAME_NUMBER(kLogError, SS_PLUGIN_LOG_SEV_ERROR);
SAME_NUMBER(kLogWarning, SS_PLUGIN_LOG_SEV_WARNING);
SAME_NUMBER(kLogNotice, SS_PLUGIN_LOG_SEV_NOTICE);
SAME_NUMBER(kLogInfo, SS_PLUGIN_LOG_SEV_INFO);
SAME_NUMBER(kLogDebug, SS_PLUGIN_LOG_SEV_DEBUG);
SAME_NUMBER(kLogTrace, SS_PLUGIN_LOG_SEV_TRACE);

SAME_SIZE(MetricValueType, ss_plugin_metric_value_type);
SAME_NUMBER(kMetricU32, SS_PLUGIN_METRIC_VALUE_TYPE_U32);
SAME_NUMBER(kMetricS32, SS_PLUGIN_METRIC_VALUE_TYPE_S32);
SAME_NUMBER(kMetricU64, SS_PLUGIN_METRIC_VALUE_TYPE_U64);
SAME_NUMBER(kMetricS64, SS_PLUGIN_METRIC_VALUE_TYPE_S64);
SAME_NUMBER(kMetricDouble, SS_PLUGIN_METRIC_VALUE_TYPE_D);
SAME_NUMBER(kMetricFloat, SS_PLUGIN_METRIC_VALUE_TYPE_F);
SAME_NUMBER(kMetricInt, SS_PLUGIN_METRIC_VALUE_TYPE_I);
SAME_SIZE(MetricType, ss_plugin_metric_type);
SAME_NUMBER(kMetricMonotonic, SS_PLUGIN_METRIC_TYPE_MONOTONIC);
SAME_NUMBER(kMetricNonMonotonic, SS_PLUGIN_METRIC_TYPE_NON_MONOTONIC);

SAME_SIZE(Event, ss_plugin_event);
SAME_MEMBER(Event, ss_plugin_event, ts);
SAME_MEMBER(Event, ss_plugin_event, tid);
SAME_MEMBER(Event, ss_plugin_event, len);
SAME_MEMBER(Event, ss_plugin_event, type);
SAME_MEMBER(Event, ss_plugin_event, nparams);

SAME_SIZE(EventInput, ss_plugin_event_input);
SAME_MEMBER(EventInput, ss_plugin_event_input, evt);
SAME_MEMBER(EventInput, ss_plugin_event_input, evtnum);
SAME_MEMBER(EventInput, ss_plugin_event_input, evtsrc);

SAME_SIZE(ByteBuffer, ss_plugin_byte_buffer);
SAME_MEMBER(ByteBuffer, ss_plugin_byte_buffer, len);
SAME_MEMBER(ByteBuffer, ss_plugin_byte_buffer, ptr);

SAME_SIZE(ExtractField, ss_plugin_extract_field);
SAME_MEMBER(ExtractField, ss_plugin_extract_field, res);
SAME_MEMBER(ExtractField, ss_plugin_extract_field, res.str);
SAME_MEMBER(ExtractField, ss_plugin_extract_field, res_len);
SAME_MEMBER(ExtractField, ss_plugin_extract_field, field_id);
SAME_MEMBER(ExtractField, ss_plugin_extract_field, field);
SAME_MEMBER(ExtractField, ss_plugin_extract_field, arg_key);
SAME_MEMBER(ExtractField, ss_plugin_extract_field, arg_index);
SAME_MEMBER(ExtractField, ss_plugin_extract_field, arg_present);
SAME_MEMBER(ExtractField, ss_plugin_extract_field, ftype);
SAME_MEMBER(ExtractField, ss_plugin_extract_field, flist);

SAME_SIZE(StateData, ss_plugin_state_data);
SAME_MEMBER(StateData, ss_plugin_state_data, s8);
SAME_MEMBER(StateData, ss_plugin_state_data, s16);
SAME_MEMBER(StateData, ss_plugin_state_data, s32);
SAME_MEMBER(StateData, ss_plugin_state_data, s64);
SAME_MEMBER(StateData, ss_plugin_state_data, u8);
SAME_MEMBER(StateData, ss_plugin_state_data, u16);
SAME_MEMBER(StateData, ss_plugin_state_data, u32);
SAME_MEMBER(StateData, ss_plugin_state_data, u64);
SAME_MEMBER(StateData, ss_plugin_state_data, str);
SAME_MEMBER(StateData, ss_plugin_state_data, b);
SAME_MEMBER(StateData, ss_plugin_state_data, table);

SAME_SIZE(TableInfo, ss_plugin_table_info);
SAME_MEMBER(TableInfo, ss_plugin_table_info, name);
SAME_MEMBER(TableInfo, ss_plugin_table_info, key_type);
SAME_SIZE(TableFieldInfo, ss_plugin_table_fieldinfo);
SAME_MEMBER(TableFieldInfo, ss_plugin_table_fieldinfo, name);
SAME_MEMBER(TableFieldInfo, ss_plugin_table_fieldinfo, field_type);
SAME_MEMBER(TableFieldInfo, ss_plugin_table_fieldinfo, read_only);

#define SAME_FIELDS_TABLE(theirs)                      \
  SAME_SIZE(TableFields, theirs);                      \
  SAME_MEMBER(TableFields, theirs, list_table_fields); \
  SAME_MEMBER(TableFields, theirs, get_table_field);   \
  SAME_MEMBER(TableFields, theirs, add_table_field)
SAME_FIELDS_TABLE(ss_plugin_table_fields_vtable);
SAME_FIELDS_TABLE(ss_plugin_table_fields_vtable_ext);

SAME_SIZE(TableReaderOld, ss_plugin_table_reader_vtable);
SAME_MEMBER(TableReaderOld, ss_plugin_table_reader_vtable, get_table_name);
SAME_MEMBER(TableReaderOld, ss_plugin_table_reader_vtable, get_table_size);
SAME_MEMBER(TableReaderOld, ss_plugin_table_reader_vtable, get_table_entry);
SAME_MEMBER(TableReaderOld, ss_plugin_table_reader_vtable, read_entry_field);

SAME_SIZE(TableReader, ss_plugin_table_reader_vtable_ext);
SAME_MEMBER(TableReader, ss_plugin_table_reader_vtable_ext, get_table_name);
SAME_MEMBER(TableReader, ss_plugin_table_reader_vtable_ext, get_table_size);
SAME_MEMBER(TableReader, ss_plugin_table_reader_vtable_ext, get_table_entry);
SAME_MEMBER(TableReader, ss_plugin_table_reader_vtable_ext, read_entry_field);
SAME_MEMBER(TableReader, ss_plugin_table_reader_vtable_ext, release_table_entry);
SAME_MEMBER(TableReader, ss_plugin_table_reader_vtable_ext, iterate_entries);
static_assert(same_passing<api::TableIterator, ss_plugin_table_iterator_func_t>());

#define SAME_WRITER(theirs)                              \
  SAME_SIZE(TableWriter, theirs);                        \
  SAME_MEMBER(TableWriter, theirs, clear_table);         \
  SAME_MEMBER(TableWriter, theirs, erase_table_entry);   \
  SAME_MEMBER(TableWriter, theirs, create_table_entry);  \
  SAME_MEMBER(TableWriter, theirs, destroy_table_entry); \
  SAME_MEMBER(TableWriter, theirs, add_table_entry);     \
  SAME_MEMBER(TableWriter, theirs, write_entry_field)
SAME_WRITER(ss_plugin_table_writer_vtable);
SAME_WRITER(ss_plugin_table_writer_vtable_ext);

SAME_SIZE(TableInput, ss_plugin_table_input);
SAME_MEMBER(TableInput, ss_plugin_table_input, name);
SAME_MEMBER(TableInput, ss_plugin_table_input, key_type);
SAME_MEMBER(TableInput, ss_plugin_table_input, table);
SAME_MEMBER(TableInput, ss_plugin_table_input, reader);
SAME_MEMBER(TableInput, ss_plugin_table_input, writer);
SAME_MEMBER(TableInput, ss_plugin_table_input, fields);
SAME_MEMBER(TableInput, ss_plugin_table_input, reader_ext);
SAME_MEMBER(TableInput, ss_plugin_table_input, writer_ext);
SAME_MEMBER(TableInput, ss_plugin_table_input, fields_ext);

SAME_SIZE(InitTablesInput, ss_plugin_init_tables_input);
SAME_MEMBER(InitTablesInput, ss_plugin_init_tables_input, list_tables);
SAME_MEMBER(InitTablesInput, ss_plugin_init_tables_input, get_table);
SAME_MEMBER(InitTablesInput, ss_plugin_init_tables_input, add_table);
SAME_MEMBER(InitTablesInput, ss_plugin_init_tables_input, fields);
SAME_MEMBER(InitTablesInput, ss_plugin_init_tables_input, fields_ext);
SAME_MEMBER(InitTablesInput, ss_plugin_init_tables_input, reader_ext);
SAME_MEMBER(InitTablesInput, ss_plugin_init_tables_input, writer_ext);
static_assert(same_passing<api::LogFn, ss_plugin_log_fn_t>());

SAME_SIZE(InitInput, ss_plugin_init_input);
SAME_MEMBER(InitInput, ss_plugin_init_input, config);
SAME_MEMBER(InitInput, ss_plugin_init_input, owner);
SAME_MEMBER(InitInput, ss_plugin_init_input, get_owner_last_error);
SAME_MEMBER(InitInput, ss_plugin_init_input, tables);
SAME_MEMBER(InitInput, ss_plugin_init_input, log_fn);

// Newer hosts may append members: ours is a prefix of theirs.
static_assert(sizeof(api::FieldExtractInput) <= sizeof(ss_plugin_field_extract_input));
SAME_MEMBER(FieldExtractInput, ss_plugin_field_extract_input, owner);
SAME_MEMBER(FieldExtractInput, ss_plugin_field_extract_input, get_owner_last_error);
SAME_MEMBER(FieldExtractInput, ss_plugin_field_extract_input, num_fields);
SAME_MEMBER(FieldExtractInput, ss_plugin_field_extract_input, fields);
SAME_MEMBER(FieldExtractInput, ss_plugin_field_extract_input, table_reader);
SAME_MEMBER(FieldExtractInput, ss_plugin_field_extract_input, table_reader_ext);

SAME_SIZE(EventParseInput, ss_plugin_event_parse_input);
SAME_MEMBER(EventParseInput, ss_plugin_event_parse_input, owner);
SAME_MEMBER(EventParseInput, ss_plugin_event_parse_input, get_owner_last_error);
SAME_MEMBER(EventParseInput, ss_plugin_event_parse_input, table_reader);
SAME_MEMBER(EventParseInput, ss_plugin_event_parse_input, table_writer);
SAME_MEMBER(EventParseInput, ss_plugin_event_parse_input, table_reader_ext);
SAME_MEMBER(EventParseInput, ss_plugin_event_parse_input, table_writer_ext);

SAME_SIZE(SetConfigInput, ss_plugin_set_config_input);
SAME_MEMBER(SetConfigInput, ss_plugin_set_config_input, config);

SAME_SIZE(RoutineTable, ss_plugin_routine_vtable);
SAME_MEMBER(RoutineTable, ss_plugin_routine_vtable, subscribe);
SAME_MEMBER(RoutineTable, ss_plugin_routine_vtable, unsubscribe);

SAME_SIZE(CaptureListenInput, ss_plugin_capture_listen_input);
SAME_MEMBER(CaptureListenInput, ss_plugin_capture_listen_input, owner);
SAME_MEMBER(CaptureListenInput, ss_plugin_capture_listen_input, routine);
SAME_MEMBER(CaptureListenInput, ss_plugin_capture_listen_input, table_reader_ext);
SAME_MEMBER(CaptureListenInput, ss_plugin_capture_listen_input, table_writer_ext);
SAME_MEMBER(CaptureListenInput, ss_plugin_capture_listen_input, get_owner_last_error);
static_assert(same_passing<api::AsyncEventHandler, ss_plugin_async_event_handler_t>());

SAME_SIZE(MetricValue, ss_plugin_metric_value);
SAME_MEMBER(MetricValue, ss_plugin_metric_value, u32);
SAME_MEMBER(MetricValue, ss_plugin_metric_value, s32);
SAME_MEMBER(MetricValue, ss_plugin_metric_value, u64);
SAME_MEMBER(MetricValue, ss_plugin_metric_value, s64);
SAME_MEMBER(MetricValue, ss_plugin_metric_value, d);
SAME_MEMBER(MetricValue, ss_plugin_metric_value, f);
SAME_MEMBER(MetricValue, ss_plugin_metric_value, i);
SAME_SIZE(Metric, ss_plugin_metric);
SAME_MEMBER(Metric, ss_plugin_metric, name);
SAME_MEMBER(Metric, ss_plugin_metric, type);
SAME_MEMBER(Metric, ss_plugin_metric, value);
SAME_MEMBER(Metric, ss_plugin_metric, value_type);

// The functions that the plugin exports.
SAME_FUNCTION(GetStringFn, get_required_api_version);
SAME_FUNCTION(GetStringFn, get_name);
SAME_FUNCTION(GetStringFn, get_description);
SAME_FUNCTION(GetStringFn, get_contact);
SAME_FUNCTION(GetStringFn, get_version);
SAME_FUNCTION(GetInitSchemaFn, get_init_schema);
SAME_FUNCTION(InitFn, init);
SAME_FUNCTION(DestroyFn, destroy);
SAME_FUNCTION(GetLastErrorFn, get_last_error);
SAME_FUNCTION(GetEventTypesFn, get_extract_event_types);
SAME_FUNCTION(GetStringFn, get_extract_event_sources);
SAME_FUNCTION(GetStringFn, get_fields);
SAME_FUNCTION(ExtractFieldsFn, extract_fields);
SAME_FUNCTION(GetEventTypesFn, get_parse_event_types);
SAME_FUNCTION(GetStringFn, get_parse_event_sources);
SAME_FUNCTION(ParseEventFn, parse_event);
SAME_FUNCTION(GetStringFn, get_async_event_sources);
SAME_FUNCTION(GetStringFn, get_async_events);
SAME_FUNCTION(SetAsyncEventHandlerFn, set_async_event_handler);
SAME_FUNCTION(DumpStateFn, dump_state);
SAME_FUNCTION(SetConfigFn, set_config);
SAME_FUNCTION(GetMetricsFn, get_metrics);
SAME_FUNCTION(CaptureFn, capture_open);
SAME_FUNCTION(CaptureFn, capture_close);
#if EXPECTED_API_MINOR >= 12
SAME_FUNCTION(GetRequiredEventSchemaVersionFn, get_required_event_schema_version);
#endif

SAME_NUMBER(kEventProcexit, PPME_PROCEXIT_1_E);
SAME_NUMBER(kEventCloneExit, PPME_SYSCALL_CLONE_20_X);
SAME_NUMBER(kEventForkExit, PPME_SYSCALL_FORK_20_X);
SAME_NUMBER(kEventVforkExit, PPME_SYSCALL_VFORK_20_X);
SAME_NUMBER(kEventContainer, PPME_CONTAINER_E);
SAME_NUMBER(kEventExecve16Exit, PPME_SYSCALL_EXECVE_16_X);
SAME_NUMBER(kEventChrootExit, PPME_SYSCALL_CHROOT_X);
SAME_NUMBER(kEventContainerJson, PPME_CONTAINER_JSON_E);
SAME_NUMBER(kEventExecve17Exit, PPME_SYSCALL_EXECVE_17_X);
SAME_NUMBER(kEventExecve18Exit, PPME_SYSCALL_EXECVE_18_X);
SAME_NUMBER(kEventExecve19Exit, PPME_SYSCALL_EXECVE_19_X);
SAME_NUMBER(kEventContainerJson2, PPME_CONTAINER_JSON_2_E);
SAME_NUMBER(kEventExecveatExit, PPME_SYSCALL_EXECVEAT_X);
SAME_NUMBER(kEventClone3Exit, PPME_SYSCALL_CLONE3_X);
SAME_NUMBER(kEventAsync, PPME_ASYNCEVENT_E);

}  // namespace
