// All state tables of one host: its own `threads` and those that plugins publish. Must outlive the plugin
// instances that use it. Event loop's thread only.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/plugin_table.h"
#include "host/thread_table.h"

namespace host {

class TableRegistry {
 public:
  TableRegistry();

  ThreadTable& threads() { return threads_; }
  TableContext& context() { return context_; }

  // Null, with the error noted, when there is none of that name or its key is of another type.
  Table* find(std::string_view name, api::StateType key_type);
  // Whatever its key; for the host's own reading.
  Table* find(std::string_view name);
  std::vector<api::TableInfo>& list();

  base::Status add(const api::TableInput& input, const void* owner);
  // Forgets the tables of an owner that goes away.
  void remove_owner(const void* owner);

 private:
  TableContext context_;
  ThreadTable threads_;
  std::vector<std::unique_ptr<PluginTable>> published_;
  std::vector<api::TableInfo> infos_;
};

}  // namespace host
