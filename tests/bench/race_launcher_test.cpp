// The launcher with commands that only print: what it starts, what it believes, what it complains about.
#include <gtest/gtest.h>

#include "bench/race/bundle.h"
#include "bench/race/launcher.h"
#include "bench/race/truth.h"
#include "support/eventually.h"

namespace {

using bench::race::Answers;
using bench::race::Launcher;
using bench::race::LaunchPlan;

// Prints an id, like `podman run -d`; the last digit of a container's number decides whether that works.
class PrintingLoad final : public bench::race::Load {
 public:
  const std::string& name() const override { return name_; }
  std::string engine() const override { return ""; }
  std::string socket() const override { return ""; }
  base::Status prepare() override { return base::Ok{}; }
  std::vector<std::string> command(const std::string& container) override {
    const std::string print = "echo warning; echo " + bench::race::hex_id(7, 1);
    if (container.starts_with("race00002")) return {"/nonexistent/podman", "run"};
    if (container.starts_with("race00003")) return {"sh", "-c", print + "; echo no such image >&2; exit 125"};
    return {"sh", "-c", print};
  }
  std::string full_id(const std::string&, const std::string& printed) const override {
    return std::string(bench::race::find_key(printed));
  }
  Answers truth(const std::string& container, const std::string& full_id) const override {
    return {bench::race::shown_id(full_id), container, "image"};
  }
  void settle() override {}

 private:
  std::string name_ = "printing";
};

TEST(RaceLauncher, StartsWhatIsAskedForAndTakesTheIdsThatArePrinted) {
  PrintingLoad load;
  const std::atomic<bool> stop = false;
  LaunchPlan plan;
  plan.per_second = 100;
  plan.duration = std::chrono::milliseconds(200);
  plan.first_number = 1;
  const Launcher launcher(load, plan, stop);
  ASSERT_TRUE(support::eventually([&] { return launcher.done(); }));
  const auto& starts = launcher.starts();
  // As many as are due, fewer where the machine is slow; the first three decide.
  ASSERT_GE(starts.size(), 3u);
  EXPECT_LE(starts.size(), 20u);
  EXPECT_EQ(starts[0].full_id, bench::race::hex_id(7, 1));
  EXPECT_EQ(starts[0].truth.name, starts[0].name);
  EXPECT_TRUE(starts[0].name.starts_with("race00001-"));
  EXPECT_EQ(starts[1].full_id, "");
  EXPECT_EQ(starts[2].full_id, "");
  EXPECT_NE(launcher.complaint(), "");
  EXPECT_GT(launcher.reached_per_second(), 0);
}

TEST(RaceLauncher, StopsWhenTold) {
  PrintingLoad load;
  std::atomic<bool> stop = true;
  LaunchPlan plan;
  plan.duration = std::chrono::seconds(30);
  const Launcher launcher(load, plan, stop);
  EXPECT_TRUE(support::eventually([&] { return launcher.done(); }));
  EXPECT_TRUE(launcher.starts().empty());
}

}  // namespace
