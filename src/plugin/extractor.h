// The extraction capability: from an event and a field to a pointer into the container's record.
// Owned by the plugin; Falco's thread only. The hot path: it allocates nothing once warmed up.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "api/plugin_api.h"
#include "core/container_key.h"
#include "core/rendered.h"
#include "plugin/attribution.h"
#include "plugin/cache.h"
#include "plugin/event_view.h"
#include "plugin/fields/question.h"
#include "plugin/thread_table.h"

namespace plugin {

class Extractor {
 public:
  // All must outlive this.
  Extractor(const ThreadTable& threads, Cache& cache, Attribution& attribution)
      : threads_(threads), cache_(cache), attribution_(attribution) {}

  // True when this is not the event of the last extraction: what it is about has yet to be found out.
  bool is_new(const api::EventInput& event) const;

  // Finds out what the event is about; its answers hold until the next begin().
  void begin(const api::EventInput& event, const api::TableReader* reader, uint64_t now_ns);

  // The container that the event is of, while nothing but its cgroup is known of it. Valid until the next
  // begin().
  std::optional<core::ContainerKey> lacks_metadata() const;

  // The sandbox that the event's container asks for parts of its pod, while nothing is known of it.
  std::optional<core::ContainerKey> lacks_pod() const;

  // Fills in the answers of all requested fields.
  void extract(const api::FieldExtractInput& input);

  // Whatever was found out about the last event no longer holds.
  void forget() { event_ = nullptr; }

  // Answers that were missing because no engine had told of the container yet.
  uint64_t unknown_yet() const { return unknown_yet_; }

 private:
  void look_at_thread(const api::TableReader* reader, int64_t tid, uint64_t now_ns);
  void look_at_payload(const EventView& view);
  void set_container(std::shared_ptr<const core::Record> record, bool has_metadata);
  // Finds the sandbox of a container that does not know all of its pod: either may be told of first.
  void look_at_pod();

  const ThreadTable& threads_;
  Cache& cache_;
  Attribution& attribution_;

  // The event that the memo is about.
  const api::Event* event_ = nullptr;
  uint64_t evtnum_ = 0;
  api::Event header_{};

  // The memo. The record is held so that no change of the cache pulls the texts from under the host.
  fields::Question question_;
  std::shared_ptr<const core::Record> record_;
  std::shared_ptr<const core::Record> pod_;
  bool lacks_pod_ = false;
  std::vector<fields::Answer> answers_;
  uint64_t unknown_yet_ = 0;
};

}  // namespace plugin
