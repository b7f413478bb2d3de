// The parsing capability: what each event changes in the thread table and the cache.
// Owned by the plugin; Falco's thread only. Spec: docs/plugin.md, "Capabilities".
#pragma once

#include <cstdint>
#include <span>

#include "api/plugin_api.h"
#include "base/result.h"
#include "plugin/announcements.h"
#include "plugin/attribution.h"
#include "plugin/cache.h"
#include "plugin/event_view.h"
#include "plugin/probe_processes.h"
#include "plugin/sent_events.h"
#include "plugin/thread_table.h"

namespace plugin {

class Parser {
 public:
  // All must outlive this.
  Parser(const ThreadTable& threads, Cache& cache, Attribution& attribution, Announcements& announcements,
         SentEvents& sent)
      : threads_(threads),
        cache_(cache),
        attribution_(attribution),
        announcements_(announcements),
        sent_(sent),
        probes_(threads) {}

  // The event types that the host is asked to hand over.
  static std::span<const uint16_t> event_types();

  // Fails when the event is broken; nothing is changed then. live: an event about a container that
  // this plugin has learnt of itself changes nothing.
  base::Status parse(const EventView& event, const api::EventParseInput& input, bool live, uint64_t now_ns);

 private:
  struct Call {
    const EventView& event;
    const api::TableReader* reader;
    const api::TableWriter* writer;
    bool live;
    uint64_t now_ns;
  };
  struct Handler {
    uint16_t type;
    base::Status (Parser::*parse)(const Call& call);
  };
  static const Handler kHandlers[];
  static const std::span<const Handler> handlers();

  base::Status new_thread(const Call& call);
  base::Status new_program(const Call& call);
  base::Status new_root(const Call& call);
  base::Status thread_exit(const Call& call);
  base::Status container(const Call& call);

  const ThreadTable& threads_;
  Cache& cache_;
  Attribution& attribution_;
  Announcements& announcements_;
  SentEvents& sent_;
  ProbeProcesses probes_;
  bool first_seen_ = false;  // a container event: it tells what kind of capture this is
};

}  // namespace plugin
