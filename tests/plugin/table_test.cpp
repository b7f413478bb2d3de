// The published table `containers`, read as the host and other plugins read it.
#include <gtest/gtest.h>

#include <string>

#include "host/table_registry.h"
#include "plugin_host.h"

namespace {

using test::kIdA;
using test::PluginHost;

class ContainersTable : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(host_.ok()) << host_.error();
    host_.put(test::thread(10, test::docker_cgroup(kIdA)));
    host_.open();
    ASSERT_TRUE(host_.announce(test::full_container(kIdA)));
    table_ = host_.session().tables().find("containers", api::kStateString);
    ASSERT_NE(table_, nullptr);
  }
  std::string text(api::TableEntry* entry, const char* name) {
    const host::FieldDef* field = table_->get_field(name, api::kStateString);
    if (field == nullptr) return "no such field";
    api::StateData data{};
    if (table_->read(entry, *field, data) != api::kSuccess) return "failed";
    return data.str;
  }
  api::TableEntry* entry(const char* id) {
    api::StateData key{};
    key.str = id;
    return table_->get_entry(key);
  }
  PluginHost host_;
  host::Table* table_ = nullptr;
};

TEST_F(ContainersTable, AnswersByShortId) {
  api::TableEntry* found = entry("aaaaaaaaaaaa");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(text(found, "id"), "aaaaaaaaaaaa");
  EXPECT_EQ(text(found, "name"), "web");
  EXPECT_EQ(text(found, "image"), "registry.example:5000/team/web:1.2");
  EXPECT_EQ(text(found, "ip"), "172.17.0.2");
  EXPECT_EQ(text(found, "user"), "1000:1000");
  const host::FieldDef* type = table_->get_field("type", api::kStateUint32);
  ASSERT_NE(type, nullptr);
  api::StateData data{};
  EXPECT_EQ(table_->read(found, *type, data), api::kSuccess);
  EXPECT_EQ(data.u32, 0u);
  table_->release_entry(found);
}

TEST_F(ContainersTable, OfTwoWithTheSameShortIdTheNewestAnswers) {
  core::Container newer = test::full_container(kIdA);
  newer.full_id.back() = newer.full_id.back() == '0' ? '1' : '0';
  newer.name = "newer";
  ASSERT_TRUE(host_.announce(newer));
  EXPECT_EQ(table_->size(), 2u);
  api::TableEntry* found = entry("aaaaaaaaaaaa");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(text(found, "name"), "newer");
  table_->release_entry(found);
  for (const auto& [id, name] : {std::pair{kIdA, "web"}, std::pair{newer.full_id, "newer"}}) {
    found = entry(id.c_str());
    ASSERT_NE(found, nullptr) << id;
    EXPECT_EQ(text(found, "name"), name) << "the whole id leads to its own";
    table_->release_entry(found);
  }
}

TEST_F(ContainersTable, MissingEntriesAndFields) {
  EXPECT_EQ(entry("unknown"), nullptr);
  EXPECT_EQ(table_->get_field("id", api::kStateUint32), nullptr);
  EXPECT_EQ(table_->get_field("secret", api::kStateString), nullptr);
}

TEST_F(ContainersTable, IsReadOnly) {
  api::StateData key{};
  key.str = "aaaaaaaaaaaa";
  EXPECT_EQ(table_->erase(key), api::kFailure);
  EXPECT_EQ(table_->clear(), api::kFailure);
  EXPECT_EQ(table_->create_entry(), nullptr);
  EXPECT_EQ(table_->add_field("x", api::kStateString), nullptr);
  EXPECT_EQ(table_->size(), 1u);
}

TEST_F(ContainersTable, AnEntryOutlivesItsContainer) {
  api::TableEntry* found = entry("aaaaaaaaaaaa");
  ASSERT_NE(found, nullptr);
  ASSERT_TRUE(host_.announce_removed(test::full_container(kIdA)));
  ASSERT_TRUE(host_.feed(host::make_procexit(99, test::kStart + 100 * test::kSecond)));
  EXPECT_EQ(table_->size(), 0u);
  EXPECT_EQ(text(found, "name"), "web");
  table_->release_entry(found);
}

}  // namespace
