// One engine, one session, against a fake API: what it asks, what it tells, how it ends.
#include "engines/http_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>

#include "engines/docker/docker_engine.h"
#include "engines/podman/podman_engine.h"
#include "engines/registry.h"
#include "support/eventually.h"
#include "support/fake_docker.h"
#include "support/run_on_loop.h"
#include "support/temp_dir.h"

namespace engines {
namespace {

using std::chrono::milliseconds;
using support::container_id;
using support::FakeConnection;
using support::FakeDocker;
using support::FakePeer;
using testing::HasSubstr;

class Recorder : public Observer {
 public:
  void connected() override { ++connections; }
  void listed(std::vector<Sighting> all, Extent extent) override {
    ++lists;
    list = std::move(all);
    extents.push_back(extent);
  }
  void part(Part part, const std::string& why) override { troubles[part] = why; }
  void changed(Sighting sighting) override { changes.push_back(std::move(sighting)); }
  void removed(std::string_view full_id) override { removals.emplace_back(full_id); }
  void heard() override { ++events; }
  bool is_followed(core::ContainerType) const override { return false; }

  int connections = 0;
  int lists = 0;
  int events = 0;
  std::vector<Extent> extents;
  std::map<Part, std::string> troubles;
  std::vector<Sighting> list;
  std::vector<Sighting> changes;
  std::vector<std::string> removals;
};

class HttpEngineTest : public testing::Test {
 protected:
  Context context() {
    Context made{loop_.get_executor(), path_, {}, {}};
    made.settings.timeout = milliseconds(3000);
    return made;
  }
  std::string session(Engine& engine) {
    return support::run_on_loop(loop_, engine.session(recorder_)).message;
  }

  boost::asio::io_context loop_;
  support::TempDir directory_;
  std::string path_ = directory_ / "s";
  Recorder recorder_;
};

TEST_F(HttpEngineTest, ASessionListsAndFollows) {
  FakeDocker fake(path_);
  fake.add(container_id("a1"), "one");
  const std::unique_ptr<Engine> engine = docker::create(context());
  std::thread teller([&] {
    support::eventually([&] { return fake.asked("/containers/json") > 0; });
    fake.tell("create", container_id("b2"));
    fake.tell("exec_create: true", container_id("b2"));
    fake.tell("start", container_id("b2"));
    fake.tell("destroy", container_id("b2"));
    support::eventually([&] { return fake.sent() == 4; });
    fake.end_streams();
  });
  const std::string reason = session(*engine);
  teller.join();
  EXPECT_THAT(reason, HasSubstr("the peer ended the stream"));
  EXPECT_EQ(recorder_.connections, 1);
  ASSERT_EQ(recorder_.list.size(), 1U);
  EXPECT_EQ(recorder_.list[0].container.full_id, container_id("a1"));
  EXPECT_EQ(recorder_.events, 4);
  EXPECT_EQ(recorder_.removals, std::vector<std::string>{container_id("b2")});
  ASSERT_EQ(recorder_.changes.size(), 2U);
  for (const Sighting& sighting : recorder_.changes) {
    EXPECT_EQ(sighting.container.full_id, container_id("b2"));
    EXPECT_EQ(sighting.container.type, core::ContainerType::kDocker);
    EXPECT_EQ(sighting.container.labels, (core::Labels{{"app", "told"}}));
  }
}

TEST_F(HttpEngineTest, ALookUpIsWholeAndRemembersTheImage) {
  FakeDocker fake(path_);
  fake.add(container_id("a1"), "one");
  fake.add(container_id("a2"), "two");
  const std::unique_ptr<Engine> engine = docker::create(context());
  std::thread ender([&] {
    support::eventually([&] { return fake.asked("/events") > 0; });
    fake.tell("die", container_id("a1"));
    support::eventually([&] { return fake.sent() > 0; });
    fake.end_streams();
  });
  session(*engine);
  ender.join();
  for (const char* seed : {"a1", "a2"}) {
    auto found = support::run_on_loop(loop_, engine->lookup(container_id(seed)));
    ASSERT_TRUE(found.ok()) << found.error();
    ASSERT_TRUE(found->has_value());
    EXPECT_EQ((*found)->full_id, container_id(seed));
    EXPECT_EQ((*found)->user, "7");
    EXPECT_EQ((*found)->image_digest, "sha256:aa");
  }
  EXPECT_EQ(fake.asked("/images/"), 1);
  auto missing = support::run_on_loop(loop_, engine->lookup(container_id("ff")));
  ASSERT_TRUE(missing.ok());
  EXPECT_FALSE(missing->has_value());
  auto hostile = support::run_on_loop(loop_, engine->lookup("../../etc"));
  ASSERT_TRUE(hostile.ok());
  EXPECT_FALSE(hostile->has_value());
  EXPECT_EQ(fake.asked("etc"), 0);
}

TEST_F(HttpEngineTest, PodmansSocketIsNotDockers) {
  FakeDocker fake(path_, FakeDocker::Kind::kPodman);
  EXPECT_THAT(session(*docker::create(context())), HasSubstr("podman's socket"));
  EXPECT_EQ(recorder_.connections, 0);
}

TEST_F(HttpEngineTest, DockersSocketIsNotPodmans) {
  FakePeer peer(path_, [](FakeConnection& c) {
    while (!c.read_request().empty()) c.answer(404, R"({"message":"page not found"})");
  });
  EXPECT_THAT(session(*podman::create(context())), HasSubstr("answered 404: page not found"));
}

TEST_F(HttpEngineTest, AServerWithoutVersionIsRefused) {
  for (const char* headers : {"", "Api-Version: 1/../x\r\n", "Api-Version: \r\n"}) {
    FakePeer peer(path_, [&](FakeConnection& c) {
      while (!c.read_request().empty()) c.answer(200, "OK", headers);
    });
    EXPECT_THAT(session(*docker::create(context())), HasSubstr("tells no version"));
  }
}

// The first target below a version that is asked for; "" when the answer is refused.
std::string asked_below(const std::string& path, boost::asio::io_context& loop, bool podman,
                        const std::string& version) {
  std::mutex mutex;  // the session and its events are two connections, each with a thread
  std::string asked;
  FakePeer peer(path, [&](FakeConnection& c) {
    for (std::string target = c.read_request(); !target.empty(); target = c.read_request()) {
      const std::lock_guard lock(mutex);
      if (target.starts_with("/v")) {
        if (asked.empty()) asked = target;
        return;  // nobody answers any more: the session ends
      }
      if (!asked.empty()) return;
      const std::string header = podman ? "Libpod-API-Version: " : "Api-Version: ";
      c.answer(200, "OK", header + version + "\r\n");
    }
  });
  Context context{loop.get_executor(), path, {}, {}};
  const std::unique_ptr<Engine> engine = podman ? podman::create(context) : docker::create(context);
  Recorder recorder;
  support::run_on_loop(loop, engine->session(recorder));
  peer.stop();
  return asked;
}

TEST_F(HttpEngineTest, VersionsThatAreNoReleasesAreUnderstood) {
  for (const char* version : {"5.0.0", "5.0.0-dev", "5.0.0-rc7", "5.0.0+ds1", "5.0.0~rc2", "5.0.0-rhel.1"}) {
    EXPECT_THAT(asked_below(path_, loop_, true, version), testing::StartsWith("/v5.0.0/libpod/")) << version;
  }
  EXPECT_THAT(asked_below(path_, loop_, true, "3.2.0-rc1"), testing::StartsWith("/v3.2.0/libpod/"));
  EXPECT_THAT(asked_below(path_, loop_, false, "1.44-dev"), testing::StartsWith("/v1.44/"));
  for (const char* version : {"dev", "-dev", ".5", "5.0.0-", "5.0.0 dev", "5.0.0-../x", "5.0.0-%2f", "v5"}) {
    EXPECT_EQ(asked_below(path_, loop_, true, version), "") << version;
  }
}

TEST(Registry, PutsPodmanBeforeDocker) {
  // podman-docker makes Docker's socket a link to Podman's.
  size_t podman = 99, docker = 99;
  for (size_t i = 0; i < registry().size(); ++i) {
    if (registry()[i].name == "podman") podman = i;
    if (registry()[i].name == "docker") docker = i;
    EXPECT_FALSE(registry()[i].types.empty());
  }
  EXPECT_LT(podman, docker);
  EXPECT_LT(docker, registry().size());
}

}  // namespace
}  // namespace engines
