// One host: the state tables, the plugins on them, and the way of an event through both, in the order in
// which libsinsp does it. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "host/event_context.h"
#include "host/plugin_instance.h"
#include "host/table_registry.h"

namespace host {

class Session {
 public:
  Session() = default;
  ~Session();  // closes
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  TableRegistry& tables() { return tables_; }
  ThreadTable& threads() { return tables_.threads(); }

  // Before open().
  base::Status add_plugin(std::shared_ptr<const PluginLibrary> library, InstanceOptions options);
  const std::vector<std::unique_ptr<PluginInstance>>& plugins() const { return plugins_; }

  // live: plugins may push events. The thread table should be filled before.
  base::Status open(bool live);
  void close();

  // Called for each event once the host and all plugins have parsed it: the moment to extract fields.
  using OnEvent = std::function<void(const EventContext&)>;
  // Feeds one event through. Fails when it is malformed; a plugin that fails to parse it is counted only.
  base::Status feed(const EventBytes& bytes, const OnEvent& on_event);
  // Feeds what plugins have pushed so far; returns how many.
  size_t feed_pushed(const OnEvent& on_event);

  uint64_t events() const { return number_; }
  uint64_t parse_failures() const { return parse_failures_; }
  const std::string& last_parse_error() const { return last_parse_error_; }

 private:
  TableRegistry tables_;
  std::vector<std::unique_ptr<PluginInstance>> plugins_;
  bool open_ = false;
  uint64_t number_ = 0;
  uint64_t parse_failures_ = 0;
  std::string last_parse_error_;
};

}  // namespace host
