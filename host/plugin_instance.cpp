// See plugin_instance.h. Order of calls: docs/plugin.md.
#include "host/plugin_instance.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstring>
#include <utility>

#include "api/events.h"

namespace host {
namespace {

PluginInstance* self(api::Owner* owner) {
  return static_cast<PluginInstance*>(owner);
}

uint64_t now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
}

base::Severity severity_of(api::LogSeverity severity) {
  if (severity <= api::kLogCritical) return base::Severity::kCritical;
  if (severity == api::kLogNotice) return base::Severity::kInfo;
  if (severity >= api::kLogTrace) return base::Severity::kTrace;
  return static_cast<base::Severity>(severity);
}

// Event types as a set to look up in; empty when the plugin does not say, which means all.
std::vector<bool> type_set(api::GetEventTypesFn get, api::PluginState* state) {
  std::vector<bool> set;
  uint32_t count = 0;
  const uint16_t* types = get == nullptr ? nullptr : get(&count, state);
  if (types == nullptr || count == 0) return set;
  for (uint32_t i = 0; i < count; ++i) {
    if (set.size() <= types[i]) set.resize(size_t{types[i]} + 1);
    set[types[i]] = true;
  }
  return set;
}

bool wants(const std::vector<bool>& set, uint16_t type) {
  return set.empty() || (type < set.size() && set[type]);
}

base::Result<std::vector<std::string>> text_list(const char* text) {
  boost::system::error_code error;
  const boost::json::value list = boost::json::parse(text == nullptr ? "" : text, error);
  std::vector<std::string> out;
  if (error || !list.is_array()) return base::Error{"it is not a JSON array"};
  for (const boost::json::value& value : list.get_array()) {
    if (!value.is_string()) return base::Error{"one of its entries is no string"};
    out.emplace_back(value.get_string());
  }
  return out;
}

Scalar scalar_of(const api::ExtractField& field, uint64_t index) {
  switch (field.ftype) {
    case api::kFieldString: {
      const char* text = field.res.str[index];
      return std::string(text == nullptr ? "" : text);
    }
    case api::kFieldBool:
      return field.res.boolean[index] != 0;
    case api::kFieldIpAddr:
    case api::kFieldIpNet: {
      const api::ByteBuffer& buffer = field.res.buf[index];
      return std::string(static_cast<const char*>(buffer.ptr), buffer.len);
    }
    default:
      return field.res.u64[index];
  }
}

MetricSample sample_of(const api::Metric& metric) {
  MetricSample sample;
  sample.name = metric.name == nullptr ? "" : metric.name;
  sample.monotonic = metric.type == api::kMetricMonotonic;
  switch (metric.value_type) {
    case api::kMetricU32:
      sample.value = uint64_t{metric.value.u32};
      break;
    case api::kMetricS32:
      sample.value = int64_t{metric.value.s32};
      break;
    case api::kMetricS64:
      sample.value = metric.value.s64;
      break;
    case api::kMetricDouble:
      sample.value = metric.value.d;
      break;
    case api::kMetricFloat:
      sample.value = static_cast<double>(metric.value.f);
      break;
    case api::kMetricInt:
      sample.value = int64_t{metric.value.i};
      break;
    default:
      sample.value = metric.value.u64;
      break;
  }
  return sample;
}

void tell(char* error, const std::string& message) {
  if (error == nullptr) return;
  const size_t length = std::min(message.size(), api::kMaxErrorLength - 1);
  std::memcpy(error, message.data(), length);
  error[length] = '\0';
}

// The pushed event as bytes of our own, with the time and the plugin id filled in as Falco does.
EventBytes copy_event(const api::Event* event) {
  const auto* begin = reinterpret_cast<const std::byte*>(event);
  EventBytes bytes(begin, begin + event->len);
  if (event->ts == UINT64_MAX) {
    const uint64_t now = now_ns();
    std::memcpy(bytes.data(), &now, sizeof now);
  }
  return bytes;
}

}  // namespace

PluginInstance::PluginInstance(std::shared_ptr<const PluginLibrary> library, TableRegistry& tables,
                               InstanceOptions options)
    : library_(std::move(library)),
      tables_(tables),
      options_(std::move(options)),
      table_functions_(table_functions()),
      queue_(options_.queue_capacity) {}

base::Result<std::unique_ptr<PluginInstance>> PluginInstance::create(
    std::shared_ptr<const PluginLibrary> library, TableRegistry& tables, InstanceOptions options) {
  std::unique_ptr<PluginInstance> instance(
      new PluginInstance(std::move(library), tables, std::move(options)));
  if (const auto ready = instance->init(); !ready) return base::Error{ready.error()};
  if (const auto ready = instance->learn_fields_and_types(); !ready) return base::Error{ready.error()};
  return instance;
}

PluginInstance::~PluginInstance() {
  if (capturing_ && !capture_close()) options_.logger.warning(plugin_error("capture_close").message);
  if (async_ && !stop_async()) options_.logger.warning(plugin_error("set_async_event_handler").message);
  if (state_ != nullptr) library_->functions().destroy(state_);
  tables_.remove_owner(this);
}

base::Status PluginInstance::init() {
  TableFunctions& fn = table_functions_;
  api::InitTablesInput tables{list_tables, get_table,  add_table, fn.fields,
                              &fn.fields,  &fn.reader, &fn.writer};
  api::InitInput input{options_.config.c_str(), this, owner_error, nullptr, log};
  if (library_->can_extract() || library_->can_parse()) input.tables = &tables;
  api::Rc rc = api::kFailure;
  state_ = library_->functions().init(&input, &rc);
  if (rc != api::kSuccess) {
    return base::Error{fmt::format("plugin '{}' refuses to start: {}", library_->name(), last_error())};
  }
  if (state_ == nullptr) {
    return base::Error{fmt::format("plugin '{}' says that it started but gives no state", library_->name())};
  }
  return base::Ok{};
}

base::Status PluginInstance::learn_fields_and_types() {
  const PluginFunctions& fn = library_->functions();
  if (library_->can_extract()) {
    const char* list = fn.get_fields();
    auto fields = parse_plugin_fields(list == nullptr ? "" : list);
    if (!fields) return base::Error{fmt::format("plugin '{}': {}", library_->name(), fields.error())};
    fields_ = std::move(*fields);
    extract_types_ = type_set(fn.get_extract_event_types, state_);
  }
  if (library_->can_parse()) parse_types_ = type_set(fn.get_parse_event_types, state_);
  if (library_->can_push_events()) {
    auto names = text_list(fn.get_async_events());
    if (!names) {
      return base::Error{
          fmt::format("plugin '{}': its list of async events is wrong: {}", library_->name(), names.error())};
    }
    async_names_ = std::move(*names);
  }
  return base::Ok{};
}

std::string PluginInstance::last_error() const {
  const char* error = state_ == nullptr ? nullptr : library_->functions().get_last_error(state_);
  return error == nullptr || *error == '\0' ? "it gives no reason" : error;
}

base::Error PluginInstance::plugin_error(const char* call) const {
  return base::Error{fmt::format("plugin '{}', {}: {}", library_->name(), call, last_error())};
}

base::Status PluginInstance::start_async() {
  if (!library_->can_push_events()) return base::Ok{};
  accepts_events_ = true;
  if (library_->functions().set_async_event_handler(state_, this, push_event) != api::kSuccess) {
    accepts_events_ = false;
    return plugin_error("set_async_event_handler");
  }
  async_ = true;
  return base::Ok{};
}

base::Status PluginInstance::stop_async() {
  if (!async_) return base::Ok{};
  async_ = false;
  const api::Rc rc = library_->functions().set_async_event_handler(state_, this, nullptr);
  accepts_events_ = false;
  if (rc != api::kSuccess) return plugin_error("set_async_event_handler");
  return base::Ok{};
}

api::CaptureListenInput PluginInstance::listen_input() {
  return {this, &routines_, &table_functions_.reader, &table_functions_.writer, owner_error};
}

base::Status PluginInstance::capture_open() {
  if (!library_->can_listen()) return base::Ok{};
  const api::CaptureListenInput input = listen_input();
  if (library_->functions().capture_open(state_, &input) != api::kSuccess)
    return plugin_error("capture_open");
  capturing_ = true;
  return base::Ok{};
}

base::Status PluginInstance::capture_close() {
  if (!capturing_) return base::Ok{};
  capturing_ = false;
  const api::CaptureListenInput input = listen_input();
  if (library_->functions().capture_close(state_, &input) != api::kSuccess)
    return plugin_error("capture_close");
  return base::Ok{};
}

base::Status PluginInstance::parse(const EventView& event, uint64_t number) {
  if (!library_->can_parse() || !wants(parse_types_, event.type())) return base::Ok{};
  const TableFunctions& fn = table_functions_;
  const api::EventInput evt{reinterpret_cast<const api::Event*>(event.bytes().data()), number, "syscall"};
  const api::EventParseInput input{
      this, owner_error, fn.reader_old, fn.writer, &table_functions_.reader, &table_functions_.writer};
  if (library_->functions().parse_event(state_, &evt, &input) != api::kSuccess)
    return plugin_error("parse_event");
  return base::Ok{};
}

base::Result<FieldValue> PluginInstance::extract(const EventView& event, uint64_t number,
                                                 const FieldRequest& request) {
  const PluginField& field = fields_[request.field];
  FieldValue value{field.type, {}};
  if (!wants(extract_types_, event.type())) return value;
  api::ExtractField extract{};
  extract.field_id = static_cast<uint32_t>(request.field);
  extract.field = field.name.c_str();
  extract.arg_key = request.has_argument && field.arg_is_key ? request.argument.c_str() : nullptr;
  extract.arg_index = request.argument_index;
  extract.arg_present = request.has_argument ? 1 : 0;
  extract.ftype = field.type;
  extract.flist = field.is_list ? 1 : 0;
  const api::EventInput evt{reinterpret_cast<const api::Event*>(event.bytes().data()), number, "syscall"};
  const api::FieldExtractInput input{
      this, owner_error, 1, &extract, table_functions_.reader_old, &table_functions_.reader};
  if (library_->functions().extract_fields(state_, &evt, &input) != api::kSuccess) {
    return plugin_error("extract_fields");
  }
  if (extract.res_len > 1 && !field.is_list) {
    return base::Error{fmt::format("plugin '{}' gives {} values for '{}', which is no list", library_->name(),
                                   extract.res_len, field.name)};
  }
  for (uint64_t i = 0; i < extract.res_len; ++i) value.values.push_back(scalar_of(extract, i));
  return value;
}

PluginInstance::RawCall PluginInstance::raw_call() {
  TableFunctions& fn = table_functions_;
  return {state_,
          {this, owner_error, 0, nullptr, fn.reader_old, &fn.reader},
          {this, owner_error, fn.reader_old, fn.writer, &fn.reader, &fn.writer}};
}

base::Result<std::vector<EventBytes>> PluginInstance::dump_state() {
  std::vector<EventBytes> events;
  if (library_->functions().dump_state == nullptr) return events;
  dump_target_ = &events;
  const api::Rc rc = library_->functions().dump_state(state_, this, collect_event);
  dump_target_ = nullptr;
  if (rc != api::kSuccess) return plugin_error("dump_state");
  return events;
}

std::vector<MetricSample> PluginInstance::metrics() {
  std::vector<MetricSample> out;
  if (library_->functions().get_metrics == nullptr) return out;
  uint32_t count = 0;
  const api::Metric* metrics = library_->functions().get_metrics(state_, &count);
  for (uint32_t i = 0; metrics != nullptr && i < count; ++i) out.push_back(sample_of(metrics[i]));
  return out;
}

base::Status PluginInstance::set_config(const std::string& config) {
  if (library_->functions().set_config == nullptr) {
    return base::Error{fmt::format("plugin '{}' takes no new configuration while it runs", library_->name())};
  }
  const api::SetConfigInput input{config.c_str()};
  if (library_->functions().set_config(state_, &input) != api::kSuccess) return plugin_error("set_config");
  return base::Ok{};
}

const char* PluginInstance::owner_error(api::Owner* owner) {
  return self(owner)->tables_.context().last_error.c_str();
}

api::TableInfo* PluginInstance::list_tables(api::Owner* owner, uint32_t* count) {
  auto& tables = self(owner)->tables_.list();
  *count = static_cast<uint32_t>(tables.size());
  return tables.data();
}

api::Table* PluginInstance::get_table(api::Owner* owner, const char* name, api::StateType key_type) {
  return self(owner)->tables_.find(name == nullptr ? "" : name, key_type);
}

api::Rc PluginInstance::add_table(api::Owner* owner, const api::TableInput* input) {
  TableRegistry& tables = self(owner)->tables_;
  const base::Status added = input == nullptr
                                 ? base::Status(base::Error{"the plugin's table is a null pointer"})
                                 : tables.add(*input, self(owner));
  if (added) return api::kSuccess;
  tables.context().last_error = added.error();
  return api::kFailure;
}

void PluginInstance::log(api::Owner* owner, const char* component, const char* message,
                         api::LogSeverity severity) {
  const PluginInstance& instance = *self(owner);
  const base::Severity level = severity_of(severity);
  if (!instance.options_.logger.enabled(level)) return;
  const std::string who = component == nullptr ? instance.library_->name() : component;
  instance.options_.logger.log(level, fmt::format("{}: {}", who, message == nullptr ? "" : message));
}

base::Status PluginInstance::check_pushed(const api::Event* event) const {
  if (event == nullptr) return base::Error{"the event is a null pointer"};
  if (event->type != api::kEventAsync) {
    return base::Error{
        fmt::format("the event is of type {}, not {}", uint16_t{event->type}, api::kEventAsync)};
  }
  const auto view = EventView::parse({reinterpret_cast<const std::byte*>(event), event->len});
  if (!view) return base::Error{view.error()};
  const auto name = view->text(1);
  if (view->param_count() != 3 || !name) return base::Error{"the event does not have the three parameters"};
  if (std::find(async_names_.begin(), async_names_.end(), *name) == async_names_.end()) {
    return base::Error{fmt::format("'{}' is none of the plugin's async events", *name)};
  }
  return base::Ok{};
}

api::Rc PluginInstance::push_event(api::Owner* owner, const api::Event* event, char* error) {
  PluginInstance& instance = *self(owner);
  if (!instance.accepts_events_) {
    ++instance.late_pushes_;
    tell(error, "no capture takes events now");
    return api::kFailure;
  }
  if (const auto valid = instance.check_pushed(event); !valid) {
    tell(error, valid.error());
    return api::kFailure;
  }
  if (!instance.queue_.push(copy_event(event))) {
    tell(error, "the queue of async events is full");
    return api::kFailure;
  }
  return api::kSuccess;
}

api::Rc PluginInstance::collect_event(api::Owner* owner, const api::Event* event, char* error) {
  PluginInstance& instance = *self(owner);
  const auto valid = instance.check_pushed(event);
  if (!valid || instance.dump_target_ == nullptr) {
    tell(error, valid ? "no dump is being made" : valid.error());
    return api::kFailure;
  }
  instance.dump_target_->push_back(copy_event(event));
  return api::kSuccess;
}

}  // namespace host
