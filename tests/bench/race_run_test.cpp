// The whole harness with a handful of synthetic containers: every event is counted, under what is known.
#include <gtest/gtest.h>

#include "bench/race/bundle.h"
#include "bench/race/recorder.h"
#include "bench/race/run.h"
#include "bench/race/synthetic.h"
#include "core/container_json.h"
#include "host/event_builder.h"

namespace {

using bench::race::LaunchPlan;
using bench::race::Outcome;
using bench::race::Sockets;
using bench::race::Start;
using bench::race::Synthetic;

LaunchPlan six_containers() {
  LaunchPlan plan;
  plan.per_second = 600;
  plan.duration = std::chrono::milliseconds(10);
  plan.first_number = 1;
  return plan;
}

TEST(RaceRun, WithoutAnySourceEveryEventKnowsTheIdOnly) {
  const std::atomic<bool> stop = false;
  const auto row = bench::race::run_synthetic(PLUGIN_PATH, Sockets::kDead, false, six_containers(), stop);
  ASSERT_TRUE(row.ok()) << row.error();
  const Outcome& outcome = row->outcome;
  EXPECT_EQ(outcome.started, 6u);
  EXPECT_EQ(outcome.unseen, 0u);
  EXPECT_EQ(outcome.first.id_only, 6u);
  EXPECT_EQ(outcome.command.id_only, 6u);
  EXPECT_EQ(outcome.all.id_only, 6u * Synthetic::kEventsPerContainer);
  EXPECT_EQ(outcome.all.total(), outcome.all.id_only);
  EXPECT_EQ(outcome.never_full, 6u);
  EXPECT_EQ(outcome.unannounced, 0u);
  EXPECT_EQ(outcome.announce_wall_us.count, 6u);
  EXPECT_EQ(outcome.elsewhere, 0u);
  EXPECT_EQ(row->refused, 0u);
  EXPECT_GT(outcome.start_wall_us.max, 0);
}

TEST(RaceRun, WithLocalSourcesNothingIsWrongOrLost) {
  const std::atomic<bool> stop = false;
  const auto row = bench::race::run_synthetic(PLUGIN_PATH, Sockets::kDead, true, six_containers(), stop);
  ASSERT_TRUE(row.ok()) << row.error();
  EXPECT_EQ(row->outcome.all.total(), 6u * Synthetic::kEventsPerContainer);
  EXPECT_EQ(row->outcome.all.nothing + row->outcome.all.wrong, 0u);
}

// What the plugin learns before the start counts as full, half of it as part, and a lie as wrong.
TEST(RaceRun, CountsWhatThePluginKnows) {
  auto containers = Synthetic::make(3, 1);
  ASSERT_TRUE(containers.ok()) << containers.error();
  bench::race::Recorder recorder;
  auto host = bench::race::RaceHost::start(
      PLUGIN_PATH, bench::race::config_json(Sockets::kNone, false, "", ""), false,
      [&](const bench::race::Observed& observed) { recorder.record(observed); });
  ASSERT_TRUE(host.ok()) << host.error();
  const std::vector<Start>& starts = (*containers)->starts();
  for (size_t i = 0; i < starts.size(); ++i) {
    core::Container known;
    known.type = core::ContainerType::kContainerd;
    known.full_id = starts[i].full_id;
    known.name = i == 1 ? "" : starts[i].name;
    known.image = i == 2 ? "registry.example/another:2" : starts[i].truth.image;
    ASSERT_TRUE((*host)
                    ->feed(host::make_async(bench::race::wall_clock_ns(), "container", core::to_json(known)))
                    .ok());
    ASSERT_TRUE((*containers)->begin(**host, i).ok());
    ASSERT_TRUE((*containers)->finish(**host, i).ok());
  }
  const Outcome outcome = recorder.tally().evaluate(starts);
  EXPECT_EQ(outcome.first.full, 1u);
  EXPECT_EQ(outcome.first.part, 1u);
  EXPECT_EQ(outcome.first.wrong, 1u);
  EXPECT_EQ(outcome.all.full, Synthetic::kEventsPerContainer);
  EXPECT_EQ(outcome.all.part, Synthetic::kEventsPerContainer);
  EXPECT_EQ(outcome.all.wrong, Synthetic::kEventsPerContainer);
  EXPECT_EQ(outcome.to_full_ms.max, 0);
  // The lie was published as well, and looks like a record.
  EXPECT_EQ(outcome.never_full, 1u);
}

TEST(RaceRun, AMissingPluginIsAnError) {
  const std::atomic<bool> stop = false;
  const auto row = bench::race::run_synthetic("/nonexistent/libcontainer.so", Sockets::kNone, true,
                                              six_containers(), stop);
  ASSERT_FALSE(row.ok());
  EXPECT_NE(row.error().find("/nonexistent/libcontainer.so"), std::string::npos) << row.error();
}

TEST(RaceBundle, IsWhatContainerdWrites) {
  bench::race::BundleSpec spec;
  spec.cri_name = "web";
  spec.cri_image = "example/web:1";
  spec.with_seccomp = true;
  const std::string text = bench::race::config_of(spec);
  EXPECT_NE(text.find(R"("io.kubernetes.cri.container-name":"web")"), std::string::npos);
  EXPECT_GT(text.size(), 8192u);
}

}  // namespace
