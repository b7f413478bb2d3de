// A table inside a thread's entry: its arguments, or its cgroups. Key: position (uint64). As libsinsp's
// container adapters: the fields are the same for all instances of a kind, new ones cannot be added.
// A view of the thread's own vector; lives and dies with the thread. Event loop's thread only.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "host/table.h"

namespace host {

// One text column of an entry of type T.
template <typename T>
struct Column {
  const char* name;
  std::string& (*text)(T& entry);
};

// The shared description of one kind of list.
template <typename T>
class ListShape {
 public:
  explicit ListShape(std::vector<Column<T>> columns) : columns_(std::move(columns)) {
    for (size_t i = 0; i < columns_.size(); ++i) {
      fields_.push_back({columns_[i].name, api::kStateString, false, i});
      infos_.push_back({columns_[i].name, api::kStateString, 0});
    }
  }
  std::span<const FieldDef> fields() const { return fields_; }
  std::span<const api::TableFieldInfo> infos() const { return infos_; }
  // The column of `field`, or nullptr when it belongs to another table.
  const Column<T>* column(const FieldDef& field) const {
    for (const FieldDef& own : fields_) {
      if (&own == &field) return &columns_[own.index];
    }
    return nullptr;
  }

 private:
  std::vector<Column<T>> columns_;
  std::vector<FieldDef> fields_;
  std::vector<api::TableFieldInfo> infos_;
};

template <typename T>
class ListTable final : public Table {
 public:
  ListTable(const char* name, const ListShape<T>& shape, std::vector<T>& items, TableContext& context)
      : Table(name, api::kStateUint64, context), shape_(shape), items_(items) {}

  std::span<const api::TableFieldInfo> list_fields() override { return shape_.infos(); }
  const FieldDef* get_field(const char* field, api::StateType type) override {
    return find_field(*this, shape_.fields(), field, type);
  }
  const FieldDef* add_field(const char* field, api::StateType) override {
    fail("field '" + std::string(field) + "' cannot be added: table '" + name() + "' has a fixed set");
    return nullptr;
  }
  uint64_t size() override { return items_.size(); }
  api::TableEntry* get_entry(const api::StateData& key) override {
    if (key.u64 >= items_.size()) {
      fail("table '" + name() + "' has no entry " + std::to_string(key.u64));
      return nullptr;
    }
    ++context().entries_held;
    return &items_[key.u64];
  }
  void release_entry(api::TableEntry*) override { --context().entries_held; }
  bool iterate(api::TableIterator iterator, api::IteratorState* state) override {
    for (T& item : items_) {
      if (iterator(state, &item) == 0) return false;
    }
    return true;
  }
  api::Rc read(api::TableEntry* entry, const FieldDef& field, api::StateData& out) override {
    const Column<T>* column = shape_.column(field);
    if (column == nullptr) return fail("field '" + field.name + "' is not one of table '" + name() + "'");
    out.str = column->text(*static_cast<T*>(entry)).c_str();
    return api::kSuccess;
  }
  api::Rc clear() override {
    items_.clear();
    return api::kSuccess;
  }
  api::Rc erase(const api::StateData& key) override {
    if (key.u64 >= items_.size()) return fail("table '" + name() + "' has no such entry to erase");
    items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(key.u64));
    return api::kSuccess;
  }
  // New entries would need an owner between create and add; libsinsp's lists are not written by plugins.
  api::TableEntry* create_entry() override {
    fail("entries of table '" + name() + "' are made by the host only");
    return nullptr;
  }
  void destroy_entry(api::TableEntry*) override {}
  api::TableEntry* add_entry(const api::StateData&, api::TableEntry*) override { return create_entry(); }
  api::Rc write(api::TableEntry* entry, const FieldDef& field, const api::StateData& in) override {
    const Column<T>* column = shape_.column(field);
    if (column == nullptr || in.str == nullptr) return fail("bad value for table '" + name() + "'");
    column->text(*static_cast<T*>(entry)) = in.str;
    return api::kSuccess;
  }

 private:
  const ListShape<T>& shape_;
  std::vector<T>& items_;
};

}  // namespace host
