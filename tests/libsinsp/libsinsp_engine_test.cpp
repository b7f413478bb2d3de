// Real Docker and Podman containers beside the real libsinsp: those that run when the capture opens are known
// at once, those that start later arrive as events.
#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <ostream>

#include "run_command.h"
#include "support/eventually.h"
#include "support/real_engine.h"

namespace libsinsp_test {
namespace {

struct Pair {
  std::string suite;
  std::string engine;
};
std::ostream& operator<<(std::ostream& out, const Pair& pair) {
  return out << pair.engine << " and " << pair.suite;
}

class Engine : public testing::TestWithParam<Pair> {};
INSTANTIATE_TEST_SUITE_P(Libsinsp, Engine,
                         testing::Values(Pair{"trixie", "docker"}, Pair{"sid", "docker"},
                                         Pair{"trixie", "podman"}, Pair{"sid", "podman"}),
                         [](const testing::TestParamInfo<Pair>& each) {
                           return each.param.suite + "_" + each.param.engine;
                         });

std::string config(const std::string& engine, const std::string& socket) {
  std::string sections;
  for (const char* each : {"docker", "podman", "containerd", "cri"}) {
    const bool wanted = engine == each;
    sections += std::string(sections.empty() ? "" : ",") + '"' + each + R"(":{"enabled":)" +
                (wanted ? "true" : "false") + R"(,"sockets":[")" + (wanted ? socket : "/nonexistent/x") +
                "\"]}";
  }
  return R"({"verbosity":"debug","startup_wait_ms":10000,"engines":{)" + sections + "}}";
}

TEST_P(Engine, ContainersAreKnownAndArrive) {
  const Pair& pair = GetParam();
  const Outcome prepared = run_command(library_command(pair.suite, {"prepare"}));
  if (prepared.status == kNotPossible) GTEST_SKIP() << prepared.out;
  ASSERT_EQ(prepared.status, 0) << prepared.out;
  auto engine = support::RealEngine::start(pair.engine);
  if (!engine) GTEST_SKIP() << pair.engine << " cannot be used here: " << engine.error();

  const auto first = (*engine)->run("before", {"--label", "colour=red"});
  ASSERT_TRUE(first.ok()) << first.error();
  const auto pid = (*engine)->script({"pid", "before"});
  ASSERT_TRUE(pid.ok()) << pid.error();
  const std::string ready = (*engine)->directory() + "/libsinsp_ready";
  auto host = std::async(std::launch::async, [&] {
    return run_command(library_command_with(
        (*engine)->directory(), (*engine)->directory(), pair.suite,
        {"engine", config(pair.engine, (*engine)->socket()), *pid, "before", pair.engine, "later", ready}));
  });
  EXPECT_TRUE(support::eventually(
      [&] {
        return std::filesystem::exists(ready) ||
               host.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
      },
      std::chrono::seconds(60)));
  const auto second = (*engine)->run("later", {"--label", "colour=blue"});
  EXPECT_TRUE(second.ok()) << second.error();
  const Outcome outcome = host.get();
  EXPECT_EQ(outcome.status, 0) << outcome.out;
}

}  // namespace
}  // namespace libsinsp_test
