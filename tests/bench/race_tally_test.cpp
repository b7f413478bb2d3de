// Counting and statistics of the start-race harness.
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "bench/race/report.h"
#include "bench/race/sources.h"
#include "bench/race/tally.h"
#include "config/config.h"

namespace {

using bench::race::Answers;
using bench::race::judge;
using bench::race::Known;
using bench::race::Outcome;
using bench::race::Sighting;
using bench::race::Start;
using bench::race::Tally;

constexpr uint64_t kMs = 1'000'000;

const Answers kTruth{"0123456789ab", "web", "example/web:1"};

Start start(const std::string& name, const std::string& id) {
  return {name, id, {id.substr(0, 12), name, "example/web:1"}};
}

Sighting sighting(uint64_t ms, const Answers& answers, bool command = false, bool unread = false) {
  return {ms * kMs, command, unread, answers, {2'000, 1'000}};
}

TEST(RaceJudge, ByWhatIsKnown) {
  EXPECT_EQ(judge({"0123456789ab", "web", "example/web:1"}, kTruth), Known::kFull);
  EXPECT_EQ(judge({"0123456789ab", "web", ""}, kTruth), Known::kPart);
  EXPECT_EQ(judge({"0123456789ab", "", "example/web:1"}, kTruth), Known::kPart);
  EXPECT_EQ(judge({"0123456789ab", "", ""}, kTruth), Known::kIdOnly);
  EXPECT_EQ(judge({"", "", ""}, kTruth), Known::kNothing);
  EXPECT_EQ(judge({"host", "host", ""}, kTruth), Known::kNothing);
}

TEST(RaceJudge, AFullAnswerThatIsNotTrueIsWrong) {
  EXPECT_EQ(judge({"ffffffffffff", "web", "example/web:1"}, kTruth), Known::kWrong);
  EXPECT_EQ(judge({"0123456789ab", "db", "example/web:1"}, kTruth), Known::kWrong);
  EXPECT_EQ(judge({"0123456789ab", "web", "example/db:1"}, kTruth), Known::kWrong);
  EXPECT_EQ(judge({"0123456789ab", "anything", "at all"}, {"0123456789ab", "", ""}), Known::kFull)
      << "nothing to compare with";
}

TEST(RaceSpread, IsByRank) {
  std::vector<double> numbers;
  for (int i = 200; i >= 1; --i) numbers.push_back(i);
  const auto spread = bench::race::spread(numbers);
  EXPECT_EQ(spread.p50, 100);
  EXPECT_EQ(spread.p99, 198);
  EXPECT_EQ(spread.max, 200);
  EXPECT_EQ(spread.count, 200u);
  EXPECT_EQ(bench::race::spread({7}).p99, 7);
  EXPECT_EQ(bench::race::spread({}).count, 0u);
}

class RaceTally : public testing::Test {
 protected:
  const std::string id_ = std::string(63, '0') + "1";
  const Answers full_{"000000000000", "a", "example/web:1"};
  const Answers id_only_{"000000000000", "", ""};
  Tally tally_;
  Outcome outcome() { return tally_.evaluate(std::vector{start("a", id_)}); }
};

TEST_F(RaceTally, TheFirstEventIsTheEarliestThatCouldBeRead) {
  tally_.seen(id_, sighting(30, full_));
  tally_.seen(id_, sighting(20, id_only_));
  tally_.seen(id_, sighting(10, full_, false, true));
  const Outcome found = outcome();
  EXPECT_EQ(found.first.id_only, 1u);
  EXPECT_EQ(found.first.total(), 1u);
  EXPECT_EQ(found.all.full, 1u);
  EXPECT_EQ(found.all.total(), 2u);
  EXPECT_EQ(found.unread, 1u);
}

TEST_F(RaceTally, TimeToTheFullRecordEndsWithTheAnswerOrThePublishedRecord) {
  tally_.seen(id_, sighting(10, id_only_));
  tally_.seen(id_, sighting(50, full_));
  EXPECT_EQ(outcome().to_full_ms.max, 40);
  tally_.published(id_, 25 * kMs);
  tally_.published(id_, 45 * kMs);
  EXPECT_EQ(outcome().to_full_ms.max, 15);
  EXPECT_EQ(outcome().never_full, 0u);
}

TEST_F(RaceTally, ARecordThatIsThereBeforeTakesNoTime) {
  tally_.published(id_, 5 * kMs);
  tally_.seen(id_, sighting(10, full_));
  EXPECT_EQ(outcome().to_full_ms.max, 0);
  EXPECT_EQ(outcome().to_full_ms.count, 1u);
}

TEST_F(RaceTally, AContainerThatIsNeverFullHasNoTime) {
  tally_.seen(id_, sighting(10, id_only_));
  EXPECT_EQ(outcome().never_full, 1u);
  EXPECT_EQ(outcome().to_full_ms.count, 0u);
}

TEST_F(RaceTally, AStartCostsItsAnnouncementsAndItsEventsUpToTheCommand) {
  tally_.announced(id_, {100'000, 60'000}, 5 * kMs);
  tally_.announced(id_, {50'000, 30'000}, 6 * kMs);
  tally_.seen(id_, sighting(10, full_));
  tally_.seen(id_, sighting(11, full_, true));
  tally_.seen(id_, sighting(12, full_));
  const Outcome found = outcome();
  EXPECT_DOUBLE_EQ(found.start_wall_us.max, 100 + 50 + 2 + 2);
  EXPECT_DOUBLE_EQ(found.start_cpu_us.max, 60 + 30 + 1 + 1);
  EXPECT_EQ(found.announce_wall_us.count, 1u);
  EXPECT_DOUBLE_EQ(found.announce_wall_us.max, 100);
  EXPECT_DOUBLE_EQ(found.announce_cpu_us.max, 60);
  EXPECT_EQ(found.event_wall_us.count, 3u);
  EXPECT_EQ(found.command.full, 1u);
  EXPECT_EQ(found.unannounced, 0u);
}

TEST_F(RaceTally, AnAnnouncementAfterTheFirstEventIsLate) {
  tally_.seen(id_, sighting(10, full_));
  EXPECT_EQ(outcome().unannounced, 1u);
  tally_.announced(id_, {}, 11 * kMs);
  EXPECT_EQ(outcome().unannounced, 1u);
}

TEST_F(RaceTally, EventsOfOthersDoNotCount) {
  tally_.seen(std::string(64, 'e'), sighting(1, full_));
  tally_.seen(Tally::by_marker("b"), sighting(1, full_));
  tally_.elsewhere("eeeeeeeeeeee");
  const Outcome found = outcome();
  EXPECT_EQ(found.all.total(), 0u);
  EXPECT_EQ(found.unseen, 1u);
  EXPECT_EQ(found.elsewhere, 0u);
}

TEST_F(RaceTally, CgroupAndMarkerAreOneContainer) {
  tally_.seen(Tally::by_marker("a"), sighting(1, {}));
  tally_.seen(id_, sighting(2, full_));
  tally_.elsewhere("000000000000");
  EXPECT_EQ(outcome().first.nothing, 1u);
  EXPECT_EQ(outcome().all.full, 1u);
  EXPECT_EQ(outcome().elsewhere, 1u);
}

TEST_F(RaceTally, AFailedStartIsNoContainer) {
  const Outcome found = tally_.evaluate(std::vector{start("a", id_), Start{"b", "", {}}});
  EXPECT_EQ(found.started, 1u);
  EXPECT_EQ(found.failed, 1u);
}

TEST(RaceReport, JsonCanBeRead) {
  bench::race::Row row;
  row.load = "docker";
  row.outcome.first.add(Known::kFull);
  row.outcome.first.add(Known::kWrong);
  const auto parsed = boost::json::parse(bench::race::to_json(std::vector{row, row})).as_array();
  ASSERT_EQ(parsed.size(), 2u);
  EXPECT_EQ(parsed[1].at("load").as_string(), "docker");
  EXPECT_EQ(parsed[1].at("first").at("full").as_int64(), 1);
  EXPECT_EQ(parsed[1].at("first").at("wrong").as_int64(), 1);
  EXPECT_EQ(parsed[1].at("to_full_ms").at("p99").as_double(), 0);
}

TEST(RaceReport, AHundredPercentIsAllOfThem) {
  bench::race::Row row;
  row.outcome.first.full = 99'999;
  EXPECT_NE(bench::race::table_line(row).find(" 100.00"), std::string::npos);
  row.outcome.first.id_only = 1;
  EXPECT_EQ(bench::race::table_line(row).find(" 100.00"), std::string::npos);
  EXPECT_NE(bench::race::table_line(row).find(" 99.99"), std::string::npos);
}

TEST(RaceSources, MakeAConfigurationThatThePluginTakes) {
  using bench::race::Sockets;
  for (const Sockets sockets : {Sockets::kHealthy, Sockets::kDead, Sockets::kNone}) {
    for (const bool local : {true, false}) {
      const auto json = bench::race::config_json(sockets, local, "podman", "/x/y.sock");
      const auto config = config::parse(json, "");
      ASSERT_TRUE(config.ok()) << json << ": " << config.error();
      EXPECT_EQ(config->local_sources, local);
      EXPECT_EQ(config->podman.sockets.size(), sockets == Sockets::kNone ? 0u : 1u);
      EXPECT_EQ(config->docker.sockets.size(), sockets == Sockets::kDead ? 1u : 0u);
    }
  }
}

}  // namespace
