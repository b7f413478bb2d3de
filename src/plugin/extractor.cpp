// See extractor.h.
#include "plugin/extractor.h"

#include <cstring>
#include <utility>

#include "core/merge.h"
#include "plugin/fields/field_table.h"
#include "plugin/payload.h"

namespace plugin {
namespace {

core::ContainerKey sandbox_of(const core::Container& container) {
  return core::make_key(container.pod_sandbox_id, container.owner, container.type);
}

}  // namespace

bool Extractor::is_new(const api::EventInput& event) const {
  // The host may reuse the memory of an event for the next one, so the pointer alone says nothing.
  return event.evt != event_ || event.evtnum != evtnum_ ||
         std::memcmp(event.evt, &header_, sizeof(header_)) != 0;
}

void Extractor::begin(const api::EventInput& event, const api::TableReader* reader, uint64_t now_ns) {
  event_ = event.evt;
  evtnum_ = event.evtnum;
  std::memcpy(&header_, event.evt, sizeof(header_));

  const EventView view(event.evt);
  question_ = fields::Question{};
  question_.event_ts = view.ts();
  question_.threads = &threads_;
  if (payload_of(view) != Payload::kNone) {
    look_at_payload(view);
  } else {
    look_at_thread(reader, static_cast<int64_t>(view.tid()), now_ns);
  }
  if (question_.where == fields::Where::kContainer) return look_at_pod();
  record_.reset();
  pod_.reset();
}

void Extractor::look_at_thread(const api::TableReader* reader, int64_t tid, uint64_t now_ns) {
  // The host may hold an entry for tid 0 or -1 that stands for no thread at all.
  if (tid <= 0) return;
  const ThreadEntry thread = threads_.find(reader, tid);
  if (!thread) return;
  question_.tid = tid;
  question_.where = fields::Where::kHost;
  if (Cache::Entry* entry = attribution_.container_of(reader, thread.get(), now_ns); entry != nullptr) {
    set_container(entry->record, entry->has_metadata());
  }
}

void Extractor::look_at_payload(const EventView& view) {
  auto container = read_payload(view);
  if (!container) return;
  const Cache::Entry* known = cache_.find(core::key_of(*container));
  if (known == nullptr) return set_container(core::Record::make(std::move(*container)), true);
  core::Container merged = core::merge(known->record->container, *container);
  if (core::same_for_users(merged, known->record->container)) {
    return set_container(known->record, known->has_metadata());
  }
  set_container(core::Record::make(std::move(merged)), true);
}

void Extractor::set_container(std::shared_ptr<const core::Record> record, bool has_metadata) {
  record_ = std::move(record);
  question_.where = fields::Where::kContainer;
  question_.record = record_.get();
  question_.has_metadata = has_metadata;
}

void Extractor::look_at_pod() {
  pod_.reset();
  lacks_pod_ = false;
  const core::Container& container = record_->container;
  if (container.pod_sandbox_id.empty() || container.pod_sandbox_id == container.full_id) return;
  const bool knows_all = container.pod_sandbox_labels && !container.ip.empty() &&
                         !container.cni_json.empty() && !container.pod_name.empty() &&
                         !container.pod_namespace.empty() && !container.pod_uid.empty();
  if (knows_all) return;
  const Cache::Entry* sandbox = cache_.find(sandbox_of(container));
  lacks_pod_ = sandbox == nullptr || !sandbox->has_metadata();
  if (sandbox == nullptr || !sandbox->record->container.is_pod_sandbox) return;
  pod_ = sandbox->record;
  question_.pod = pod_.get();
}

std::optional<core::ContainerKey> Extractor::lacks_metadata() const {
  if (question_.where != fields::Where::kContainer || question_.has_metadata) return std::nullopt;
  return core::key_of(record_->container);
}

std::optional<core::ContainerKey> Extractor::lacks_pod() const {
  if (question_.where != fields::Where::kContainer || !lacks_pod_) return std::nullopt;
  return sandbox_of(record_->container);
}

void Extractor::extract(const api::FieldExtractInput& input) {
  if (answers_.size() < input.num_fields) answers_.resize(input.num_fields);
  question_.reader = input.table_reader_ext;
  const auto rows = fields::table();
  for (uint32_t i = 0; i < input.num_fields; ++i) {
    api::ExtractField& field = input.fields[i];
    field.res_len = 0;
    if (field.field_id >= rows.size()) continue;
    const fields::Field& row = rows[field.field_id];
    fields::Answer& answer = answers_[i];
    answer.clear();
    question_.key = field.arg_present != 0 ? field.arg_key : nullptr;
    row.getter(question_, answer);
    if (!answer.set()) {
      if (question_.where == fields::Where::kContainer && !question_.has_metadata) ++unknown_yet_;
      continue;
    }
    if (row.form == fields::Form::kList) {
      field.res_len = answer.elements().size();
      field.res.str = answer.elements().data();
      continue;
    }
    field.res_len = 1;
    switch (row.type) {
      case api::kFieldString:
        field.res.str = answer.text_slot();
        break;
      case api::kFieldBool:
        field.res.boolean = answer.flag_slot();
        break;
      default:
        field.res.u64 = answer.number_slot();
    }
  }
}

}  // namespace plugin
