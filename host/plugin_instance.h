// One initialised plugin: it is this object that the plugin knows as its owner. Several live side by side, of
// one library or of many. Calls come from the event loop's thread; the plugin may push events and log lines
// from threads of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "host/async_queue.h"
#include "host/event_view.h"
#include "host/field_value.h"
#include "host/plugin_fields.h"
#include "host/plugin_library.h"
#include "host/table_abi.h"
#include "host/table_registry.h"

namespace host {

struct InstanceOptions {
  std::string config;            // the plugin's init_config
  base::Logger logger;           // gets the plugin's lines, from any thread
  size_t queue_capacity = 4096;  // events pushed and not yet taken
};

struct MetricSample {
  std::string name;
  bool monotonic = false;
  std::variant<int64_t, uint64_t, double> value;
};

class PluginInstance {
 public:
  // tables must outlive the instance. Fails with the plugin's own sentence when it refuses the configuration.
  static base::Result<std::unique_ptr<PluginInstance>> create(std::shared_ptr<const PluginLibrary> library,
                                                              TableRegistry& tables, InstanceOptions options);
  // Closes the capture, stops the plugin's threads, destroys it: in this order.
  ~PluginInstance();
  PluginInstance(const PluginInstance&) = delete;
  PluginInstance& operator=(const PluginInstance&) = delete;

  const PluginLibrary& library() const { return *library_; }
  const std::vector<PluginField>& fields() const { return fields_; }

  // Live captures only: from now on the plugin may push events.
  base::Status start_async();
  // Null handler: when it returns the plugin's threads are gone.
  base::Status stop_async();
  base::Status capture_open();
  base::Status capture_close();

  // Does nothing for types that the plugin did not ask for. number: from 1.
  base::Status parse(const EventView& event, uint64_t number);
  // The value of one field for this event; an unset value when there is none, or the plugin does not extract
  // from events of this type.
  base::Result<FieldValue> extract(const EventView& event, uint64_t number, const FieldRequest& request);

  // What extract() and parse() hand to the plugin, for measuring the plugin's own functions without the host
  // around them. `fields` and `num_fields` are the caller's to set. Valid as long as the instance.
  struct RawCall {
    api::PluginState* state;
    api::FieldExtractInput extract;
    api::EventParseInput parse;
  };
  RawCall raw_call();

  AsyncQueue& queue() { return queue_; }
  // Pushed although no handler was set: a plugin's mistake.
  uint64_t late_pushes() const { return late_pushes_.load(); }
  // The events with which the plugin would restore its state in a capture file.
  base::Result<std::vector<EventBytes>> dump_state();
  std::vector<MetricSample> metrics();
  // Hands over a new configuration; fails when the plugin cannot take one or refuses it.
  base::Status set_config(const std::string& config);

 private:
  PluginInstance(std::shared_ptr<const PluginLibrary> library, TableRegistry& tables,
                 InstanceOptions options);
  base::Status init();
  base::Status learn_fields_and_types();
  std::string last_error() const;
  base::Error plugin_error(const char* call) const;
  base::Status check_pushed(const api::Event* event) const;
  api::CaptureListenInput listen_input();

  // The functions that the plugin calls back; owner is always a PluginInstance.
  static const char* owner_error(api::Owner* owner);
  static api::TableInfo* list_tables(api::Owner* owner, uint32_t* count);
  static api::Table* get_table(api::Owner* owner, const char* name, api::StateType key_type);
  static api::Rc add_table(api::Owner* owner, const api::TableInput* input);
  static void log(api::Owner* owner, const char* component, const char* message, api::LogSeverity severity);
  static api::Rc push_event(api::Owner* owner, const api::Event* event, char* error);
  static api::Rc collect_event(api::Owner* owner, const api::Event* event, char* error);

  std::shared_ptr<const PluginLibrary> library_;
  TableRegistry& tables_;
  InstanceOptions options_;
  TableFunctions table_functions_;
  api::RoutineTable routines_{};
  api::PluginState* state_ = nullptr;
  std::vector<PluginField> fields_;
  std::vector<std::string> async_names_;
  std::vector<bool> parse_types_;  // by event type; empty: all
  std::vector<bool> extract_types_;
  AsyncQueue queue_;
  std::atomic<bool> accepts_events_{false};
  std::atomic<uint64_t> late_pushes_{0};
  bool capturing_ = false;
  bool async_ = false;
  std::vector<EventBytes>* dump_target_ = nullptr;
};

}  // namespace host
