// See plugin_library.h.
#include "host/plugin_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <charconv>

namespace host {
namespace {

template <typename Fn>
void find(void* handle, const char* symbol, Fn& out) {
  out = reinterpret_cast<Fn>(::dlsym(handle, symbol));
}

// Two functions of which a plugin has both or none.
struct Pair {
  bool first;
  bool second;
  const char* first_name;
  const char* second_name;
};

}  // namespace

base::Status check_api_version(const std::string& version) {
  unsigned parts[3] = {};
  const char* at = version.data();
  const char* const end = at + version.size();
  for (int i = 0; i < 3; ++i) {
    const auto [next, error] = std::from_chars(at, end, parts[i]);
    const bool separated = i == 2 ? next == end : next != end && *next == '.';
    if (error != std::errc() || !separated) {
      return base::Error{
          fmt::format("the API version '{}' that it asks for is not of the form 1.2.3", version)};
    }
    at = next + 1;
  }
  if (parts[0] != kApiMajor || parts[1] > kApiMinor) {
    return base::Error{
        fmt::format("it needs plugin API {}, this host speaks {}.{}", version, kApiMajor, kApiMinor)};
  }
  return base::Ok{};
}

base::Result<std::shared_ptr<const PluginLibrary>> PluginLibrary::load(const std::string& path) {
  void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* reason = ::dlerror();
    return base::Error{
        fmt::format("plugin {} cannot be loaded: {}", path, reason ? reason : "unknown reason")};
  }
  std::shared_ptr<PluginLibrary> library(new PluginLibrary(path, handle));
  if (const auto resolved = library->resolve(); !resolved) {
    return base::Error{fmt::format("plugin {} cannot be used: {}", path, resolved.error())};
  }
  return std::shared_ptr<const PluginLibrary>(std::move(library));
}

PluginLibrary::~PluginLibrary() {
  ::dlclose(handle_);
}

base::Status PluginLibrary::resolve() {
  PluginFunctions& fn = functions_;
  find(handle_, "plugin_get_required_api_version", fn.get_required_api_version);
  find(handle_, "plugin_get_name", fn.get_name);
  find(handle_, "plugin_get_description", fn.get_description);
  find(handle_, "plugin_get_contact", fn.get_contact);
  find(handle_, "plugin_get_version", fn.get_version);
  find(handle_, "plugin_get_last_error", fn.get_last_error);
  find(handle_, "plugin_init", fn.init);
  find(handle_, "plugin_destroy", fn.destroy);
  find(handle_, "plugin_get_init_schema", fn.get_init_schema);
  find(handle_, "plugin_get_required_event_schema_version", fn.get_required_event_schema_version);
  find(handle_, "plugin_get_fields", fn.get_fields);
  find(handle_, "plugin_extract_fields", fn.extract_fields);
  find(handle_, "plugin_get_extract_event_types", fn.get_extract_event_types);
  find(handle_, "plugin_get_extract_event_sources", fn.get_extract_event_sources);
  find(handle_, "plugin_parse_event", fn.parse_event);
  find(handle_, "plugin_get_parse_event_types", fn.get_parse_event_types);
  find(handle_, "plugin_get_parse_event_sources", fn.get_parse_event_sources);
  find(handle_, "plugin_get_async_events", fn.get_async_events);
  find(handle_, "plugin_get_async_event_sources", fn.get_async_event_sources);
  find(handle_, "plugin_set_async_event_handler", fn.set_async_event_handler);
  find(handle_, "plugin_dump_state", fn.dump_state);
  find(handle_, "plugin_set_config", fn.set_config);
  find(handle_, "plugin_get_metrics", fn.get_metrics);
  find(handle_, "plugin_capture_open", fn.capture_open);
  find(handle_, "plugin_capture_close", fn.capture_close);

  const std::pair<bool, const char*> required[] = {
      {fn.get_required_api_version != nullptr, "plugin_get_required_api_version"},
      {fn.get_name != nullptr, "plugin_get_name"},
      {fn.get_description != nullptr, "plugin_get_description"},
      {fn.get_contact != nullptr, "plugin_get_contact"},
      {fn.get_version != nullptr, "plugin_get_version"},
      {fn.get_last_error != nullptr, "plugin_get_last_error"},
      {fn.init != nullptr, "plugin_init"},
      {fn.destroy != nullptr, "plugin_destroy"}};
  std::string missing;
  for (const auto& [present, name] : required) {
    if (!present) missing += (missing.empty() ? "" : ", ") + std::string(name);
  }
  if (!missing.empty()) return base::Error{"it does not export " + missing};

  const Pair pairs[] = {
      {fn.get_fields != nullptr, fn.extract_fields != nullptr, "plugin_get_fields", "plugin_extract_fields"},
      {fn.get_async_events != nullptr, fn.set_async_event_handler != nullptr, "plugin_get_async_events",
       "plugin_set_async_event_handler"},
      {fn.capture_open != nullptr, fn.capture_close != nullptr, "plugin_capture_open",
       "plugin_capture_close"}};
  for (const Pair& pair : pairs) {
    if (pair.first != pair.second) {
      return base::Error{fmt::format("it exports {} without {}",
                                     pair.first ? pair.first_name : pair.second_name,
                                     pair.first ? pair.second_name : pair.first_name)};
    }
  }
  const char* version = fn.get_required_api_version();
  return check_api_version(version == nullptr ? "" : version);
}

std::string PluginLibrary::name() const {
  const char* name = functions_.get_name();
  return name == nullptr ? "" : name;
}

std::string PluginLibrary::version() const {
  const char* version = functions_.get_version();
  return version == nullptr ? "" : version;
}

}  // namespace host
