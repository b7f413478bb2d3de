// Real containers of engines that never tell anything: their sockets are not followed at all. What their
// runtimes are started with, and what they keep on disk, has to do, from the first event of the first process
// on; also where no cgroup path holds an id.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "live_host.h"
#include "support/real_engine.h"

namespace {

using support::RealEngine;
using test::LiveHost;

constexpr const char* kImage = "example.test/team/enginetest:1.0";
constexpr const char* kNoSockets =
    R"({"verbosity":"debug","engines":{"docker":{"sockets":[]},"podman":{"sockets":[]},)"
    R"("containerd":{"sockets":[]},"cri":{"sockets":[]}}})";

// What one event of a container answered.
struct Answer {
  std::string event, command, name, image;
  bool operator==(const Answer&) const = default;
};
void PrintTo(const Answer& answer, std::ostream* out) {
  *out << answer.event << " '" << answer.command << "': " << answer.name << ", " << answer.image;
}

class Silent : public testing::Test {
 protected:
  void start(const std::string& engine) {
    if (const auto events = host::ProcConnector::open(); !events) {
      GTEST_SKIP() << "no live events: " << events.error();
    }
    auto started = RealEngine::start(engine);
    if (!started) GTEST_SKIP() << engine << " cannot be used here: " << started.error();
    engine_ = std::move(*started);
    watch();
  }
  void watch() {
    live_.reset();
    auto live = LiveHost::start(kNoSockets);
    ASSERT_TRUE(live.ok()) << live.error();
    live_ = std::move(*live);
  }

  // Runs `command` while events are handled, until `enough` holds; what the events of containers answered, by
  // full id.
  using Answers = std::map<std::string, std::vector<Answer>>;
  Answers while_running(const std::function<base::Result<std::string>()>& command,
                        const std::function<bool(const Answers&)>& enough) {
    auto running = std::async(std::launch::async, command);
    Answers answers;
    const bool held = live_->run_until(
        [&] {
          const bool ended = running.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
          return ended && enough(answers);
        },
        [&](const host::EventContext& context) {
          if (context.thread == nullptr) return;
          const std::string id = live_->answer(context, "container.full_id");
          if (id == "<NA>" || id == "host") return;
          answers[id].push_back({std::to_string(context.event.type()), context.thread->comm,
                                 live_->answer(context, "container.name"),
                                 live_->answer(context, "container.image")});
        });
    EXPECT_TRUE(held) << "not all events came";
    const auto output = running.get();
    EXPECT_TRUE(output.ok()) << output.error();
    output_ = output ? output->substr(output->find_last_of('\n') + 1) : "";
    return answers;
  }

  // A container whose every event has to answer with that name and image.
  void expect_known_from_the_first_event(const std::string& name, const std::string& image) {
    const auto answers = while_running(
        [&] {
          return engine_->run(name, {"--", "/bin/sh", "-c", "true; sleep 0.1; echo last >/dev/null"});
        },
        [&](const Answers& so_far) {
          for (const auto& [id, list] : so_far) {
            if (list.size() >= 4) return true;
          }
          return false;
        });
    ASSERT_TRUE(answers.contains(output_)) << output_;
    for (const Answer& answer : answers.at(output_)) {
      EXPECT_EQ(answer.name, name) << testing::PrintToString(answer);
      EXPECT_EQ(answer.image, image) << testing::PrintToString(answer);
    }
  }

  std::unique_ptr<RealEngine> engine_;
  std::unique_ptr<LiveHost> live_;
  std::string output_;  // the last line of the last command
};

class docker_silent : public Silent {};
TEST_F(docker_silent, ContainersAreKnownFromTheirFirstEvent) {
  start("docker");
  if (IsSkipped()) return;
  expect_known_from_the_first_event("early", kImage);
}

class podman_silent : public Silent {};
TEST_F(podman_silent, ContainersAreKnownFromTheirFirstEvent) {
  start("podman");
  if (IsSkipped()) return;
  expect_known_from_the_first_event("early", kImage);
}

// ctr: the id is a name, which no cgroup path proves to be a container's, and no file tells the image.
class containerd_silent : public Silent {};
TEST_F(containerd_silent, ContainersAreKnownFromTheirFirstEvent) {
  start("containerd");
  if (IsSkipped()) return;
  expect_known_from_the_first_event("early", "<NA>");
}

// A user without a session may make no cgroups: nothing but descent leads to the container.
class rootless_silent : public Silent {};
TEST_F(rootless_silent, ProcessesAreFoundByTheirDescent) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to make a user";
  start("podman-user");
  if (IsSkipped()) return;
  expect_known_from_the_first_event("early", kImage);

  while_running(
      [&] {
        return engine_->run("mine", {"--", "/bin/sh", "-c", "while true; do sleep 0.2; done"});
      },
      [](const Answers& so_far) { return !so_far.empty(); });
  const std::string id = output_;
  const auto pid_text = engine_->script({"pid", "mine"});
  ASSERT_TRUE(pid_text.ok()) << pid_text.error();
  const int64_t pid = std::stoll(*pid_text);
  EXPECT_EQ(live_->ask(pid, "container.id"), id.substr(0, 12));
  EXPECT_EQ(live_->ask(pid, "container.type"), "podman");

  // What is executed in it later.
  const auto answers = while_running(
      [&] {
        return engine_->cli({"exec", "mine", "/bin/sh", "-c", "id; echo done"});
      },
      [&](const Answers& so_far) {
        const auto found = so_far.find(id);
        return found != so_far.end() && found->second.size() >= 3;
      });
  bool executed = false;
  for (const Answer& answer : answers.at(id)) {
    EXPECT_EQ(answer.name, "mine") << testing::PrintToString(answer);
    executed = executed || answer.command == "id" || answer.command == "sh";
  }
  EXPECT_TRUE(executed);

  // Found again by a plugin that starts now.
  watch();
  EXPECT_EQ(live_->ask(pid, "container.id"), id.substr(0, 12));
  EXPECT_EQ(live_->ask(pid, "container.name"), "mine");
  EXPECT_EQ(live_->ask(pid, "container.image"), kImage);
  EXPECT_EQ(live_->ask(::getpid(), "container.id"), "host");
}

}  // namespace
