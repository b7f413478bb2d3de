// One plugin's shared object, opened privately (RTLD_LOCAL) and checked: required functions, API version,
// capabilities. Shared by the instances made of it; closed with the last one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "api/plugin_api.h"
#include "base/result.h"

namespace host {

// The newest API that this host speaks; plugins that need a newer one are refused.
inline constexpr unsigned kApiMajor = 3;
inline constexpr unsigned kApiMinor = 12;

// plugin_<name> of the library; nullptr where it has none.
struct PluginFunctions {
  api::GetStringFn get_required_api_version = nullptr;
  api::GetStringFn get_name = nullptr;
  api::GetStringFn get_description = nullptr;
  api::GetStringFn get_contact = nullptr;
  api::GetStringFn get_version = nullptr;
  api::GetLastErrorFn get_last_error = nullptr;
  api::InitFn init = nullptr;
  api::DestroyFn destroy = nullptr;
  api::GetInitSchemaFn get_init_schema = nullptr;
  api::GetRequiredEventSchemaVersionFn get_required_event_schema_version = nullptr;
  api::GetStringFn get_fields = nullptr;
  api::ExtractFieldsFn extract_fields = nullptr;
  api::GetEventTypesFn get_extract_event_types = nullptr;
  api::GetStringFn get_extract_event_sources = nullptr;
  api::ParseEventFn parse_event = nullptr;
  api::GetEventTypesFn get_parse_event_types = nullptr;
  api::GetStringFn get_parse_event_sources = nullptr;
  api::GetStringFn get_async_events = nullptr;
  api::GetStringFn get_async_event_sources = nullptr;
  api::SetAsyncEventHandlerFn set_async_event_handler = nullptr;
  api::DumpStateFn dump_state = nullptr;
  api::SetConfigFn set_config = nullptr;
  api::GetMetricsFn get_metrics = nullptr;
  api::CaptureFn capture_open = nullptr;
  api::CaptureFn capture_close = nullptr;
};

class PluginLibrary {
 public:
  // path: with a slash, else the system's library directories are searched. Fails when the file cannot be
  // loaded, lacks a required function, has half a capability, or needs an API that this host does not speak.
  static base::Result<std::shared_ptr<const PluginLibrary>> load(const std::string& path);
  ~PluginLibrary();
  PluginLibrary(const PluginLibrary&) = delete;
  PluginLibrary& operator=(const PluginLibrary&) = delete;

  const PluginFunctions& functions() const { return functions_; }
  const std::string& path() const { return path_; }
  std::string name() const;
  std::string version() const;
  bool can_extract() const { return functions_.get_fields != nullptr; }
  bool can_parse() const { return functions_.parse_event != nullptr; }
  bool can_push_events() const { return functions_.set_async_event_handler != nullptr; }
  bool can_listen() const { return functions_.capture_open != nullptr; }

 private:
  PluginLibrary(std::string path, void* handle) : path_(std::move(path)), handle_(handle) {}
  base::Status resolve();

  std::string path_;
  void* handle_;
  PluginFunctions functions_;
};

// "3.10.0" against kApiMajor.kApiMinor: the major must be equal, the minor not above.
base::Status check_api_version(const std::string& version);

}  // namespace host
