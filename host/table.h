// A state table as plugins see it, and the errors of all of them. The function tables of the C interface
// (table_abi.h) call these. Event loop's thread only.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "api/plugin_api.h"

namespace host {

// One field of a table; its address is the accessor that a plugin holds.
struct FieldDef {
  std::string name;
  api::StateType type;
  bool read_only;
  size_t index;  // the owner's business
};

// Shared by all tables of one registry.
struct TableContext {
  std::string last_error;     // what get_owner_last_error answers
  int64_t entries_held = 0;   // got by a plugin and not released yet
  uint64_t bad_releases = 0;  // released more often than got
};

class Table {
 public:
  Table(std::string name, api::StateType key_type, TableContext& context)
      : name_(std::move(name)), key_type_(key_type), context_(context) {}
  virtual ~Table() = default;
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  const std::string& name() const { return name_; }
  api::StateType key_type() const { return key_type_; }

  // The answers are the C interface's: nullptr or a failure leaves a sentence in the context.
  virtual std::span<const api::TableFieldInfo> list_fields() = 0;
  virtual const FieldDef* get_field(const char* name, api::StateType type) = 0;
  virtual const FieldDef* add_field(const char* name, api::StateType type) = 0;

  virtual uint64_t size() = 0;
  virtual api::TableEntry* get_entry(const api::StateData& key) = 0;
  virtual void release_entry(api::TableEntry* entry) = 0;
  virtual bool iterate(api::TableIterator iterator, api::IteratorState* state) = 0;
  virtual api::Rc read(api::TableEntry* entry, const FieldDef& field, api::StateData& out) = 0;

  virtual api::Rc clear() = 0;
  virtual api::Rc erase(const api::StateData& key) = 0;
  virtual api::TableEntry* create_entry() = 0;
  virtual void destroy_entry(api::TableEntry* entry) = 0;
  virtual api::TableEntry* add_entry(const api::StateData& key, api::TableEntry* entry) = 0;
  virtual api::Rc write(api::TableEntry* entry, const FieldDef& field, const api::StateData& in) = 0;

  // Notes an error for get_owner_last_error.
  api::Rc fail(std::string message) {
    context_.last_error = std::move(message);
    return api::kFailure;
  }
  TableContext& context() { return context_; }

 private:
  std::string name_;
  api::StateType key_type_;
  TableContext& context_;
};

// "int64", "string", ... for error sentences.
const char* state_type_name(api::StateType type);

// The field of `fields` with that name and type, or nullptr with the error noted in `table`.
const FieldDef* find_field(Table& table, std::span<const FieldDef> fields, const char* name,
                           api::StateType type);

}  // namespace host
