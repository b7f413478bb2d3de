// The table `containers` that this plugin publishes to the host and to other plugins: read-only, key = the id
// as container.id shows it. Owned by the plugin, read on Falco's thread. Facts: docs/plugin.md, "State
// tables".
#pragma once

#include "api/plugin_api.h"
#include "plugin/cache.h"

namespace plugin {

class ContainerTable {
 public:
  // cache must outlive this.
  explicit ContainerTable(const Cache& cache);
  ContainerTable(const ContainerTable&) = delete;
  ContainerTable& operator=(const ContainerTable&) = delete;

  // What add_table() of the host takes; valid as long as this.
  const api::TableInput& input() const { return input_; }

  const Cache& cache() const { return cache_; }

 private:
  const Cache& cache_;
  api::TableReader reader_;
  api::TableWriter writer_;
  api::TableFields fields_;
  api::TableInput input_;
};

}  // namespace plugin
