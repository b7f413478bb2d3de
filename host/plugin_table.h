// A table that a plugin published, seen through the functions it handed over: the host and other plugins read
// it like one of the host's own. Lives as long as the plugin's instance. Event loop's thread only.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "base/result.h"
#include "host/table.h"

namespace host {

class PluginTable final : public Table {
 public:
  // owner: whose table it is (it goes when the owner goes). Fails when a needed function is missing.
  static base::Result<std::unique_ptr<PluginTable>> create(const api::TableInput& input, const void* owner,
                                                           TableContext& context);
  const void* owner() const { return owner_; }

  std::span<const api::TableFieldInfo> list_fields() override;
  const FieldDef* get_field(const char* name, api::StateType type) override;
  const FieldDef* add_field(const char* name, api::StateType type) override;
  uint64_t size() override;
  api::TableEntry* get_entry(const api::StateData& key) override;
  void release_entry(api::TableEntry* entry) override;
  bool iterate(api::TableIterator iterator, api::IteratorState* state) override;
  api::Rc read(api::TableEntry* entry, const FieldDef& field, api::StateData& out) override;
  api::Rc clear() override;
  api::Rc erase(const api::StateData& key) override;
  api::TableEntry* create_entry() override;
  void destroy_entry(api::TableEntry* entry) override;
  api::TableEntry* add_entry(const api::StateData& key, api::TableEntry* entry) override;
  api::Rc write(api::TableEntry* entry, const FieldDef& field, const api::StateData& in) override;

 private:
  PluginTable(const api::TableInput& input, const void* owner, TableContext& context);
  const FieldDef* remember(const char* name, api::StateType type, api::TableField* accessor);

  const void* owner_;
  api::Table* table_;
  api::TableReader reader_;
  api::TableWriter writer_;
  api::TableFields functions_;
  std::deque<FieldDef> fields_;
  std::vector<api::TableField*> accessors_;  // the plugin's own, by FieldDef::index
};

}  // namespace host
