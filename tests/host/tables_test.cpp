// The table `threads` through the C interface's functions, as a plugin uses them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/table_abi.h"
#include "host/table_registry.h"
#include "host/table_rows.h"

namespace {

using testing::HasSubstr;

struct TablesTest : testing::Test {
  host::TableRegistry registry;
  host::TableFunctions fn = host::table_functions();
  api::Table* threads = registry.find("threads", api::kStateInt64);

  api::TableField* field(const char* name, api::StateType type) {
    return fn.fields.get_table_field(threads, name, type);
  }
  api::TableEntry* get(int64_t tid) {
    api::StateData key{};
    key.s64 = tid;
    return fn.reader.get_table_entry(threads, &key);
  }
  api::StateData read(api::TableEntry* entry, const api::TableField* accessor) {
    api::StateData out{};
    EXPECT_EQ(fn.reader.read_entry_field(threads, entry, accessor, &out), api::kSuccess);
    return out;
  }
  void release(api::TableEntry* entry) { fn.reader.release_table_entry(threads, entry); }
  const std::string& error() { return registry.context().last_error; }

  void SetUp() override {
    host::ThreadData data;
    data.tid = 42;
    data.pid = 41;
    data.comm = "worker";
    data.uid = 7;
    data.pidns_init_start_ts = 99;
    data.args = {"--one", "two"};
    data.cgroups = {{"cpu", "/a"}, {"memory", "/b"}};
    registry.threads().put(data);
  }
};

TEST_F(TablesTest, IsListedAndFoundByNameAndKeyType) {
  ASSERT_EQ(registry.list().size(), 1u);
  EXPECT_STREQ(registry.list()[0].name, "threads");
  EXPECT_EQ(registry.list()[0].key_type, api::kStateInt64);
  EXPECT_NE(threads, nullptr);
  EXPECT_EQ(registry.find("threads", api::kStateUint64), nullptr);
  EXPECT_THAT(error(), HasSubstr("int64"));
  EXPECT_EQ(registry.find("containers", api::kStateString), nullptr);
  EXPECT_THAT(error(), HasSubstr("containers"));
}

TEST_F(TablesTest, ReadsStaticFields) {
  api::TableEntry* entry = get(42);
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(read(entry, field("tid", api::kStateInt64)).s64, 42);
  EXPECT_EQ(read(entry, field("pid", api::kStateInt64)).s64, 41);
  EXPECT_STREQ(read(entry, field("comm", api::kStateString)).str, "worker");
  EXPECT_EQ(read(entry, field("uid", api::kStateUint32)).u32, 7u);
  EXPECT_EQ(read(entry, field("pidns_init_start_ts", api::kStateUint64)).u64, 99u);
  release(entry);
}

TEST_F(TablesTest, MissingFieldsAndWrongTypesAreErrors) {
  EXPECT_EQ(field("nonsense", api::kStateString), nullptr);
  EXPECT_THAT(error(), HasSubstr("nonsense"));
  EXPECT_EQ(field("comm", api::kStateInt64), nullptr);
  EXPECT_THAT(error(), HasSubstr("string"));
}

TEST_F(TablesTest, MissingEntryIsNullWithAnError) {
  EXPECT_EQ(get(4711), nullptr);
  EXPECT_THAT(error(), HasSubstr("4711"));
  EXPECT_EQ(registry.context().entries_held, 0);
}

TEST_F(TablesTest, AddedFieldsAreReadAndWrittenPerEntry) {
  api::TableField* added = fn.fields.add_table_field(threads, "container_id", api::kStateString);
  ASSERT_NE(added, nullptr);
  EXPECT_EQ(fn.fields.add_table_field(threads, "container_id", api::kStateString), added);
  EXPECT_EQ(fn.fields.add_table_field(threads, "container_id", api::kStateInt64), nullptr);
  EXPECT_EQ(fn.fields.add_table_field(threads, "comm", api::kStateString), nullptr);
  api::TableEntry* entry = get(42);
  EXPECT_STREQ(read(entry, added).str, "");
  api::StateData value{};
  value.str = "abc";
  EXPECT_EQ(fn.writer.write_entry_field(threads, entry, added, &value), api::kSuccess);
  EXPECT_STREQ(read(entry, added).str, "abc");
  release(entry);
  EXPECT_EQ(registry.threads().dynamic_text(*registry.threads().find(42), "container_id"), "abc");
  // New data for the thread leaves what the plugin wrote.
  host::ThreadData again = *registry.threads().find(42);
  again.comm = "other";
  registry.threads().put(again);
  EXPECT_EQ(registry.threads().dynamic_text(*registry.threads().find(42), "container_id"), "abc");
}

TEST_F(TablesTest, ReadOnlyFieldsCannotBeWritten) {
  api::TableEntry* entry = get(42);
  api::StateData value{};
  value.str = "/";
  EXPECT_EQ(fn.writer.write_entry_field(threads, entry, field("cwd", api::kStateString), &value),
            api::kFailure);
  EXPECT_THAT(error(), HasSubstr("read-only"));
  EXPECT_EQ(fn.writer.write_entry_field(threads, entry, field("cgroups", api::kStateTable), &value),
            api::kFailure);
  release(entry);
}

TEST_F(TablesTest, SubtableFieldsComeFromAnEntryMadeForThePurpose) {
  api::TableEntry* made = fn.writer.create_table_entry(threads);
  ASSERT_NE(made, nullptr);
  api::StateData list = read(made, field("cgroups", api::kStateTable));
  api::TableField* second = fn.fields.get_table_field(list.table, "second", api::kStateString);
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(fn.fields.get_table_field(list.table, "third", api::kStateString), nullptr);
  EXPECT_EQ(fn.fields.add_table_field(list.table, "third", api::kStateString), nullptr);
  list = read(made, field("args", api::kStateTable));
  api::TableField* value = fn.fields.get_table_field(list.table, "value", api::kStateString);
  ASSERT_NE(value, nullptr);
  fn.writer.destroy_table_entry(threads, made);

  api::TableEntry* entry = get(42);
  list = read(entry, field("cgroups", api::kStateTable));
  EXPECT_EQ(fn.reader.get_table_size(list.table), 2u);
  api::StateData key{};
  key.u64 = 1;
  api::TableEntry* item = fn.reader.get_table_entry(list.table, &key);
  ASSERT_NE(item, nullptr);
  api::StateData out{};
  EXPECT_EQ(fn.reader.read_entry_field(list.table, item, second, &out), api::kSuccess);
  EXPECT_STREQ(out.str, "/b");
  EXPECT_EQ(fn.reader.read_entry_field(list.table, item, value, &out),
            api::kFailure);  // another list's field
  fn.reader.release_table_entry(list.table, item);
  key.u64 = 2;
  EXPECT_EQ(fn.reader.get_table_entry(list.table, &key), nullptr);

  list = read(entry, field("args", api::kStateTable));
  std::vector<std::string> args;
  struct Walk {
    host::TableFunctions& fn;
    api::Table* table;
    api::TableField* value;
    std::vector<std::string>& out;
  } walk{fn, list.table, value, args};
  EXPECT_EQ(fn.reader.iterate_entries(
                list.table,
                [](api::IteratorState* state, api::TableEntry* at) -> api::Bool {
                  auto& w = *static_cast<Walk*>(state);
                  api::StateData data{};
                  w.fn.reader.read_entry_field(w.table, at, w.value, &data);
                  w.out.emplace_back(data.str);
                  return 1;
                },
                &walk),
            1u);
  EXPECT_THAT(args, testing::ElementsAre("--one", "two"));
  release(entry);
  EXPECT_EQ(registry.context().entries_held, 0);
}

TEST_F(TablesTest, LeaksAndDoubleReleasesAreSeen) {
  api::TableEntry* entry = get(42);
  EXPECT_EQ(get(42), entry);
  EXPECT_EQ(registry.context().entries_held, 2);
  release(entry);
  EXPECT_EQ(registry.context().entries_held, 1);
  release(entry);
  EXPECT_EQ(registry.context().bad_releases, 0u);
  release(entry);
  EXPECT_EQ(registry.context().bad_releases, 1u);
  EXPECT_EQ(registry.context().entries_held, 0);
}

TEST_F(TablesTest, AThreadThatIsHeldSurvivesItsErasure) {
  api::TableEntry* entry = get(42);
  EXPECT_TRUE(registry.threads().erase_thread(42));
  EXPECT_EQ(get(42), nullptr);
  EXPECT_STREQ(read(entry, field("comm", api::kStateString)).str, "worker");
  release(entry);
  EXPECT_EQ(registry.context().entries_held, 0);
}

TEST_F(TablesTest, EntriesAreMadeAddedAndErased) {
  api::TableEntry* made = fn.writer.create_table_entry(threads);
  api::StateData key{};
  key.s64 = 50;
  api::TableEntry* added = fn.writer.add_table_entry(threads, &key, made);
  ASSERT_NE(added, nullptr);
  EXPECT_EQ(read(added, field("tid", api::kStateInt64)).s64, 50);
  EXPECT_EQ(fn.writer.add_table_entry(threads, &key, added), nullptr);  // it is in the table already
  release(added);
  EXPECT_EQ(fn.reader.get_table_size(threads), 2u);
  EXPECT_EQ(fn.writer.erase_table_entry(threads, &key), api::kSuccess);
  EXPECT_EQ(fn.writer.erase_table_entry(threads, &key), api::kFailure);
  EXPECT_EQ(fn.writer.clear_table(threads), api::kSuccess);
  EXPECT_EQ(fn.reader.get_table_size(threads), 0u);
}

TEST_F(TablesTest, ErasingWhileIteratingIsRefused) {
  api::Rc erased = api::kSuccess;
  struct State {
    host::TableFunctions& fn;
    api::Table* table;
    api::Rc& rc;
  } state{fn, threads, erased};
  fn.reader.iterate_entries(
      threads,
      [](api::IteratorState* opaque, api::TableEntry*) -> api::Bool {
        auto& s = *static_cast<State*>(opaque);
        api::StateData key{};
        key.s64 = 42;
        s.rc = s.fn.writer.erase_table_entry(s.table, &key);
        return 1;
      },
      &state);
  EXPECT_EQ(erased, api::kFailure);
  EXPECT_EQ(fn.reader.get_table_size(threads), 1u);
}

TEST_F(TablesTest, NullArgumentsAreRefused) {
  api::StateData out{};
  EXPECT_EQ(fn.reader.get_table_entry(nullptr, &out), nullptr);
  EXPECT_EQ(fn.reader.get_table_entry(threads, nullptr), nullptr);
  EXPECT_EQ(fn.reader.read_entry_field(threads, nullptr, nullptr, &out), api::kFailure);
  EXPECT_EQ(fn.reader.get_table_size(nullptr), UINT64_MAX);
  EXPECT_EQ(fn.fields.get_table_field(threads, nullptr, api::kStateString), nullptr);
  EXPECT_EQ(fn.reader.iterate_entries(threads, nullptr, nullptr), 0u);
}

TEST_F(TablesTest, RowsAreReadAsPlainValues) {
  const auto rows = host::read_rows(registry.threads());
  ASSERT_TRUE(rows.ok()) << rows.error();
  ASSERT_EQ(rows->size(), 1u);
  EXPECT_EQ(std::get<int64_t>((*rows)[0].at("tid")), 42);
  EXPECT_EQ(std::get<std::string>((*rows)[0].at("comm")), "worker");
  EXPECT_EQ((*rows)[0].count("cgroups"), 0u);
}

TEST_F(TablesTest, IncompletePublishedTablesAreRefused) {
  api::TableInput input{};
  EXPECT_FALSE(registry.add(input, this).ok());
  input.name = "half";
  EXPECT_FALSE(registry.add(input, this).ok());
  int some = 0;
  input.table = &some;
  EXPECT_THAT(registry.add(input, this).error(), HasSubstr("reader_ext"));
  api::TableReader reader{};
  api::TableWriter writer{};
  api::TableFields fields{};
  input.reader_ext = &reader;
  input.writer_ext = &writer;
  input.fields_ext = &fields;
  EXPECT_THAT(registry.add(input, this).error(), HasSubstr("leaves one of its functions out"));
}

}  // namespace
