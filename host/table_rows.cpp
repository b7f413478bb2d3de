// See table_rows.h.
#include "host/table_rows.h"

#include <fmt/format.h>

#include <utility>

namespace host {
namespace {

using Fields = std::vector<const FieldDef*>;

base::Result<Fields> all_fields(Table& table) {
  std::vector<std::pair<std::string, api::StateType>> names;
  for (const api::TableFieldInfo& info : table.list_fields()) names.emplace_back(info.name, info.field_type);
  Fields fields;
  for (const auto& [name, type] : names) {
    if (type == api::kStateTable) continue;
    const FieldDef* field = table.get_field(name.c_str(), type);
    if (field == nullptr) return base::Error{table.context().last_error};
    fields.push_back(field);
  }
  return fields;
}

CellValue cell(api::StateType type, const api::StateData& data) {
  switch (type) {
    case api::kStateInt8:
      return int64_t{data.s8};
    case api::kStateInt16:
      return int64_t{data.s16};
    case api::kStateInt32:
      return int64_t{data.s32};
    case api::kStateInt64:
      return int64_t{data.s64};
    case api::kStateUint8:
      return uint64_t{data.u8};
    case api::kStateUint16:
      return uint64_t{data.u16};
    case api::kStateUint32:
      return uint64_t{data.u32};
    case api::kStateUint64:
      return uint64_t{data.u64};
    case api::kStateBool:
      return data.b != 0;
    default:
      return std::string(data.str == nullptr ? "" : data.str);
  }
}

base::Result<TableRow> row_of(Table& table, const Fields& fields, api::TableEntry* entry) {
  TableRow row;
  for (const FieldDef* field : fields) {
    api::StateData data{};
    if (table.read(entry, *field, data) != api::kSuccess) {
      return base::Error{fmt::format("field '{}' of table '{}' cannot be read", field->name, table.name())};
    }
    row.emplace(field->name, cell(field->type, data));
  }
  return row;
}

struct Collector {
  Table& table;
  const Fields& fields;
  std::vector<TableRow> rows;
  std::string error;
};

api::Bool collect(api::IteratorState* state, api::TableEntry* entry) {
  auto& collector = *static_cast<Collector*>(state);
  auto row = row_of(collector.table, collector.fields, entry);
  if (!row) {
    collector.error = row.error();
    return 0;
  }
  collector.rows.push_back(std::move(*row));
  return 1;
}

}  // namespace

base::Result<std::vector<TableRow>> read_rows(Table& table) {
  const auto fields = all_fields(table);
  if (!fields) return base::Error{fields.error()};
  Collector collector{table, *fields, {}, {}};
  if (!table.iterate(collect, &collector)) {
    return base::Error{collector.error.empty() ? fmt::format("table '{}' cannot be iterated", table.name())
                                               : collector.error};
  }
  return std::move(collector.rows);
}

base::Result<TableRow> read_row(Table& table, const char* key) {
  const auto fields = all_fields(table);
  if (!fields) return base::Error{fields.error()};
  api::StateData data{};
  data.str = key;
  api::TableEntry* entry = table.get_entry(data);
  if (entry == nullptr) return base::Error{fmt::format("table '{}' has no entry '{}'", table.name(), key)};
  auto row = row_of(table, *fields, entry);
  table.release_entry(entry);
  return row;
}

}  // namespace host
