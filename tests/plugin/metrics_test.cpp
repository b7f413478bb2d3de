// The names of the metrics as people see them: as they are in Falco's own output, and in its Prometheus
// endpoint.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "plugin_host.h"

namespace {

using test::PluginHost;

// libs' metrics_collector.cpp, 0.20 to 0.25: these parts of a name are taken out wherever they stand, and the
// unit that libs knows is put at the end, which for a plugin's metrics is always "total".
std::string in_prometheus(std::string name) {
  name = "falcosecurity_plugins_container." + name + "_";
  for (const char* unit :
       {"_kb", "_bytes", "_mb", "_percentage", "_perc", "_ratio", "_ns", "_ts", "_sec", "_total"}) {
    const std::string part(unit);
    for (size_t at = name.find(part); at != std::string::npos; at = name.find(part))
      name.erase(at, part.size());
  }
  return name + "total";
}

TEST(Metrics, KeepTheirNamesInPrometheus) {
  EXPECT_EQ(in_prometheus("cache_bytes"), "falcosecurity_plugins_container.cache_total")
      << "what must not happen";
  PluginHost host;
  ASSERT_TRUE(host.ok()) << host.error();
  const auto metrics = host.instance().metrics();
  ASSERT_FALSE(metrics.empty());
  std::set<std::string> names;
  for (const auto& metric : metrics) {
    EXPECT_EQ(in_prometheus(metric.name), "falcosecurity_plugins_container." + metric.name + "_total");
    names.insert(metric.name);
  }
  // Dashboards of the Go-based plugin show these.
  EXPECT_TRUE(names.contains("n_containers") && names.contains("n_missing_container_images"));
  EXPECT_TRUE(names.contains("bytes_in_cache") && names.contains("local_files_nanoseconds"));
}

}  // namespace
