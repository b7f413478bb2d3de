// One instance of the plugin: wires the parts together. Made by plugin_init(), freed by plugin_destroy();
// several live side by side and share nothing. Every function runs on Falco's thread. Spec: docs/plugin.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/plugin_api.h"
#include "base/log.h"
#include "base/rate_limit.h"
#include "base/result.h"
#include "config/config.h"
#include "plugin/announcements.h"
#include "plugin/async_channel.h"
#include "plugin/attribution.h"
#include "plugin/cache.h"
#include "plugin/container_table.h"
#include "plugin/extractor.h"
#include "plugin/local_sources.h"
#include "plugin/metrics.h"
#include "plugin/parser.h"
#include "plugin/process_owners.h"
#include "plugin/thread_table.h"

namespace plugin {

class Plugin {
 public:
  // Reads the configuration ($HOST_ROOT included), finds the host's tables and publishes the plugin's own.
  // Never waits for an engine. Fails with one sentence for the user.
  static base::Result<std::unique_ptr<Plugin>> create(const api::InitInput& input);

  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;

  // Extraction.
  void extract(const api::EventInput& event, const api::FieldExtractInput& input);
  // Parsing. Fails for a broken event, of which nothing was taken over; counted and logged at a limited rate.
  base::Status parse(const api::EventInput& event, const api::EventParseInput& input);
  // Capture listening: attaches every thread that is in the table.
  void capture_open(const api::CaptureListenInput& input);
  // Async: starts the worker, or stops and joins it when handler is null.
  void set_async_handler(api::Owner* owner, api::AsyncEventHandler handler);
  // Writes every container as a `container` event. Fails when the handler refused one.
  base::Status dump_state(api::Owner* owner, api::AsyncEventHandler handler);
  std::vector<api::Metric>& metrics();

 private:
  Plugin(config::Config config, base::Logger logger, ThreadTable threads);
  AttributionHooks hooks();
  AnnouncementHooks announcement_hooks();

  // Takes over what the worker found. kSome: no more than one call of the host has time for, the rest comes
  // with the next. Cheap when there is nothing.
  enum class Amount : uint8_t { kSome, kAll };
  void take_mail(Amount amount);
  void take_over(const worker::Mailbox::Item& item);
  // Of what waits for its turn, what is about that container; false: nothing is.
  bool take_mail_about(const core::ContainerKey& container);
  void set_clock(uint64_t event_ts);

  config::Config config_;
  base::Logger logger_;
  ThreadTable threads_;
  core::cgroup::KnownPaths known_paths_;
  Cache cache_;
  ContainerTable table_;
  AsyncChannel async_;
  LocalSources sources_;
  ProcessOwners processes_;
  Attribution attribution_;
  Announcements announcements_;
  Parser parser_;
  Extractor extractor_;
  Metrics metrics_;
  base::RateLimit refusals_;
  uint64_t refused_events_ = 0;
  uint64_t now_ns_;
};

}  // namespace plugin
