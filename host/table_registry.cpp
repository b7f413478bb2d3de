// See table_registry.h.
#include "host/table_registry.h"

#include <fmt/format.h>

#include <utility>

namespace host {

TableRegistry::TableRegistry() : threads_(context_) {}

Table* TableRegistry::find(std::string_view name) {
  if (name == threads_.name()) return &threads_;
  for (const auto& table : published_) {
    if (table->name() == name) return table.get();
  }
  return nullptr;
}

Table* TableRegistry::find(std::string_view name, api::StateType key_type) {
  Table* table = find(name);
  if (table == nullptr) {
    context_.last_error = fmt::format("there is no table '{}'", name);
    return nullptr;
  }
  if (table->key_type() != key_type) {
    table->fail(fmt::format("the key of table '{}' is of type {}, not {}", name,
                            state_type_name(table->key_type()), state_type_name(key_type)));
    return nullptr;
  }
  return table;
}

std::vector<api::TableInfo>& TableRegistry::list() {
  infos_.clear();
  infos_.push_back({threads_.name().c_str(), threads_.key_type()});
  for (const auto& table : published_) infos_.push_back({table->name().c_str(), table->key_type()});
  return infos_;
}

base::Status TableRegistry::add(const api::TableInput& input, const void* owner) {
  auto table = PluginTable::create(input, owner, context_);
  if (!table) return base::Error{table.error()};
  if (find((*table)->name()) != nullptr) {
    return base::Error{fmt::format("there is already a table '{}'", (*table)->name())};
  }
  published_.push_back(std::move(*table));
  return base::Ok{};
}

void TableRegistry::remove_owner(const void* owner) {
  std::erase_if(published_, [owner](const auto& table) { return table->owner() == owner; });
}

}  // namespace host
