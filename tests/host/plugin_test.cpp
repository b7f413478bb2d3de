// Loading plugins, good and bad, and everything that an instance does, with the test plugin.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <mutex>
#include <thread>

#include "api/events.h"
#include "host/event_builder.h"
#include "host/session.h"
#include "host/table_rows.h"

namespace {

using host::PluginLibrary;
using testing::Contains;
using testing::HasSubstr;

std::string path_of(const std::string& flaw) {
  return std::string(TEST_PLUGIN_DIR) + "/libtest_plugin_" + flaw + ".so";
}

std::shared_ptr<const PluginLibrary> good_library() {
  auto library = PluginLibrary::load(path_of("none"));
  EXPECT_TRUE(library.ok()) << library.error();
  return library.ok() ? *library : nullptr;
}

std::string load_error(const std::string& path) {
  const auto library = PluginLibrary::load(path);
  return library.ok() ? "loaded" : library.error();
}

TEST(PluginLibrary, LoadsAndKnowsCapabilities) {
  const auto library = good_library();
  ASSERT_NE(library, nullptr);
  EXPECT_EQ(library->name(), "test");
  EXPECT_EQ(library->version(), "0.0.1");
  EXPECT_TRUE(library->can_extract());
  EXPECT_TRUE(library->can_parse());
  EXPECT_TRUE(library->can_push_events());
  EXPECT_TRUE(library->can_listen());
}

TEST(PluginLibrary, SaysWhyAFileCannotBeLoaded) {
  EXPECT_THAT(load_error("/nonexistent/libx.so"), HasSubstr("/nonexistent/libx.so"));
  const std::string text_file = testing::TempDir() + "/not_a_library.so";
  std::ofstream(text_file) << "hello";
  EXPECT_THAT(load_error(text_file), HasSubstr("cannot be loaded"));
}

TEST(PluginLibrary, RefusesFlawedLibraries) {
  EXPECT_THAT(load_error(path_of("newer_api")), HasSubstr("needs plugin API 3.99.0"));
  EXPECT_THAT(load_error(path_of("other_major")), HasSubstr("needs plugin API 4.0.0"));
  EXPECT_THAT(load_error(path_of("bad_version")), HasSubstr("'three'"));
  EXPECT_THAT(load_error(path_of("no_destroy")), HasSubstr("does not export plugin_destroy"));
  EXPECT_THAT(load_error(path_of("half_extraction")),
              HasSubstr("plugin_get_fields without plugin_extract_fields"));
}

TEST(PluginLibrary, ChecksVersions) {
  EXPECT_TRUE(host::check_api_version("3.10.0").ok());
  EXPECT_TRUE(host::check_api_version("3.12.7").ok());
  EXPECT_TRUE(host::check_api_version("3.0.0").ok());
  for (const char* bad : {"3.13.0", "2.0.0", "4.0.0", "", "3", "3.10", "3.10.0.1", "3.10.x", "-3.1.1"}) {
    EXPECT_FALSE(host::check_api_version(bad).ok()) << bad;
  }
}

struct PluginTest : testing::Test {
  std::shared_ptr<const PluginLibrary> library = good_library();
  std::mutex mutex;
  std::vector<std::string> lines;
  host::Session session;

  host::InstanceOptions options(std::string config) {
    const auto sink = [this](base::Severity, const std::string& line) {
      const std::lock_guard lock(mutex);
      lines.push_back(line);
    };
    return {std::move(config), base::Logger(sink, base::Severity::kTrace), 4};
  }
  host::PluginInstance& add(const std::string& config = "") {
    const auto added = session.add_plugin(library, options(config));
    EXPECT_TRUE(added.ok()) << added.error();
    return *session.plugins().back();
  }
  void add_thread(int64_t tid) {
    host::ThreadData data;
    data.tid = data.pid = tid;
    data.comm = "shell";
    data.cgroups = {{"cpu", "/docker/abc"}};
    session.threads().put(data);
  }
  host::FieldValue extract(host::PluginInstance& plugin, const std::string& field, int64_t tid) {
    const auto request = host::parse_field_request(plugin.fields(), field);
    EXPECT_TRUE(request.ok() && request->has_value()) << field;
    const auto bytes = host::make_chroot_exit(tid, 1, "/");
    const auto event = host::EventView::parse(bytes);
    auto value = plugin.extract(*event, 1, **request);
    EXPECT_TRUE(value.ok()) << value.error();
    return *value;
  }
  // Pushed events come from another thread.
  bool wait_for_pushed(host::PluginInstance& plugin) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (plugin.queue().size() == 0 && std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
    return plugin.queue().size() > 0;
  }
};

TEST_F(PluginTest, TheRefusalOfAConfigurationIsPassedOn) {
  const auto added = session.add_plugin(library, options("refuse"));
  ASSERT_FALSE(added.ok());
  EXPECT_THAT(added.error(), HasSubstr("the configuration says refuse"));
  EXPECT_THAT(lines, Contains("test: destroyed"));
  EXPECT_EQ(session.tables().find("own"), nullptr);
}

TEST_F(PluginTest, ABadListOfFieldsIsRefused) {
  const auto flawed = PluginLibrary::load(path_of("bad_fields"));
  ASSERT_TRUE(flawed.ok());
  const auto added = session.add_plugin(*flawed, options(""));
  ASSERT_FALSE(added.ok());
  EXPECT_THAT(added.error(), HasSubstr("unknown type 'text'"));
}

TEST_F(PluginTest, LogsWithItsNameOrTheComponentGiven) {
  {
    host::Session other;
    ASSERT_TRUE(other.add_plugin(library, options("")).ok());
  }
  EXPECT_THAT(lines, testing::ElementsAre("test: started", "test: destroyed"));
}

TEST_F(PluginTest, ExtractsEveryTypeOfField) {
  host::PluginInstance& plugin = add();
  add_thread(5);
  EXPECT_EQ(std::get<std::string>(extract(plugin, "test.text", 5).values.at(0)), "shell");
  EXPECT_EQ(std::get<uint64_t>(extract(plugin, "test.count", 5).values.at(0)), 0u);
  EXPECT_EQ(std::get<bool>(extract(plugin, "test.flag", 5).values.at(0)), true);
  EXPECT_EQ(extract(plugin, "test.list", 5).values.size(), 2u);
  EXPECT_EQ(std::get<std::string>(extract(plugin, "test.cgroup", 5).values.at(0)), "/docker/abc");
  EXPECT_EQ(std::get<std::string>(extract(plugin, "test.echo[key]", 5).values.at(0)), "key/0");
  EXPECT_EQ(std::get<std::string>(extract(plugin, "test.echo[12]", 5).values.at(0)), "12/12");
  EXPECT_EQ(std::get<std::string>(extract(plugin, "test.echo.a.b", 5).values.at(0)), "a.b/0");
  EXPECT_FALSE(extract(plugin, "test.text", 6).is_set());
  EXPECT_EQ(session.tables().context().entries_held, 0);
}

TEST_F(PluginTest, AFailingExtractionIsAnError) {
  host::PluginInstance& plugin = add();
  const auto request = host::parse_field_request(plugin.fields(), "test.fails");
  const auto bytes = host::make_chroot_exit(1, 1, "/");
  const auto value = plugin.extract(*host::EventView::parse(bytes), 1, **request);
  ASSERT_FALSE(value.ok());
  EXPECT_THAT(value.error(), HasSubstr("cannot be extracted"));
}

TEST_F(PluginTest, FieldArgumentsAreChecked) {
  host::PluginInstance& plugin = add();
  EXPECT_FALSE(host::parse_field_request(plugin.fields(), "test.echo").ok());
  EXPECT_FALSE(host::parse_field_request(plugin.fields(), "test.text[x]").ok());
  const auto unknown = host::parse_field_request(plugin.fields(), "test.texts");
  ASSERT_TRUE(unknown.ok());
  EXPECT_FALSE(unknown->has_value());
}

TEST_F(PluginTest, LeaksOfEntriesAreSeen) {
  host::PluginInstance& plugin = add("leak");
  add_thread(5);
  extract(plugin, "test.text", 5);
  EXPECT_EQ(session.tables().context().entries_held, 1);
}

TEST_F(PluginTest, ParsesOnlyTheTypesItAskedForAndSeesTheHostsChange) {
  host::PluginInstance& plugin = add();
  host::ThreadData data;
  data.tid = data.pid = 9;
  data.comm = "new";
  ASSERT_TRUE(session.feed(host::make_chroot_exit(9, 1, "/"), nullptr).ok());
  EXPECT_EQ(std::get<uint64_t>(plugin.metrics().at(0).value), 0u);
  ASSERT_TRUE(session.feed(host::make_clone_exit(api::kEventCloneExit, data, 2), nullptr).ok());
  EXPECT_EQ(std::get<uint64_t>(plugin.metrics().at(0).value), 1u);
  EXPECT_EQ(session.threads().dynamic_text(*session.threads().find(9), "tag"), "tagged");
  EXPECT_EQ(session.parse_failures(), 0u);
}

TEST_F(PluginTest, FailuresToParseAreCountedAndDoNotStopTheEvent) {
  add();
  bool seen = false;
  ASSERT_TRUE(
      session.feed(host::make_async(1, "hello", "x"), [&](const host::EventContext&) { seen = true; }).ok());
  EXPECT_TRUE(seen);
  EXPECT_EQ(session.parse_failures(), 1u);
  EXPECT_THAT(session.last_parse_error(), HasSubstr("no entry found"));
}

TEST_F(PluginTest, MalformedEventsNeverReachIt) {
  host::PluginInstance& plugin = add();
  EXPECT_FALSE(
      session.feed(host::EventBuilder(api::kEventCloneExit, 1, 1).claim_param_count(99).build(), nullptr)
          .ok());
  EXPECT_EQ(std::get<uint64_t>(plugin.metrics().at(0).value), 0u);
}

TEST_F(PluginTest, ThreadIsThereDuringItsExitAndGoneAfterwards) {
  add();
  add_thread(5);
  const host::Thread* during = nullptr;
  ASSERT_TRUE(session
                  .feed(host::make_procexit(5, 1),
                        [&](const host::EventContext& context) { during = context.thread; })
                  .ok());
  EXPECT_NE(during, nullptr);
  EXPECT_EQ(session.threads().find(5), nullptr);
}

TEST_F(PluginTest, CaptureOpenWalksTheThreads) {
  add();
  add_thread(5);
  ASSERT_TRUE(session.open(false).ok());
  EXPECT_EQ(session.threads().dynamic_text(*session.threads().find(5), "tag"), "walked");
}

TEST_F(PluginTest, ARefusedCaptureIsAnError) {
  add("closed");
  EXPECT_THAT(session.open(false).error(), HasSubstr("no capture today"));
}

TEST_F(PluginTest, PushedEventsArriveStampedAndOnlyListedOnes) {
  host::PluginInstance& plugin = add();
  ASSERT_TRUE(session.open(true).ok());
  ASSERT_TRUE(wait_for_pushed(plugin));
  session.close();
  std::vector<std::string> names;
  uint64_t ts = UINT64_MAX;
  EXPECT_EQ(session.feed_pushed([&](const host::EventContext& context) {
    names.emplace_back(context.event.text(1).value_or(""));
    ts = context.event.ts();
  }),
            1u);
  EXPECT_THAT(names, testing::ElementsAre("hello"));
  EXPECT_NE(ts, UINT64_MAX);
  EXPECT_EQ(plugin.queue().dropped(), 0u);
}

TEST_F(PluginTest, ReplayNeverStartsTheAsyncPart) {
  host::PluginInstance& plugin = add();
  ASSERT_TRUE(session.open(false).ok());
  session.close();
  EXPECT_EQ(plugin.queue().size(), 0u);
}

TEST_F(PluginTest, PushesAfterTheHandlerWasTakenBackAreRefused) {
  host::PluginInstance& plugin = add("late");
  add_thread(5);
  ASSERT_TRUE(session.open(true).ok());
  ASSERT_TRUE(wait_for_pushed(plugin));
  session.close();
  while (plugin.queue().pop()) {
  }
  EXPECT_EQ(plugin.late_pushes(), 0u);
  ASSERT_TRUE(session.feed(host::make_async(1, "hello", "x", 5), nullptr).ok());
  EXPECT_EQ(plugin.late_pushes(), 1u);
  EXPECT_EQ(plugin.queue().size(), 0u);
}

TEST_F(PluginTest, TheQueueIsBounded) {
  host::AsyncQueue queue(2);
  EXPECT_TRUE(queue.push(host::make_async(1, "a", "")));
  EXPECT_TRUE(queue.push(host::make_async(1, "b", "")));
  EXPECT_FALSE(queue.push(host::make_async(1, "c", "")));
  EXPECT_EQ(queue.dropped(), 1u);
  EXPECT_TRUE(queue.pop().has_value());
  EXPECT_TRUE(queue.push(host::make_async(1, "d", "")));
}

TEST_F(PluginTest, DumpsItsState) {
  host::PluginInstance& plugin = add();
  const auto events = plugin.dump_state();
  ASSERT_TRUE(events.ok()) << events.error();
  ASSERT_EQ(events->size(), 1u);
  EXPECT_EQ(host::EventView::parse(events->at(0))->text(2), "dumped");
}

TEST_F(PluginTest, ItsTableIsReadThroughItsOwnFunctions) {
  add();
  host::Table* own = session.tables().find("own", api::kStateString);
  ASSERT_NE(own, nullptr);
  const auto rows = host::read_rows(*own);
  ASSERT_TRUE(rows.ok()) << rows.error();
  ASSERT_EQ(rows->size(), 2u);
  const auto row = host::read_row(*own, "two");
  ASSERT_TRUE(row.ok()) << row.error();
  EXPECT_EQ(std::get<std::string>(row->at("name")), "second row");
  EXPECT_EQ(std::get<uint64_t>(row->at("count")), 2u);
  EXPECT_FALSE(host::read_row(*own, "three").ok());
}

TEST_F(PluginTest, TwoInstancesOfOneLibraryAreIndependent) {
  host::PluginInstance& first = add();
  // The second would publish a table of the same name in the same registry.
  EXPECT_THAT(session.add_plugin(library, options("")).error(), HasSubstr("already a table 'own'"));
  host::PluginInstance& second = add("unpublished");
  host::Session other;
  ASSERT_TRUE(other.add_plugin(library, options("")).ok());
  host::ThreadData data;
  data.tid = data.pid = 9;
  ASSERT_TRUE(session.feed(host::make_clone_exit(api::kEventCloneExit, data, 2), nullptr).ok());
  EXPECT_EQ(std::get<uint64_t>(first.metrics().at(0).value), 1u);
  EXPECT_EQ(std::get<uint64_t>(second.metrics().at(0).value), 1u);
  EXPECT_EQ(std::get<uint64_t>(other.plugins().at(0)->metrics().at(0).value), 0u);
  EXPECT_NE(other.tables().find("own"), nullptr);
}

TEST_F(PluginTest, SettingAConfigurationLaterIsRefusedWhereThereIsNoFunctionForIt) {
  EXPECT_THAT(add().set_config("{}").error(), HasSubstr("no new configuration"));
}

TEST(PluginFields, RefusesBrokenLists) {
  for (const char* bad :
       {"", "{}", "[1]", R"([{"type":"string","desc":"d"}])", R"([{"name":"a","type":"string"}])",
        R"([{"name":"a","type":"string","desc":"d"},{"name":"a","type":"bool","desc":"d"}])",
        R"([{"name":"a","type":"string","desc":"d","arg":{"isRequired":true}}])"}) {
    EXPECT_FALSE(host::parse_plugin_fields(bad).ok()) << bad;
  }
}

TEST(PluginFields, TheLongestNameWins) {
  const auto fields = host::parse_plugin_fields(
      R"([{"name":"c.label","type":"string","desc":"d","arg":{"isRequired":true,"isKey":true}},
          {"name":"c.labels","type":"string","desc":"d"},
          {"name":"c.mount","type":"string","desc":"d","arg":{"isRequired":true,"isIndex":true}},
          {"name":"c.mount.source","type":"string","desc":"d","arg":{"isRequired":true,"isIndex":true,"isKey":true}}])");
  ASSERT_TRUE(fields.ok()) << fields.error();
  const auto request = [&](const char* text) {
    auto out = host::parse_field_request(*fields, text);
    return out.ok() && *out ? **out : host::FieldRequest{99, false, out.ok() ? "" : out.error(), 0};
  };
  EXPECT_EQ(request("c.labels").field, 1u);
  EXPECT_EQ(request("c.label[a.b/c-d]").argument, "a.b/c-d");
  EXPECT_EQ(request("c.mount.source[/tmp]").field, 3u);
  EXPECT_EQ(request("c.mount.source[/tmp]").argument_index, 0u);
  EXPECT_EQ(request("c.mount.source[2]").argument_index, 2u);
  EXPECT_EQ(request("c.mount[3]").argument_index, 3u);
  EXPECT_THAT(request("c.mount[x]").argument, HasSubstr("must be a number"));
  EXPECT_THAT(request("c.mount[01]").argument, HasSubstr("must be a number"));
  EXPECT_EQ(request("c.nothing").field, 99u);
}

}  // namespace
