// How events change the thread table.
#include <gtest/gtest.h>

#include "api/events.h"
#include "host/event_builder.h"
#include "host/table_registry.h"
#include "host/thread_events.h"

namespace {

struct ThreadEventsTest : testing::Test {
  host::TableRegistry registry;
  host::ThreadTable& threads = registry.threads();

  void SetUp() override {
    host::ThreadData parent;
    parent.tid = parent.pid = 10;
    parent.ptid = 1;
    parent.comm = "parent";
    parent.exe = "/bin/parent";
    parent.args = {"-p"};
    parent.cgroups = {{"cpu", "/docker/x"}};
    parent.uid = 5;
    parent.pidns_init_start_ts = 77;
    threads.put(parent);
  }
  void feed(const host::EventBytes& bytes) {
    const auto event = host::EventView::parse(bytes);
    ASSERT_TRUE(event.ok()) << event.error();
    host::apply_event(threads, *event);
    host::finish_event(threads, *event);
  }
  static host::ThreadData child() {
    host::ThreadData data;
    data.tid = data.pid = 20;
    data.ptid = 10;
    data.vtid = data.vpid = 2;
    return data;
  }
};

TEST_F(ThreadEventsTest, AChildsCloneExitInheritsFromItsParent) {
  for (const uint16_t type :
       {api::kEventCloneExit, api::kEventForkExit, api::kEventVforkExit, api::kEventClone3Exit}) {
    threads.erase_thread(20);
    feed(host::make_clone_exit(type, child(), 1));
    const host::Thread* thread = threads.find(20);
    ASSERT_NE(thread, nullptr) << type;
    EXPECT_EQ(thread->ptid, 10);
    EXPECT_EQ(thread->vpid, 2);
    EXPECT_EQ(thread->exe, "/bin/parent");
    EXPECT_EQ(thread->args, std::vector<std::string>{"-p"});
    EXPECT_EQ(thread->cgroups.at(0).path, "/docker/x");
  }
}

TEST_F(ThreadEventsTest, WhatTheEventSaysWins) {
  host::ThreadData data = child();
  data.comm = "child";
  data.exe = "/bin/child";
  data.cgroups = {{"name=systemd", "/other"}};
  data.pidns_init_start_ts = 78;
  feed(host::make_clone_exit(api::kEventCloneExit, data, 1));
  const host::Thread* thread = threads.find(20);
  ASSERT_NE(thread, nullptr);
  EXPECT_EQ(thread->comm, "child");
  EXPECT_TRUE(thread->args.empty());
  EXPECT_EQ(thread->cgroups.at(0).subsystem, "name=systemd");
  EXPECT_EQ(thread->cgroups.at(0).path, "/other");
  EXPECT_EQ(thread->pidns_init_start_ts, 78u);
}

TEST_F(ThreadEventsTest, TheParentsSideAndFailuresChangeNothing) {
  feed(host::make_clone_exit(api::kEventCloneExit, child(), 1, 20));
  feed(host::make_clone_exit(api::kEventCloneExit, child(), 1, -11));
  EXPECT_EQ(threads.find(20), nullptr);
}

TEST_F(ThreadEventsTest, AReusedTidForgetsWhatPluginsWrote) {
  const host::FieldDef* tag = threads.add_field("tag", api::kStateString);
  api::StateData value{};
  value.str = "old";
  threads.write(threads.find(10), *tag, value);
  host::ThreadData again = child();
  again.tid = again.pid = 10;
  again.ptid = 1;
  feed(host::make_clone_exit(api::kEventCloneExit, again, 1));
  EXPECT_EQ(threads.dynamic_text(*threads.find(10), "tag"), "");
}

TEST_F(ThreadEventsTest, ExecReplacesCommandAndCgroupsAndKeepsTheRest) {
  host::ThreadData data = *threads.find(10);
  data.comm = "new";
  data.exe = "/bin/new";
  data.args = {"a", "b"};
  data.cgroups = {{"cpu", "/docker/y"}};
  data.uid = 6;
  feed(host::make_exec_exit(api::kEventExecve19Exit, data, 1));
  const host::Thread* thread = threads.find(10);
  EXPECT_EQ(thread->comm, "new");
  EXPECT_EQ(thread->args.size(), 2u);
  EXPECT_EQ(thread->cgroups.at(0).path, "/docker/y");
  EXPECT_EQ(thread->uid, 6u);
  EXPECT_EQ(thread->pidns_init_start_ts, 77u);
}

TEST_F(ThreadEventsTest, AFailedExecChangesNothing) {
  host::ThreadData data = *threads.find(10);
  data.exe = "/bin/new";
  feed(host::make_exec_exit(api::kEventExecve19Exit, data, 1, -2));
  EXPECT_EQ(threads.find(10)->exe, "/bin/parent");
}

TEST_F(ThreadEventsTest, ExecOfAnUnknownThreadMakesAnEntry) {
  host::ThreadData data = child();
  data.exe = "/bin/x";
  feed(host::make_exec_exit(api::kEventExecveatExit, data, 1));
  ASSERT_NE(threads.find(20), nullptr);
  EXPECT_EQ(threads.find(20)->exe, "/bin/x");
}

TEST_F(ThreadEventsTest, ProcexitRemovesOnlyAfterTheEvent) {
  const auto bytes = host::make_procexit(10, 1);
  const auto event = host::EventView::parse(bytes);
  host::apply_event(threads, *event);
  EXPECT_NE(threads.find(10), nullptr);
  host::finish_event(threads, *event);
  EXPECT_EQ(threads.find(10), nullptr);
}

TEST_F(ThreadEventsTest, MisshapenEventsDoNoHarm) {
  feed(host::EventBuilder(api::kEventCloneExit, 30, 1).build());
  feed(host::EventBuilder(api::kEventExecve19Exit, 30, 1).i64(0).u8(1).u8(2).build());
  feed(host::EventBuilder(api::kEventCloneExit, 31, 1).i64(0).bytes("no end").bytes("args").build());
  EXPECT_EQ(registry.context().entries_held, 0);
}

}  // namespace
