// See table_abi.h.
#include "host/table_abi.h"

#include "host/table.h"

namespace host {
namespace {

Table* table_of(api::Table* table) {
  return static_cast<Table*>(table);
}

// A null argument is a plugin's mistake that must not take the host down.
bool all_given(Table* table, std::initializer_list<const void*> arguments) {
  if (table == nullptr) return false;
  for (const void* argument : arguments) {
    if (argument == nullptr) {
      table->fail("a null argument was passed to a function of table '" + table->name() + "'");
      return false;
    }
  }
  return true;
}

const api::TableFieldInfo* list_table_fields(api::Table* opaque, uint32_t* count) {
  Table* table = table_of(opaque);
  if (!all_given(table, {count})) return nullptr;
  const auto fields = table->list_fields();
  *count = static_cast<uint32_t>(fields.size());
  return fields.data();
}

api::TableField* get_table_field(api::Table* opaque, const char* name, api::StateType type) {
  Table* table = table_of(opaque);
  if (!all_given(table, {name})) return nullptr;
  return const_cast<FieldDef*>(table->get_field(name, type));  // opaque to the plugin
}

api::TableField* add_table_field(api::Table* opaque, const char* name, api::StateType type) {
  Table* table = table_of(opaque);
  if (!all_given(table, {name})) return nullptr;
  return const_cast<FieldDef*>(table->add_field(name, type));
}

const char* get_table_name(api::Table* opaque) {
  Table* table = table_of(opaque);
  return table == nullptr ? nullptr : table->name().c_str();
}

uint64_t get_table_size(api::Table* opaque) {
  Table* table = table_of(opaque);
  return table == nullptr ? UINT64_MAX : table->size();
}

api::TableEntry* get_table_entry(api::Table* opaque, const api::StateData* key) {
  Table* table = table_of(opaque);
  return all_given(table, {key}) ? table->get_entry(*key) : nullptr;
}

api::Rc read_entry_field(api::Table* opaque, api::TableEntry* entry, const api::TableField* field,
                         api::StateData* out) {
  Table* table = table_of(opaque);
  if (!all_given(table, {entry, field, out})) return api::kFailure;
  return table->read(entry, *static_cast<const FieldDef*>(field), *out);
}

void release_table_entry(api::Table* opaque, api::TableEntry* entry) {
  Table* table = table_of(opaque);
  if (all_given(table, {entry})) table->release_entry(entry);
}

api::Bool iterate_entries(api::Table* opaque, api::TableIterator iterator, api::IteratorState* state) {
  Table* table = table_of(opaque);
  if (table == nullptr || iterator == nullptr) return 0;
  return table->iterate(iterator, state) ? 1 : 0;
}

api::Rc clear_table(api::Table* opaque) {
  Table* table = table_of(opaque);
  return table == nullptr ? api::kFailure : table->clear();
}

api::Rc erase_table_entry(api::Table* opaque, const api::StateData* key) {
  Table* table = table_of(opaque);
  return all_given(table, {key}) ? table->erase(*key) : api::kFailure;
}

api::TableEntry* create_table_entry(api::Table* opaque) {
  Table* table = table_of(opaque);
  return table == nullptr ? nullptr : table->create_entry();
}

void destroy_table_entry(api::Table* opaque, api::TableEntry* entry) {
  Table* table = table_of(opaque);
  if (all_given(table, {entry})) table->destroy_entry(entry);
}

api::TableEntry* add_table_entry(api::Table* opaque, const api::StateData* key, api::TableEntry* entry) {
  Table* table = table_of(opaque);
  return all_given(table, {key, entry}) ? table->add_entry(*key, entry) : nullptr;
}

api::Rc write_entry_field(api::Table* opaque, api::TableEntry* entry, const api::TableField* field,
                          const api::StateData* in) {
  Table* table = table_of(opaque);
  if (!all_given(table, {entry, field, in})) return api::kFailure;
  return table->write(entry, *static_cast<const FieldDef*>(field), *in);
}

}  // namespace

TableFunctions table_functions() {
  return {{list_table_fields, get_table_field, add_table_field},
          {get_table_name, get_table_size, get_table_entry, read_entry_field, release_table_entry,
           iterate_entries},
          {clear_table, erase_table_entry, create_table_entry, destroy_table_entry, add_table_entry,
           write_entry_field},
          {get_table_name, get_table_size, get_table_entry, read_entry_field}};
}

}  // namespace host
