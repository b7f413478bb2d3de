// The C symbols of the plugin: the only file with any. Turns C calls into calls of Plugin and keeps
// exceptions and null pointers on this side. Which thread: Falco's. Signatures: src/api/plugin_api.h.
#include <array>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "api/plugin_api.h"
#include "config/config.h"
#include "plugin/fields/field_table.h"
#include "plugin/guarded.h"
#include "plugin/parser.h"
#include "plugin/plugin.h"
#include "plugin/version.h"

namespace {

// What the host holds as the plugin's state. There is one even when init failed: to ask it for the error.
struct Instance {
  std::unique_ptr<plugin::Plugin> plugin;
  std::string last_error;
  std::vector<uint16_t> event_types;

  // Also when there is no memory for it.
  void fail_with(std::string_view why) noexcept {
    try {
      last_error = why;
    } catch (...) {
      last_error.clear();
    }
  }
};

Instance* instance(api::PluginState* state) {
  return static_cast<Instance*>(state);
}

// Runs `call` on the plugin of `state`; what goes wrong ends here, as the return code and the last error.
template <typename Call>
api::Rc with_plugin(api::PluginState* state, Call&& call) noexcept {
  Instance* self = instance(state);
  if (self == nullptr || self->plugin == nullptr) return api::kFailure;
  try {
    const base::Status status = call(*self->plugin);
    if (status) return api::kSuccess;
    self->fail_with(status.error());
  } catch (const std::exception& problem) {
    self->fail_with(problem.what());
  } catch (...) {
    self->fail_with("internal error");
  }
  return api::kFailure;
}

base::Status missing_input() {
  return base::Error{"the host called without its input"};
}

constexpr const char* kSyscallSource = "[\"syscall\"]";

}  // namespace

#define CONTAINER_EXPORT extern "C" __attribute__((visibility("default")))

CONTAINER_EXPORT const char* plugin_get_required_api_version() {
  return api::kRequiredApiVersion;
}

// state may be null: the answer depends on nothing.
CONTAINER_EXPORT const char* plugin_get_required_event_schema_version(api::PluginState*) {
  return "4.0.0";
}

CONTAINER_EXPORT const char* plugin_get_name() {
  return "container";
}

CONTAINER_EXPORT const char* plugin_get_description() {
  return "Falco container metadata enrichment Plugin";
}

CONTAINER_EXPORT const char* plugin_get_contact() {
  return "The maintainers of the container plugin";
}

CONTAINER_EXPORT const char* plugin_get_version() {
  return plugin::kVersion;
}

CONTAINER_EXPORT const char* plugin_get_init_schema(api::SchemaType* type) {
  if (type != nullptr) *type = api::kSchemaJson;
  return plugin::guarded("{}", [] { return config::schema(); });
}

CONTAINER_EXPORT api::PluginState* plugin_init(const api::InitInput* input, api::Rc* rc) {
  *rc = api::kFailure;
  std::unique_ptr<Instance> self(new (std::nothrow) Instance);
  if (self == nullptr) return nullptr;
  try {
    if (input == nullptr) {
      self->fail_with("the host called without its input");
      return self.release();
    }
    auto plugin = plugin::Plugin::create(*input);
    if (plugin) {
      self->plugin = std::move(*plugin);
      *rc = api::kSuccess;
    } else {
      self->fail_with(plugin.error());
    }
  } catch (const std::exception& problem) {
    self->fail_with(problem.what());
  } catch (...) {
    self->fail_with("internal error");
  }
  return self.release();
}

CONTAINER_EXPORT void plugin_destroy(api::PluginState* state) {
  delete instance(state);
}

CONTAINER_EXPORT const char* plugin_get_last_error(api::PluginState* state) {
  return state != nullptr ? instance(state)->last_error.c_str() : "";
}

CONTAINER_EXPORT const char* plugin_get_fields() {
  return plugin::guarded("[]", [] {
    static const std::string fields = plugin::fields::to_json();
    return fields.c_str();
  });
}

CONTAINER_EXPORT const char* plugin_get_extract_event_sources() {
  return kSyscallSource;
}

CONTAINER_EXPORT api::Rc plugin_extract_fields(api::PluginState* state, const api::EventInput* event,
                                               const api::FieldExtractInput* input) {
  return with_plugin(state, [&](plugin::Plugin& plugin) -> base::Status {
    if (event == nullptr || event->evt == nullptr || input == nullptr) return missing_input();
    plugin.extract(*event, *input);
    return base::Ok{};
  });
}

CONTAINER_EXPORT uint16_t* plugin_get_parse_event_types(uint32_t* count, api::PluginState* state) {
  Instance* self = instance(state);
  if (count == nullptr || self == nullptr) return nullptr;
  *count = 0;
  return plugin::guarded<uint16_t*>(nullptr, [&] {
    const auto types = plugin::Parser::event_types();
    self->event_types.assign(types.begin(), types.end());
    *count = static_cast<uint32_t>(types.size());
    return self->event_types.data();
  });
}

CONTAINER_EXPORT const char* plugin_get_parse_event_sources() {
  return kSyscallSource;
}

CONTAINER_EXPORT api::Rc plugin_parse_event(api::PluginState* state, const api::EventInput* event,
                                            const api::EventParseInput* input) {
  return with_plugin(state, [&](plugin::Plugin& plugin) -> base::Status {
    if (event == nullptr || event->evt == nullptr || input == nullptr) return missing_input();
    return plugin.parse(*event, *input);
  });
}

CONTAINER_EXPORT const char* plugin_get_async_event_sources() {
  return kSyscallSource;
}

CONTAINER_EXPORT const char* plugin_get_async_events() {
  return "[\"container\",\"container_removed\"]";
}

CONTAINER_EXPORT api::Rc plugin_set_async_event_handler(api::PluginState* state, api::Owner* owner,
                                                        api::AsyncEventHandler handler) {
  return with_plugin(state, [&](plugin::Plugin& plugin) -> base::Status {
    plugin.set_async_handler(owner, handler);
    return base::Ok{};
  });
}

CONTAINER_EXPORT api::Rc plugin_dump_state(api::PluginState* state, api::Owner* owner,
                                           api::AsyncEventHandler handler) {
  return with_plugin(state, [&](plugin::Plugin& plugin) -> base::Status {
    if (handler == nullptr) return missing_input();
    return plugin.dump_state(owner, handler);
  });
}

CONTAINER_EXPORT api::Rc plugin_capture_open(api::PluginState* state, const api::CaptureListenInput* input) {
  return with_plugin(state, [&](plugin::Plugin& plugin) -> base::Status {
    if (input == nullptr) return missing_input();
    plugin.capture_open(*input);
    return base::Ok{};
  });
}

// Nothing was opened that would have to be closed.
CONTAINER_EXPORT api::Rc plugin_capture_close(api::PluginState*, const api::CaptureListenInput*) {
  return api::kSuccess;
}

CONTAINER_EXPORT api::Metric* plugin_get_metrics(api::PluginState* state, uint32_t* count) {
  if (count == nullptr) return nullptr;
  *count = 0;
  api::Metric* first = nullptr;
  with_plugin(state, [&](plugin::Plugin& plugin) -> base::Status {
    auto& metrics = plugin.metrics();
    *count = static_cast<uint32_t>(metrics.size());
    first = metrics.data();
    return base::Ok{};
  });
  return first;
}
