// Containers that come and go: what is forgotten when, and that a hundred thousand of them leave no memory
// behind. Event times are the test's own: the grace period passes without anybody waiting for it.
#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <iterator>

#include "api/events.h"
#include "core/container_json.h"
#include "plugin_host.h"
#include "support/eventually.h"
#include "support/fake_peer.h"
#include "support/temp_dir.h"

namespace {

using support::eventually;
using test::docker_cgroup;
using test::kIdA;
using test::kIdB;
using test::kNoValue;
using test::kSecond;
using test::kStart;
using test::PluginHost;

// How many come and go before the memory is measured for the first and for the second time.
struct Span {
  int few;
  int many;
};
constexpr Span kFull{10'000, 100'000};
// The first number fills what is bounded by design: 8,192 remembered paths, 4,096 names that were asked
// about.
constexpr Span kShort{13'000, 39'000};
constexpr uint64_t kBetween = 10'000'000;  // ns of event time from one container to the next
constexpr uint64_t kGrace = 30 * kSecond;
// What all containers from the first to the second measurement may leave behind, in bytes: 0.7 or 2.5 each.
constexpr size_t kTolerance = 64 * 1024;

// 64 hexadecimal digits, other short ids for other numbers.
std::string id_of(int number) {
  std::string id = std::to_string(number);
  id.insert(0, 12 - id.size(), 'a');
  return id + std::string(52, 'e');
}

// Of the whole process, the library included. 0 under sanitizers, which replace the allocator.
size_t heap_in_use() {
  return ::mallinfo2().uordblks;
}

host::ThreadData process(int64_t pid, const std::string& cgroup, int64_t vpid) {
  host::ThreadData data = test::thread(pid, cgroup);
  data.vtid = data.vpid = vpid;
  return data;
}

core::Container small_container(const std::string& id) {
  core::Container container;
  container.type = core::ContainerType::kDocker;
  container.full_id = id;
  container.name = "n" + id.substr(0, 12);
  container.image = "registry.example/team/app:1";
  container.labels = {{"app", "web"}, {"tier", "front"}};
  return container;
}

class Eviction : public testing::Test {
 protected:
  void begin(const std::string& config = test::kNoSockets, bool live = false) {
    host_ = std::make_unique<PluginHost>(config);
    ASSERT_TRUE(host_->ok()) << host_->error();
    // Events that the plugin pushes have the time of the clock.
    if (live) {
      const auto now = std::chrono::system_clock::now().time_since_epoch();
      host_->set_now(static_cast<uint64_t>(std::chrono::nanoseconds(now).count()));
    }
    host_->open(live);
  }
  void pass(uint64_t ns) {
    host_->set_now(host_->now() + ns);
    ASSERT_TRUE(host_->feed(host::make_procexit(999'999, host_->now())));
  }
  void starts(const host::ThreadData& data) {
    ASSERT_TRUE(host_->feed(host::make_clone_exit(api::kEventCloneExit, data, host_->now())));
    ASSERT_TRUE(host_->feed(host::make_exec_exit(api::kEventExecve19Exit, data, host_->now())));
  }
  void exits(int64_t tid) { ASSERT_TRUE(host_->feed(host::make_procexit(tid, host_->now()))); }
  uint64_t containers() { return host_->metric("n_containers"); }

  // Lets `life` of some containers pass, then of many more: afterwards as much memory is in use.
  void expect_flat(Span span, const std::function<void(int)>& life) {
    const auto run = [&](int from, int to) {
      for (int i = from; i < to && !HasFatalFailure(); ++i) {
        host_->set_now(host_->now() + kBetween);
        life(i);
      }
      pass(kGrace + kSecond);
      // One call drops some of them.
      for (int call = 0; call < 10'000 && containers() > 0; ++call) pass(1);
      EXPECT_EQ(containers(), 0u);
    };
    run(0, span.few);
    const size_t few = heap_in_use();
    run(span.few, span.many);
    // The worker lets go of what was asked for in its own time.
    size_t many = 0;
    EXPECT_TRUE(eventually([&] {
      many = heap_in_use();
      return many <= few + kTolerance;
    })) << "after "
        << span.few << " containers " << few << " bytes were in use, after " << span.many << ' ' << many;
    RecordProperty("heap_after_few", std::to_string(few));
    RecordProperty("heap_after_many", std::to_string(many));
    EXPECT_EQ(host_->metric("bytes_in_cache"), 0u);
  }

  std::unique_ptr<PluginHost> host_;
};

TEST_F(Eviction, AnnouncedAndRemoved) {
  begin();
  expect_flat(kFull, [&](int i) {
    const core::Container container = small_container(id_of(i));
    const int64_t pid = 1000 + i % 30000;
    ASSERT_TRUE(host_->announce(container));
    ASSERT_TRUE(host_->feed(host::make_clone_exit(
        api::kEventCloneExit, process(pid, docker_cgroup(container.full_id), 1), host_->now())));
    if (i % 1000 == 0) {
      EXPECT_EQ(host_->ask(pid, "container.name"), container.name);
    }
    exits(pid);
    ASSERT_TRUE(host_->announce_removed(container));
  });
}

TEST_F(Eviction, OnlyThreads) {
  // Cgroups as the layouts have them: some name a container, some might, some do not.
  const std::string layouts[] = {"/docker/",
                                 "/machine.slice/libpod-",
                                 "/kubepods/besteffort/podx/cri-containerd-",
                                 "/lxc.payload.",
                                 "/system.slice/x-",
                                 "/default/x-",
                                 "/k8s.io/x-",
                                 "/other/x-"};
  begin();
  expect_flat(kShort, [&](int i) {
    const int64_t pid = 1000 + i % 30000;
    const std::string cgroup = layouts[static_cast<size_t>(i) % std::size(layouts)] + id_of(i);
    const host::ThreadData first = process(pid, cgroup, 1);
    const host::ThreadData second = process(pid + 30000, cgroup + "/init.scope", 2);
    ASSERT_TRUE(host_->feed(host::make_clone_exit(api::kEventCloneExit, first, host_->now())));
    ASSERT_TRUE(host_->feed(host::make_clone_exit(api::kEventForkExit, second, host_->now())));
    exits(pid);
    exits(pid + 30000);
  });
}

TEST_F(Eviction, RuntimesThatCreateNothing) {
  begin();
  expect_flat(kShort, [&](int i) {
    host::ThreadData runtime = process(1000 + i % 30000, "/system.slice/docker.service", 1000 + i % 30000);
    runtime.exe = "runc";
    runtime.comm = "runc";
    runtime.args = {"create", "--bundle", "/nonexistent/" + id_of(i), id_of(i)};
    starts(runtime);
    exits(runtime.tid);
  });
}

// A worker that has nobody to ask: every container is asked for, and forgotten again.
TEST_F(Eviction, AskedForInVain) {
  begin(test::kNoSockets, true);
  expect_flat(kShort, [&](int i) {
    const int64_t pid = 1000 + i % 30000;
    starts(process(pid, docker_cgroup(id_of(i)), 1));
    exits(pid);
    // The worker must keep pace, or else it takes no more.
    if (i % 1000 == 999) {
      const auto asked = static_cast<uint64_t>(i + 1);
      ASSERT_TRUE(eventually([&] {
        return host_->metric("lookups") == asked && host_->metric("lookups_pending") == 0;
      })) << i;
      host_->session().feed_pushed({});
    }
  });
  EXPECT_EQ(host_->metric("lookups_failed"), 0u);
}

// An engine that tells of so many containers on its stream; each is gone before anybody could look it up.
class BusyEngine {
 public:
  explicit BusyEngine(std::string path)
      : peer_(std::move(path), [this](support::FakeConnection& connection) { serve(connection); }) {}
  // Lets the engine tell of all containers up to that number.
  void run_until(int number) { until_ = number; }

 private:
  void serve(support::FakeConnection& connection) {
    for (std::string target = connection.read_request(); !target.empty();
         target = connection.read_request()) {
      if (target == "/_ping") {
        connection.answer(200, "OK", "Api-Version: 1.41\r\n");
      } else if (target.find("/events?") != std::string::npos) {
        return stream(connection);
      } else if (target.find("/containers/json") != std::string::npos) {
        connection.answer(200, "[]");
      } else {
        connection.answer(404, R"({"message":"No such container"})");
      }
    }
  }
  void stream(support::FakeConnection& connection) {
    if (!connection.begin_chunked()) return;
    for (int next = 0; next < kFull.many; ++next) {
      if (!eventually([&] { return next < until_; }, std::chrono::minutes(5))) return;
      if (!connection.chunk(event("create", next) + event("destroy", next))) return;
    }
    connection.hold();
  }
  static std::string event(const std::string& action, int number) {
    return R"({"Type":"container","Action":")" + action + R"(","Actor":{"ID":")" + id_of(number) +
           R"(","Attributes":{"name":"told","image":"busybox:1"}},"timeNano":)" +
           std::to_string(1'700'000'000'000'000'000 + number) + "}\n";
  }

  std::atomic<int> until_ = 0;
  support::FakePeer peer_;
};

TEST_F(Eviction, ToldByAnEngine) {
  const support::TempDir directory;
  const std::string path = directory / "docker.sock";
  BusyEngine engine(path);
  begin(R"({"engines":{"docker":{"sockets":[")" + path +
            R"("]},"podman":{"enabled":false},"containerd":{"enabled":false},"cri":{"enabled":false}}})",
        true);
  ASSERT_TRUE(eventually([&] { return host_->metric("docker_sockets_connected") == 1; }));
  const auto events = [&] { return host_->metric("docker_events"); };
  expect_flat(kFull, [&](int i) {
    if (i % 500 != 499) return;
    engine.run_until(i + 1);
    const auto told = 2 * static_cast<uint64_t>(i + 1);
    ASSERT_TRUE(eventually([&] {
      host_->session().feed_pushed({});
      return events() == told;
    })) << i;
    pass(1);  // the mail is taken
    host_->session().feed_pushed({});
  });
}

TEST_F(Eviction, CacheMaxIsHonoured) {
  begin(R"({"cache_max":1000,"engines":{"docker":{"sockets":["/nonexistent/docker.sock"]}}})");
  const auto fill = [&](int from, int to) {
    for (int i = from; i < to && !HasFailure(); ++i) {
      EXPECT_TRUE(host_->announce(small_container(id_of(i))));
    }
    EXPECT_EQ(containers(), 1000u);
    return heap_in_use();
  };
  const size_t few = fill(0, kShort.few);
  EXPECT_LE(fill(kShort.few, kShort.many), few + kTolerance);
  EXPECT_EQ(host_->metric("cache_evictions"), static_cast<uint64_t>(kShort.many - 1000));
}

TEST_F(Eviction, AnIdThatIsUsedAgain) {
  begin();
  core::Container container = small_container(kIdA);
  starts(process(10, docker_cgroup(kIdA), 1));
  ASSERT_TRUE(host_->announce(container));
  exits(10);
  ASSERT_TRUE(host_->announce_removed(container));
  pass(10 * kSecond);
  // Within the grace period: it is there again, for good.
  container.name = "second";
  ASSERT_TRUE(host_->announce(container));
  starts(process(11, docker_cgroup(kIdA), 1));
  pass(10 * kGrace);
  EXPECT_EQ(host_->ask(11, "container.name"), "second");
  exits(11);
  ASSERT_TRUE(host_->announce_removed(container));
  pass(kGrace);
  EXPECT_EQ(containers(), 0u);
  // After it: nothing of the old one is left.
  starts(process(12, docker_cgroup(kIdA), 1));
  EXPECT_EQ(host_->ask(12, "container.id"), kIdA.substr(0, 12));
  EXPECT_EQ(host_->ask(12, "container.name"), kNoValue);
}

// No process of theirs is the first of a pid namespace: neither in the host's, nor in another container's.
TEST_F(Eviction, WithoutAPidNamespaceOfTheirOwn) {
  begin();
  starts(process(10, docker_cgroup(kIdA), 10));  // --pid host
  starts(process(11, docker_cgroup(kIdA), 11));
  starts(process(20, docker_cgroup(kIdB), 1));
  const std::string guest = "cccccccccccc" + kIdB.substr(12);
  starts(process(30, docker_cgroup(guest), 7));  // --pid container:B
  EXPECT_EQ(containers(), 3u);
  exits(10);
  pass(10 * kGrace);
  EXPECT_EQ(host_->ask(11, "container.id"), kIdA.substr(0, 12)) << "one thread is left";
  exits(11);
  pass(kGrace - 1);
  EXPECT_EQ(containers(), 3u);
  pass(1);
  EXPECT_EQ(containers(), 2u);
  exits(30);
  pass(kGrace);
  EXPECT_EQ(containers(), 1u);
  EXPECT_EQ(host_->ask(20, "container.id"), kIdB.substr(0, 12)) << "whose pid namespace it was";
  exits(20);
  pass(kGrace);
  EXPECT_EQ(containers(), 0u);
}

TEST_F(Eviction, AThreadThatMovesLeavesTheContainer) {
  begin();
  starts(process(10, docker_cgroup(kIdA), 1));
  const host::ThreadData moved = process(10, docker_cgroup(kIdB), 1);
  host_->put(moved);
  ASSERT_TRUE(host_->feed(host::make_exec_exit(api::kEventExecve19Exit, moved, host_->now())));
  EXPECT_EQ(containers(), 2u);
  pass(kGrace);
  EXPECT_EQ(containers(), 1u);
  EXPECT_EQ(host_->ask(10, "container.id"), kIdB.substr(0, 12));
}

TEST_F(Eviction, AThreadIdThatComesAgainWithoutAnExit) {
  begin();
  // The exit was dropped: the count of the first container never comes to zero by itself.
  starts(process(10, docker_cgroup(kIdA), 1));
  starts(process(10, docker_cgroup(kIdA), 1));
  exits(10);
  pass(10 * kGrace);
  EXPECT_LE(containers(), 1u);
  EXPECT_EQ(host_->ask(10, "container.id"), kNoValue);
}

}  // namespace
