// Whose event it is, found without the plugin.
#include <gtest/gtest.h>

#include "api/events.h"
#include "bench/race/bundle.h"
#include "bench/race/tally.h"
#include "bench/race/truth.h"
#include "host/event_builder.h"
#include "host/table_registry.h"
#include "host/thread_events.h"

namespace {

using bench::race::find_key;
using bench::race::Place;
using bench::race::Tally;
using bench::race::Truth;

constexpr const char* kName = "race00001-77";
const std::string kId(64, 'b');

class RaceTruth : public testing::Test {
 protected:
  static host::ThreadData thread(int64_t tid, int64_t parent, const std::string& cgroup,
                                 std::vector<std::string> command = {"bash"}) {
    host::ThreadData data;
    data.tid = data.pid = data.vtid = data.vpid = tid;
    data.ptid = parent;
    data.exe = command.front();
    data.args.assign(command.begin() + 1, command.end());
    data.cgroups = {{"cpu", "/"}, {"memory", cgroup}};
    return data;
  }
  Place clone(const host::ThreadData& data) {
    return place(host::make_clone_exit(api::kEventCloneExit, data, 1));
  }
  Place exec(const host::ThreadData& data) {
    return place(host::make_exec_exit(api::kEventExecve19Exit, data, 1));
  }
  Place exit(int64_t tid) { return place(host::make_procexit(tid, 1)); }

  Place place(const host::EventBytes& bytes) {
    const auto event = host::EventView::parse(bytes);
    host::apply_event(tables_.threads(), *event);
    const host::EventContext context{*event, 1, tables_.threads().find(event->tid())};
    command_ = Truth::is_command(context);
    announced_ = Truth::announced_by(context);
    Place found = truth_.place_of(context);
    host::finish_event(tables_.threads(), *event);
    return found;
  }

  host::TableRegistry tables_;
  Truth truth_;
  bool command_ = false;
  std::vector<std::string> announced_;
};

TEST(RaceKeys, AreFoundInText) {
  EXPECT_EQ(find_key("libpod-" + kId + ".scope"), kId);
  EXPECT_EQ(find_key(std::string("/x/") + kName + "/config.json"), kName);
  EXPECT_EQ(find_key(bench::race::container_name(1, 77)), kName);
  EXPECT_EQ(find_key(bench::race::hex_id(1, 77)), bench::race::hex_id(1, 77));
  for (const std::string& text : {std::string(63, 'b'), std::string(65, 'b'), std::string("race00001-"),
                                  std::string("race0001-77"), std::string("race000001-77"), std::string()})
    EXPECT_EQ(find_key(text), "") << text;
}

TEST_F(RaceTruth, ByCgroup) {
  const Place found = clone(thread(10, 1, "/libpod_parent/libpod-" + kId));
  EXPECT_EQ(found.key, kId);
  EXPECT_FALSE(found.read_too_late);
  EXPECT_EQ(exit(10).key, kId);
  EXPECT_EQ(exec(thread(10, 1, "/")).key, "") << "the tid came again";
}

TEST_F(RaceTruth, TheInnermostContainerCountsAndNoMonitor) {
  EXPECT_EQ(clone(thread(10, 1, "/libpod_parent/" + std::string(64, 'a') + "/libpod-" + kId + "/x")).key,
            kId);
  EXPECT_EQ(clone(thread(11, 1, "/libpod_parent/libpod-conmon-" + kId + ".scope")).key, "");
  EXPECT_EQ(clone(thread(12, 1, "/user.slice")).key, "");
}

TEST_F(RaceTruth, ByMarkerAndDescent) {
  const std::string key = Tally::by_marker(kName);
  EXPECT_EQ(exec(thread(10, 1, "/", {"/bin/sh", "-c", bench::race::marked_command(kName)})).key, key);
  EXPECT_TRUE(command_);
  EXPECT_EQ(clone(thread(11, 10, "/", {"sh"})).key, key);
  EXPECT_EQ(exec(thread(11, 10, "/", {"true"})).key, key);
  EXPECT_FALSE(command_);
  EXPECT_FALSE(exit(11).read_too_late);
  EXPECT_EQ(clone(thread(11, 1, "/", {"true"})).key, "");
}

TEST_F(RaceTruth, WhoeverStartsTheCommandIsNotInTheContainer) {
  const std::string line = bench::race::marked_command(kName);
  EXPECT_EQ(exec(thread(10, 1, "/", {"podman", "run", "image", "sh", "-c", line})).key, "");
  EXPECT_FALSE(command_);
  EXPECT_EQ(exec(thread(11, 1, "/", {"sh", "-c", "echo " + line})).key, "");
}

TEST_F(RaceTruth, ARootCgroupInAContainerWasReadTooLate) {
  clone(thread(10, 1, "/docker/" + kId));
  const Place child = clone(thread(11, 10, "/"));
  EXPECT_EQ(child.key, kId);
  EXPECT_TRUE(child.read_too_late);
  const Place command = exec(thread(10, 1, "/", {"sh", "-c", bench::race::marked_command(kName)}));
  EXPECT_EQ(command.key, kId);
  EXPECT_TRUE(command.read_too_late);
}

TEST_F(RaceTruth, ArgumentsAnnounce) {
  exec(thread(10, 1, "/", {"runc", "--root", "/r", "create", "--bundle", "/b/" + kId, kId}));
  EXPECT_EQ(announced_, std::vector{kId});
  clone(thread(11, 10, "/", {"runc", "create", kId}));
  EXPECT_TRUE(announced_.empty()) << "an exec announces, a clone does not";
}

}  // namespace
