// The host's table `threads` (key: int64 tid). Names and types of the fields are libsinsp's (threadinfo of
// 0.20); plugins may add fields of their own. Owned by the registry; event loop's thread only.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "host/list_table.h"
#include "host/table.h"
#include "host/thread.h"

namespace host {

// Value of a field that a plugin added.
struct DynamicValue {
  api::StateData data{};
  std::string text;  // of string fields
};

struct ThreadShapes {
  ThreadShapes();
  ListShape<std::string> args;
  ListShape<CgroupPath> cgroups;
};

struct Thread : ThreadData {
  Thread(const ThreadShapes& shapes, TableContext& context)
      : args_table("args", shapes.args, args, context),
        cgroups_table("cgroups", shapes.cgroups, cgroups, context) {}

  ListTable<std::string> args_table;
  ListTable<CgroupPath> cgroups_table;
  std::vector<DynamicValue> dynamic;
  uint32_t held = 0;  // by plugins
  bool in_table = false;
};

class ThreadTable final : public Table {
 public:
  explicit ThreadTable(TableContext& context);
  ~ThreadTable() override;

  // For the host itself. Pointers are valid until the thread is erased.
  Thread* find(int64_t tid);
  const Thread* find(int64_t tid) const;
  // Adds a thread or gives the one with this tid new data; what plugins wrote to it stays.
  Thread& put(const ThreadData& data);
  bool erase_thread(int64_t tid);
  std::vector<int64_t> tids() const;
  // The value of a string field that a plugin added ("container_id"); empty when there is none.
  std::string dynamic_text(const Thread& thread, std::string_view field) const;

  std::span<const api::TableFieldInfo> list_fields() override;
  const FieldDef* get_field(const char* name, api::StateType type) override;
  const FieldDef* add_field(const char* name, api::StateType type) override;
  uint64_t size() override { return threads_.size(); }
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
  bool owns(const FieldDef& field) const;
  void drop(std::unique_ptr<Thread> thread);
  bool busy(const char* what);

  ThreadShapes shapes_;
  std::deque<FieldDef> fields_;  // deque: plugins hold addresses. First the static ones, then those added
  size_t static_fields_ = 0;
  std::vector<api::TableFieldInfo> infos_;
  std::unordered_map<int64_t, std::unique_ptr<Thread>> threads_;
  std::unordered_map<Thread*, std::unique_ptr<Thread>> loose_;  // created and not added, or erased while held
  bool iterating_ = false;
};

}  // namespace host
