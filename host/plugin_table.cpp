// See plugin_table.h.
#include "host/plugin_table.h"

#include <fmt/format.h>

#include <memory>

namespace host {

base::Result<std::unique_ptr<PluginTable>> PluginTable::create(const api::TableInput& input,
                                                               const void* owner, TableContext& context) {
  if (input.name == nullptr || *input.name == '\0') return base::Error{"a plugin's table has no name"};
  if (input.table == nullptr) {
    return base::Error{fmt::format("the plugin's table '{}' is a null pointer", input.name)};
  }
  if (input.reader_ext == nullptr || input.writer_ext == nullptr || input.fields_ext == nullptr) {
    return base::Error{
        fmt::format("the plugin's table '{}' lacks one of reader_ext, writer_ext, fields_ext", input.name)};
  }
  const api::TableReader& reader = *input.reader_ext;
  const api::TableWriter& writer = *input.writer_ext;
  const api::TableFields& fields = *input.fields_ext;
  const bool complete = reader.get_table_name != nullptr && reader.get_table_size != nullptr &&
                        reader.get_table_entry != nullptr && reader.read_entry_field != nullptr &&
                        reader.release_table_entry != nullptr && reader.iterate_entries != nullptr &&
                        writer.clear_table != nullptr && writer.erase_table_entry != nullptr &&
                        writer.create_table_entry != nullptr && writer.destroy_table_entry != nullptr &&
                        writer.add_table_entry != nullptr && writer.write_entry_field != nullptr &&
                        fields.list_table_fields != nullptr && fields.get_table_field != nullptr &&
                        fields.add_table_field != nullptr;
  if (!complete) {
    return base::Error{fmt::format("the plugin's table '{}' leaves one of its functions out", input.name)};
  }
  return std::unique_ptr<PluginTable>(new PluginTable(input, owner, context));
}

PluginTable::PluginTable(const api::TableInput& input, const void* owner, TableContext& context)
    : Table(input.name, input.key_type, context),
      owner_(owner),
      table_(input.table),
      reader_(*input.reader_ext),
      writer_(*input.writer_ext),
      functions_(*input.fields_ext) {}

std::span<const api::TableFieldInfo> PluginTable::list_fields() {
  uint32_t count = 0;
  const api::TableFieldInfo* fields = functions_.list_table_fields(table_, &count);
  if (fields == nullptr) return {};
  return {fields, count};
}

const FieldDef* PluginTable::remember(const char* field, api::StateType type, api::TableField* accessor) {
  if (accessor == nullptr) {
    fail(fmt::format("table '{}' has no field '{}' of type {}", name(), field, state_type_name(type)));
    return nullptr;
  }
  accessors_.push_back(accessor);
  return &fields_.emplace_back(FieldDef{field, type, false, accessors_.size() - 1});
}

const FieldDef* PluginTable::get_field(const char* field, api::StateType type) {
  return remember(field, type, functions_.get_table_field(table_, field, type));
}

const FieldDef* PluginTable::add_field(const char* field, api::StateType type) {
  return remember(field, type, functions_.add_table_field(table_, field, type));
}

uint64_t PluginTable::size() {
  return reader_.get_table_size(table_);
}
api::TableEntry* PluginTable::get_entry(const api::StateData& key) {
  api::TableEntry* entry = reader_.get_table_entry(table_, &key);
  if (entry == nullptr) fail("no such entry in table '" + name() + "'");
  return entry;
}
void PluginTable::release_entry(api::TableEntry* entry) {
  reader_.release_table_entry(table_, entry);
}
bool PluginTable::iterate(api::TableIterator iterator, api::IteratorState* state) {
  return reader_.iterate_entries(table_, iterator, state) != 0;
}
api::Rc PluginTable::read(api::TableEntry* entry, const FieldDef& field, api::StateData& out) {
  if (field.index >= accessors_.size()) return fail("unknown field '" + field.name + "'");
  return reader_.read_entry_field(table_, entry, accessors_[field.index], &out);
}
api::Rc PluginTable::clear() {
  return writer_.clear_table(table_);
}
api::Rc PluginTable::erase(const api::StateData& key) {
  return writer_.erase_table_entry(table_, &key);
}
api::TableEntry* PluginTable::create_entry() {
  return writer_.create_table_entry(table_);
}
void PluginTable::destroy_entry(api::TableEntry* entry) {
  writer_.destroy_table_entry(table_, entry);
}
api::TableEntry* PluginTable::add_entry(const api::StateData& key, api::TableEntry* entry) {
  return writer_.add_table_entry(table_, &key, entry);
}
api::Rc PluginTable::write(api::TableEntry* entry, const FieldDef& field, const api::StateData& in) {
  if (field.index >= accessors_.size()) return fail("unknown field '" + field.name + "'");
  return writer_.write_entry_field(table_, entry, accessors_[field.index], &in);
}

}  // namespace host
