// See thread_table.h.
#include "host/thread_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "host/thread_fields.h"

namespace host {

ThreadShapes::ThreadShapes()
    : args({{"value", [](std::string& entry) -> std::string& { return entry; }}}),
      cgroups({{"first", [](CgroupPath& entry) -> std::string& { return entry.subsystem; }},
               {"second", [](CgroupPath& entry) -> std::string& { return entry.path; }}}) {}

ThreadTable::ThreadTable(TableContext& context) : Table("threads", api::kStateInt64, context) {
  for (const ThreadField& field : thread_fields()) {
    fields_.push_back({field.name, field.type, field.set == nullptr, fields_.size()});
  }
  static_fields_ = fields_.size();
}

ThreadTable::~ThreadTable() = default;

Thread* ThreadTable::find(int64_t tid) {
  const auto found = threads_.find(tid);
  return found == threads_.end() ? nullptr : found->second.get();
}

const Thread* ThreadTable::find(int64_t tid) const {
  const auto found = threads_.find(tid);
  return found == threads_.end() ? nullptr : found->second.get();
}

Thread& ThreadTable::put(const ThreadData& data) {
  std::unique_ptr<Thread>& slot = threads_[data.tid];
  if (!slot) {
    slot = std::make_unique<Thread>(shapes_, context());
    slot->in_table = true;
  }
  static_cast<ThreadData&>(*slot) = data;
  return *slot;
}

bool ThreadTable::erase_thread(int64_t tid) {
  const auto found = threads_.find(tid);
  if (found == threads_.end()) return false;
  std::unique_ptr<Thread> thread = std::move(found->second);
  threads_.erase(found);
  drop(std::move(thread));
  return true;
}

std::vector<int64_t> ThreadTable::tids() const {
  std::vector<int64_t> out;
  out.reserve(threads_.size());
  for (const auto& [tid, thread] : threads_) out.push_back(tid);
  return out;
}

std::string ThreadTable::dynamic_text(const Thread& thread, std::string_view field) const {
  for (size_t i = static_fields_; i < fields_.size(); ++i) {
    if (fields_[i].name == field && fields_[i].type == api::kStateString) {
      const size_t slot = i - static_fields_;
      return slot < thread.dynamic.size() ? thread.dynamic[slot].text : std::string();
    }
  }
  return {};
}

// A thread that a plugin still holds stays readable until it is released.
void ThreadTable::drop(std::unique_ptr<Thread> thread) {
  thread->in_table = false;
  if (thread->held > 0) {
    Thread* raw = thread.get();
    loose_.emplace(raw, std::move(thread));
  }
}

bool ThreadTable::busy(const char* what) {
  if (iterating_) fail(fmt::format("cannot {} table '{}' while it is iterated", what, name()));
  return iterating_;
}

std::span<const api::TableFieldInfo> ThreadTable::list_fields() {
  infos_.clear();
  for (const FieldDef& field : fields_) {
    infos_.push_back({field.name.c_str(), field.type, field.read_only ? 1u : 0u});
  }
  return infos_;
}

const FieldDef* ThreadTable::get_field(const char* field, api::StateType type) {
  const auto found = std::find_if(fields_.begin(), fields_.end(),
                                  [field](const FieldDef& row) { return row.name == field; });
  if (found == fields_.end()) {
    fail(fmt::format("table '{}' has no field '{}'", name(), field));
    return nullptr;
  }
  return find_field(*this, {&*found, 1}, field, type);
}

const FieldDef* ThreadTable::add_field(const char* field, api::StateType type) {
  const auto found = std::find_if(fields_.begin(), fields_.end(),
                                  [field](const FieldDef& row) { return row.name == field; });
  if (found != fields_.end()) {
    if (found->index < static_fields_) {
      fail(fmt::format("field '{}' of table '{}' is the host's own", field, name()));
      return nullptr;
    }
    return find_field(*this, {&*found, 1}, field, type);
  }
  if (type == api::kStateTable) {
    fail(fmt::format("field '{}' of table '{}' cannot be a table", field, name()));
    return nullptr;
  }
  return &fields_.emplace_back(FieldDef{field, type, false, fields_.size()});
}

bool ThreadTable::owns(const FieldDef& field) const {
  return field.index < fields_.size() && &fields_[field.index] == &field;
}

api::TableEntry* ThreadTable::get_entry(const api::StateData& key) {
  Thread* thread = find(key.s64);
  if (thread == nullptr) {
    fail(fmt::format("no entry found at key '{}' of table '{}'", key.s64, name()));
    return nullptr;
  }
  ++thread->held;
  ++context().entries_held;
  return thread;
}

void ThreadTable::release_entry(api::TableEntry* entry) {
  auto* thread = static_cast<Thread*>(entry);
  if (thread->held == 0) {
    ++context().bad_releases;
    return;
  }
  --thread->held;
  --context().entries_held;
  if (!thread->in_table && thread->held == 0) loose_.erase(thread);
}

bool ThreadTable::iterate(api::TableIterator iterator, api::IteratorState* state) {
  iterating_ = true;
  bool all = true;
  for (const auto& [tid, thread] : threads_) {
    if (iterator(state, thread.get()) == 0) {
      all = false;
      break;
    }
  }
  iterating_ = false;
  return all;
}

api::Rc ThreadTable::read(api::TableEntry* entry, const FieldDef& field, api::StateData& out) {
  if (!owns(field)) return fail("field '" + field.name + "' is not one of table 'threads'");
  auto& thread = *static_cast<Thread*>(entry);
  if (field.index < static_fields_) {
    thread_fields()[field.index].get(thread, out);
    return api::kSuccess;
  }
  const size_t slot = field.index - static_fields_;
  if (thread.dynamic.size() <= slot) thread.dynamic.resize(slot + 1);
  DynamicValue& value = thread.dynamic[slot];
  out = value.data;
  if (field.type == api::kStateString) out.str = value.text.c_str();
  return api::kSuccess;
}

api::Rc ThreadTable::write(api::TableEntry* entry, const FieldDef& field, const api::StateData& in) {
  if (!owns(field)) return fail("field '" + field.name + "' is not one of table 'threads'");
  if (field.read_only) return fail("field '" + field.name + "' of table 'threads' is read-only");
  auto& thread = *static_cast<Thread*>(entry);
  if (field.index < static_fields_) {
    thread_fields()[field.index].set(thread, in);
    return api::kSuccess;
  }
  const size_t slot = field.index - static_fields_;
  if (thread.dynamic.size() <= slot) thread.dynamic.resize(slot + 1);
  DynamicValue& value = thread.dynamic[slot];
  if (field.type == api::kStateString) {
    value.text = in.str == nullptr ? "" : in.str;
  } else {
    value.data = in;
  }
  return api::kSuccess;
}

api::Rc ThreadTable::clear() {
  if (busy("clear")) return api::kFailure;
  for (auto& [tid, thread] : threads_) drop(std::move(thread));
  threads_.clear();
  return api::kSuccess;
}

api::Rc ThreadTable::erase(const api::StateData& key) {
  if (busy("erase from")) return api::kFailure;
  return erase_thread(key.s64) ? api::kSuccess
                               : fail(fmt::format("no entry found at key '{}' of table 'threads'", key.s64));
}

api::TableEntry* ThreadTable::create_entry() {
  auto thread = std::make_unique<Thread>(shapes_, context());
  Thread* raw = thread.get();
  loose_.emplace(raw, std::move(thread));
  return raw;
}

void ThreadTable::destroy_entry(api::TableEntry* entry) {
  auto* thread = static_cast<Thread*>(entry);
  if (loose_.erase(thread) == 0) ++context().bad_releases;
}

api::TableEntry* ThreadTable::add_entry(const api::StateData& key, api::TableEntry* entry) {
  if (busy("add to")) return nullptr;
  const auto found = loose_.find(static_cast<Thread*>(entry));
  if (found == loose_.end()) {
    fail("an entry was added to table 'threads' that it did not create");
    return nullptr;
  }
  std::unique_ptr<Thread> thread = std::move(found->second);
  loose_.erase(found);
  erase_thread(key.s64);
  Thread* raw = thread.get();
  raw->tid = key.s64;
  raw->in_table = true;
  ++raw->held;
  ++context().entries_held;
  threads_[key.s64] = std::move(thread);
  return raw;
}

}  // namespace host
