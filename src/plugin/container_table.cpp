// See container_table.h.
#include "plugin/container_table.h"

#include <array>
#include <memory>
#include <string_view>

#include "core/rendered.h"
#include "plugin/guarded.h"

namespace plugin {
namespace {

using RecordPtr = std::shared_ptr<const core::Record>;

// One readable field: its name, type, and how it is read. The rows' addresses are the accessors that callers
// get.
struct Column {
  const char* name;
  api::StateType type;
  void (*read)(const core::Record& record, api::StateData& out);
};

template <auto Member>
void read_text(const core::Record& record, api::StateData& out) {
  out.str = (record.container.*Member).c_str();
}

constexpr std::array kColumns = {
    Column{"id", api::kStateString,
           [](const core::Record& record, api::StateData& out) { out.str = record.id.c_str(); }},
    Column{"full_id", api::kStateString, read_text<&core::Container::full_id>},
    Column{"name", api::kStateString, read_text<&core::Container::name>},
    Column{"image", api::kStateString, read_text<&core::Container::image>},
    Column{"ip", api::kStateString, read_text<&core::Container::ip>},
    Column{"user", api::kStateString, read_text<&core::Container::user>},
    Column{"type", api::kStateUint32,
           [](const core::Record& record, api::StateData& out) {
             out.u32 = static_cast<uint32_t>(record.container.type);
           }},
};

constexpr auto kColumnInfos = [] {
  std::array<api::TableFieldInfo, kColumns.size()> infos{};
  for (size_t i = 0; i < kColumns.size(); ++i) infos[i] = {kColumns[i].name, kColumns[i].type, 1};
  return infos;
}();

const Cache& cache_of(api::Table* table) {
  return static_cast<const ContainerTable*>(table)->cache();
}

const char* get_name(api::Table*) {
  return "containers";
}

uint64_t get_size(api::Table* table) {
  return cache_of(table).size();
}

// An entry holds the record, so that it stays readable whatever the cache does before it is released.
api::TableEntry* get_entry(api::Table* table, const api::StateData* key) {
  if (key == nullptr || key->str == nullptr) return nullptr;
  return guarded<api::TableEntry*>(nullptr, [&]() -> api::TableEntry* {
    const Cache::Entry* entry = cache_of(table).find_shown(key->str);
    return entry != nullptr ? new RecordPtr(entry->record) : nullptr;
  });
}

api::Rc read_field(api::Table*, api::TableEntry* entry, const api::TableField* field, api::StateData* out) {
  const auto* column = static_cast<const Column*>(field);
  if (entry == nullptr || out == nullptr || column < kColumns.data() ||
      column >= kColumns.data() + kColumns.size()) {
    return api::kFailure;
  }
  column->read(**static_cast<RecordPtr*>(entry), *out);
  return api::kSuccess;
}

void release_entry(api::Table*, api::TableEntry* entry) {
  delete static_cast<RecordPtr*>(entry);
}

api::Bool iterate(api::Table* table, api::TableIterator visit, api::IteratorState* state) {
  return guarded<api::Bool>(0, [&]() -> api::Bool {
    // A copy: the visitor may make the host call us, and so change the cache.
    std::vector<RecordPtr> records;
    records.reserve(cache_of(table).size());
    cache_of(table).for_each([&](const Cache::Entry& entry) { records.push_back(entry.record); });
    for (RecordPtr& record : records) {
      if (visit(state, &record) == 0) return 0;
    }
    return 1;
  });
}

const api::TableFieldInfo* list_fields(api::Table*, uint32_t* count) {
  *count = static_cast<uint32_t>(kColumnInfos.size());
  return kColumnInfos.data();
}

api::TableField* get_field(api::Table*, const char* name, api::StateType type) {
  for (const Column& column : kColumns) {
    if (name != nullptr && std::string_view(name) == column.name && type == column.type) {
      return const_cast<Column*>(&column);
    }
  }
  return nullptr;
}

// The table is read-only: every attempt to write is refused.
api::TableField* add_field(api::Table*, const char*, api::StateType) {
  return nullptr;
}
api::Rc clear(api::Table*) {
  return api::kFailure;
}
api::Rc erase(api::Table*, const api::StateData*) {
  return api::kFailure;
}
api::TableEntry* create_entry(api::Table*) {
  return nullptr;
}
void destroy_entry(api::Table*, api::TableEntry*) {}
api::TableEntry* add_entry(api::Table*, const api::StateData*, api::TableEntry*) {
  return nullptr;
}
api::Rc write_field(api::Table*, api::TableEntry*, const api::TableField*, const api::StateData*) {
  return api::kFailure;
}

}  // namespace

ContainerTable::ContainerTable(const Cache& cache)
    : cache_(cache),
      reader_{get_name, get_size, get_entry, read_field, release_entry, iterate},
      writer_{clear, erase, create_entry, destroy_entry, add_entry, write_field},
      fields_{list_fields, get_field, add_field},
      input_{} {
  input_.name = "containers";
  input_.key_type = api::kStateString;
  input_.table = this;
  input_.reader = {get_name, get_size, get_entry, read_field};
  input_.writer = writer_;
  input_.fields = fields_;
  input_.reader_ext = &reader_;
  input_.writer_ext = &writer_;
  input_.fields_ext = &fields_;
}

}  // namespace plugin
